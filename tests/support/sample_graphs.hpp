// A network with every field of the IR in use, and one layer of every operator.
#pragma once

#include "../../core/conformance/random_layers.hpp"
#include "hwcost/graph.hpp"

namespace hwcost::testing {

// A convolution of mixed widths, its folded batch norm and an add, with edges, notes and an unknown shape.
inline Graph sample_network() {
  Graph graph;
  graph.name = "sample";
  graph.file = "models/sample.onnx";
  graph.notes = {"batch 1 was assumed", "a \"quoted\" note, with \\ and \xC3\xA9"};
  graph.tensors = {{.name = "image", .shape = {1, 3, 8, 8}, .format = kFloat32},
                   {.name = "features", .shape = {1, 4, 8, 8}, .format = integer(8)},
                   {.name = "normed", .shape = {1, 4, 8, 8}, .format = integer(4)},
                   {.name = "strange", .shape = {}, .format = integer(8), .known_shape = false},
                   {.name = "scalar", .shape = {}, .format = {16.0, NumberFormat::Kind::brain}}};
  graph.inputs = {0};
  graph.outputs = {2, 3};

  Layer convolution;
  convolution.name = "block.conv";
  convolution.module = "block";
  convolution.op = Op::conv2d;
  convolution.dims = Convolution<>{
      .in_channels = 3, .out_channels = 4, .in_height = 8, .in_width = 8, .out_height = 8, .out_width = 8, .bias = 1};
  convolution.precision.weight = WeightFormat::per_channel({8, 0, 4, 8});
  convolution.precision.requantization = Requantization{32, 1};
  convolution.fused_activation = Op::relu;
  convolution.repeat = 3;
  graph.nodes.push_back(
      {.layer = convolution, .inputs = {0}, .outputs = {1}, .fused_into = {}, .source = "/block/conv"});

  Layer norm;
  norm.name = "block.norm";
  norm.op = Op::batch_norm;
  norm.dims = Normalization<>{256, 4, 8, 8};
  norm.precision.bias = kFloat32;
  norm.owns_weights = false;
  norm.assumption = "priced for one iteration of /loop";
  graph.nodes.push_back({.layer = norm, .inputs = {1}, .outputs = {2}, .fused_into = 0, .source = "", .weights_of = 0});

  Layer custom;
  custom.name = "mystery";
  custom.op = Op::custom;
  custom.dims = Custom<>{};
  custom.custom_op = "acme.Mystery";
  custom.custom_reason = "Mystery: the shape of operand 0 is not known";
  graph.nodes.push_back({.layer = custom, .inputs = {2, 0}, .outputs = {3, 4}, .fused_into = {}, .source = ""});
  return graph;
}

// `count` random layers of every operator, as a layer table has them.
inline Graph graph_of_random_layers(std::size_t count, unsigned seed) {
  Graph graph;
  for (Layer& layer : random_layers(count, seed)) add_layer(graph, std::move(layer));
  return graph;
}

}  // namespace hwcost::testing
