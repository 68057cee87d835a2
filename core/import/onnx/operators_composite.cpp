// Operators that stand for several: each becomes the layers of what it does.
#include <fmt/format.h>

#include "extents.hpp"
#include "node_list.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
// input, skip, scale, shift, bias; without mean: input, skip, scale, bias.
void import_skip_norm(OperatorCall& call, Op op) {
  NodeList nodes(call);
  const bool has_mean = op == Op::layer_norm;
  const std::string_view bias = nodes.operand(has_mean ? 4 : 3);
  const std::string_view result = nodes.result(3);
  std::string_view sum =
      nodes.add("Add", {nodes.operand(0), nodes.operand(1)}, "skip", bias.empty() ? result : std::string_view());
  if (!bias.empty()) sum = nodes.add("Add", {sum, bias}, "bias", result);
  nodes.add(has_mean ? "LayerNormalization" : "SimplifiedLayerNormalization",
            {sum, nodes.operand(2), has_mean ? nodes.operand(3) : std::string_view()}, "norm", nodes.result(0));
  nodes.import();
}

// input_ids, segment_ids, word, position and segment tables, scale, shift, mask, position_ids.
void import_embedding_norm(OperatorCall& call, Op) {
  call.need_rank(0, 2);
  NodeList nodes(call);
  std::string_view sum = nodes.add("Gather", {nodes.operand(2), nodes.operand(0)}, "word");
  std::string_view position;
  if (call.has(8)) {
    position = nodes.add("Gather", {nodes.operand(3), nodes.operand(8)}, "position");
  } else {  // the first rows
    const std::string_view start = nodes.constant("start", {0});
    const std::string_view end = nodes.constant("end", {call.extent(0, 1)});
    position = nodes.add("Slice", {nodes.operand(3), start, end}, "position");
  }
  sum = nodes.add("Add", {sum, position}, "sum");
  if (call.has(1) && call.has(4)) {
    const std::string_view segment = nodes.add("Gather", {nodes.operand(4), nodes.operand(1)}, "segment");
    sum = nodes.add("Add", {sum, segment}, "segment_sum");
  }
  nodes.add("LayerNormalization", {sum, nodes.operand(5), nodes.operand(6)}, "norm", nodes.result(0));
  if (call.wants(1) && call.has(7)) {  // the number of unmasked positions
    const std::string_view axes = nodes.constant("axes", {1});
    nodes.add("ReduceSum", {nodes.operand(7), axes}, "mask_index", nodes.result(1));
    nodes.set("keepdims", 0);
  }
  nodes.import();
}

// x, bias.
void import_biased_gelu(OperatorCall& call, Op op) {
  if (!call.has(1)) return import_unary(call, op);
  NodeList nodes(call);
  const std::string_view sum = nodes.add("Add", {nodes.operand(0), nodes.operand(1)}, "bias");
  nodes.add("Gelu", {sum}, "gelu", nodes.result(0));
  nodes.import();
}

}  // namespace hwcost::onnx
