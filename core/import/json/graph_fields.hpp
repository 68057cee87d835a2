// The members of the IR's structs as JSON fields, listed once for writing and reading.
//
// list(fields) calls fields.required(name, member) for those that every document has, and fields.optional(name, member)
// for those left out where they have the value of a new struct.
#pragma once

#include "hwcost/graph.hpp"

namespace hwcost {

template <class Struct>
struct JsonFields;

template <class Struct>
concept ListsJsonFields = requires {
  typename JsonFields<Struct>::Listed;
};

template <>
struct JsonFields<ChannelGroup> {
  using Listed = ChannelGroup;
  static void list(auto& fields) {
    fields.required("bits", &ChannelGroup::bits);
    fields.required("channels", &ChannelGroup::channels);
  }
};

// Where it is mixed; else it is its uniform format alone.
template <>
struct JsonFields<WeightFormat> {
  using Listed = WeightFormat;
  static void list(auto& fields) {
    fields.optional("uniform", &WeightFormat::uniform);
    fields.required("groups", &WeightFormat::groups);
    fields.optional("by_channel", &WeightFormat::by_channel);
  }
};

template <>
struct JsonFields<Requantization> {
  using Listed = Requantization;
  static void list(auto& fields) {
    fields.required("scale_bits", &Requantization::scale_bits);
    fields.required("shift", &Requantization::shift);
  }
};

template <>
struct JsonFields<Precision> {
  using Listed = Precision;
  static void list(auto& fields) {
    fields.required("input", &Precision::input);
    fields.required("weight", &Precision::weight);
    fields.required("output", &Precision::output);
    fields.optional("bias", &Precision::bias);
    fields.optional("requantization", &Precision::requantization);
  }
};

template <>
struct JsonFields<Layer> {
  using Listed = Layer;
  static void list(auto& fields) {
    fields.required("name", &Layer::name);
    fields.optional("module", &Layer::module);
    fields.required("op", &Layer::op);
    fields.extents("dims", &Layer::op, &Layer::dims);
    fields.required("precision", &Layer::precision);
    fields.optional("repeat", &Layer::repeat);
    fields.optional("owns_weights", &Layer::owns_weights);
    fields.optional("fused_activation", &Layer::fused_activation);
    fields.optional("custom_op", &Layer::custom_op);
    fields.optional("custom_reason", &Layer::custom_reason);
    fields.optional("assumption", &Layer::assumption);
  }
};

template <>
struct JsonFields<Tensor> {
  using Listed = Tensor;
  static void list(auto& fields) {
    fields.required("name", &Tensor::name);
    fields.required("shape", &Tensor::shape);
    fields.required("format", &Tensor::format);
    fields.optional("known_shape", &Tensor::known_shape);
  }
};

template <>
struct JsonFields<Node> {
  using Listed = Node;
  static void list(auto& fields) {
    fields.inlined(&Node::layer);
    fields.optional("inputs", &Node::inputs);
    fields.optional("outputs", &Node::outputs);
    fields.optional("fused_into", &Node::fused_into);
    fields.optional("weights_of", &Node::weights_of);
    fields.optional("source", &Node::source);
  }
};

template <>
struct JsonFields<Graph> {
  using Listed = Graph;
  static void list(auto& fields) {
    fields.optional("name", &Graph::name);
    fields.optional("file", &Graph::file);
    fields.optional("notes", &Graph::notes);
    fields.required("inputs", &Graph::inputs);
    fields.required("outputs", &Graph::outputs);
    fields.required("tensors", &Graph::tensors);
    fields.required("nodes", &Graph::nodes);
  }
};

}  // namespace hwcost
