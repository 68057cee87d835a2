// Small networks with edges and shapes, built layer by layer.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "hwcost/graph.hpp"

namespace hwcost::testing {

using Shape = std::vector<double>;

inline Layer make_layer(const std::string& name, Op op, const Dims& dims) {
  Layer layer;
  layer.name = name;
  layer.op = op;
  layer.dims = dims;
  return layer;
}

// Builds networks layer by layer; every method returns the tensor that it writes.
class Network {
 public:
  Graph graph;

  TensorId input(Shape shape) {
    const TensorId id = tensor("input", std::move(shape));
    graph.inputs.push_back(id);
    return id;
  }
  TensorId convolution(const std::string& name, TensorId from, double out_channels, double groups = 1.0) {
    const Shape in = shape(from);
    Convolution<> dims{.in_channels = in[1], .out_channels = out_channels, .groups = groups};
    dims.in_height = dims.out_height = in[2];
    dims.in_width = dims.out_width = in[3];
    return add(name, Op::conv2d, dims, {from}, {in[0], out_channels, in[2], in[3]});
  }
  TensorId linear(const std::string& name, TensorId from, double out_channels) {
    Shape out = shape(from);
    const Linear<> dims{.in_channels = out.back(), .out_channels = out_channels};
    out.back() = out_channels;
    return add(name, Op::linear, dims, {from}, out);
  }
  TensorId relu(const std::string& name, TensorId from) {
    return add(name, Op::relu, Elementwise<>{elements(from), elements(from), 1, 0}, {from}, shape(from));
  }
  TensorId sum(const std::string& name, TensorId a, TensorId b) {
    return add(name, Op::add, Elementwise<>{elements(a), elements(a) + elements(b), 2, 0}, {a, b}, shape(a));
  }
  TensorId view(const std::string& name, TensorId from, Shape to) {
    return add(name, Op::reshape, Movement<>{elements(from), elements(from)}, {from}, std::move(to));
  }
  TensorId concat(const std::string& name, std::vector<TensorId> from, Shape to) {
    double all = 0.0;
    for (const TensorId id : from) all += elements(id);
    return add(name, Op::concat, Movement<>{all, all}, std::move(from), std::move(to));
  }
  TensorId add(const std::string& name, Op op, Dims dims, std::vector<TensorId> from, Shape to) {
    const TensorId out = tensor(name + ".out", std::move(to));
    Node& node = add_layer(graph, make_layer(name, op, dims));
    node.inputs = std::move(from);
    node.outputs = {out};
    return out;
  }

  [[nodiscard]] const Shape& shape(TensorId id) const { return graph.tensors[id].shape; }
  [[nodiscard]] double elements(TensorId id) const { return graph.tensors[id].elements(); }
  template <class D>
  [[nodiscard]] const D& dims(const std::string& name) const {
    return std::get<D>(layer(name).dims);
  }
  [[nodiscard]] const Layer& layer(const std::string& name) const {
    for (const Node& node : graph.nodes) {
      if (node.layer.name == name) return node.layer;
    }
    throw std::out_of_range(name);
  }

 private:
  TensorId tensor(const std::string& name, Shape shape) {
    graph.tensors.push_back({.name = name, .shape = std::move(shape), .format = integer(8)});
    return graph.tensors.size() - 1;
  }
};

}  // namespace hwcost::testing
