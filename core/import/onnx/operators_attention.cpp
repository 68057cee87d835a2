// Attention as one operator: shapes with or without an axis of heads, projections written out as layers of their own.
#include <fmt/format.h>

#include <array>

#include "extents.hpp"
#include "node_list.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

// An operand: [batch][heads][length][size] or [batch][length][heads * size].
struct Heads {
  std::int64_t batch = 1;
  std::int64_t heads = 1;
  std::int64_t length = 1;
  std::int64_t size = 1;
};

std::int64_t divided(const OperatorCall& call, std::int64_t extent, std::int64_t parts, std::string_view what) {
  if (parts >= 1 && extent >= parts && extent % parts == 0) return extent / parts;
  call.fail(fmt::format("{} features cannot be divided among {} {}", extent, parts, what));
}

std::int64_t head_count(const OperatorCall& call, std::string_view name, std::int64_t fallback) {
  const std::int64_t heads = call.integer(name, fallback);
  if (heads < 1) call.fail(fmt::format("{} is {}, wanted at least 1", name, heads));
  return heads;
}

Heads heads_of(const OperatorCall& call, std::size_t operand, std::int64_t heads) {
  const Shape& shape = call.shape(operand);
  if (shape.size() == 4) return {shape[0], shape[1], shape[2], shape[3]};
  if (shape.size() == 3) return {shape[0], heads, shape[1], divided(call, shape[2], heads, "heads")};
  call.fail(fmt::format("operand {} has shape {}, wanted three or four dimensions", operand, to_text(shape)));
}

void check_fit(const OperatorCall& call, const Heads& query, const Heads& key, const Heads& value) {
  if (query.batch == key.batch && key.batch == value.batch && query.size == key.size && key.heads == value.heads &&
      key.length == value.length && query.heads % key.heads == 0) {
    return;
  }
  const auto text = [](const Heads& h) { return to_text({h.batch, h.heads, h.length, h.size}); };
  call.fail(fmt::format("its query, key and value are {}, {} and {} ([batch, heads, length, size]), which do not fit",
                        text(query), text(key), text(value)));
}

// The layer, and the shapes of keys and values that it hands on to the next call.
void attend(OperatorCall& call, const Heads& query, Heads key, Heads value, std::int64_t past_length) {
  check_fit(call, query, key, value);
  key.length = value.length = static_cast<std::int64_t>(
      call.checked(static_cast<double>(key.length) + static_cast<double>(past_length), "the length of its keys"));
  call.layer(Op::attention, Attention<>{.batch = static_cast<double>(query.batch),
                                        .heads = static_cast<double>(query.heads),
                                        .key_value_heads = static_cast<double>(key.heads),
                                        .query_length = static_cast<double>(query.length),
                                        .key_length = static_cast<double>(key.length),
                                        .head_size = static_cast<double>(query.size),
                                        .value_size = static_cast<double>(value.size)});
}

Shape merged(const Heads& query, std::int64_t value_size) {
  return {query.batch, query.length, query.heads * value_size};
}

void present_outputs(OperatorCall& call, const Heads& key, const Heads& value, std::int64_t length) {
  call.output(1, {key.batch, key.heads, length, key.size});
  call.output(2, {value.batch, value.heads, length, value.size});
}

std::int64_t length_of_past(const OperatorCall& call, std::size_t operand) {
  if (!call.has(operand)) return 0;
  call.need_rank(operand, 4);
  return call.extent(operand, 2);
}

}  // namespace

// Q, K, V, attn_mask, past_key, past_value.
void import_attention(OperatorCall& call, Op) {
  const bool has_heads = call.shape(0).size() == 4;
  const Heads query = heads_of(call, 0, has_heads ? 1 : head_count(call, "q_num_heads", 0));
  const std::int64_t key_heads = has_heads ? 1 : head_count(call, "kv_num_heads", query.heads);
  const Heads key = heads_of(call, 1, key_heads);
  const Heads value = heads_of(call, 2, key_heads);
  const std::int64_t past = length_of_past(call, 4);
  attend(call, query, key, value, past);
  call.output(0, has_heads ? Shape{query.batch, query.heads, query.length, value.size} : merged(query, value.size));
  present_outputs(call, key, value, key.length + past);
  call.output(3, {query.batch, query.heads, query.length, key.length + past});
}

namespace {

// In place of a bias of query, key and value together: an addition to each.
void add_bias_before(OperatorCall& call) {
  const std::int64_t hidden = call.shape(0).back();
  const std::int64_t all = call.shape(3).empty() ? 0 : call.shape(3).back();
  if (all <= 2 * hidden)
    call.fail(fmt::format("its bias has shape {}, its query {}", to_text(call.shape(3)), to_text(call.shape(0))));
  NodeList nodes(call);
  const std::array bounds{nodes.constant("start", {0}), nodes.constant("key_start", {hidden}),
                          nodes.constant("value_start", {2 * hidden}), nodes.constant("end", {all})};
  constexpr std::array<std::string_view, 3> kNames{"query", "key", "value"};
  std::vector<std::string_view> inputs = call.node().inputs;
  for (std::size_t k = 0; k < 3; ++k) {
    const std::string_view bias = nodes.add("Slice", {nodes.operand(3), bounds[k], bounds[k + 1]}, "bias");
    inputs[k] = nodes.add("Add", {nodes.operand(k), bias}, kNames[k]);
  }
  inputs[3] = {};
  nodes.add(call.node().type, std::move(inputs), "attention");
  nodes.last().domain = call.node().domain;
  nodes.last().attributes = call.node().attributes;
  nodes.last().outputs = call.node().outputs;
  nodes.import();
}

void assume_no_bias(OperatorCall& call) {
  if (call.has(3)) call.assume("the addition of its bias is not counted");
}

// [batch][length][heads][3][size] holds query, key and value.
void attend_packed(OperatorCall& call) {
  const Shape& in = call.shape(0);
  if (in[3] != 3) call.fail(fmt::format("its query has shape {}, wanted 3 as fourth extent", to_text(in)));
  const Heads all{in[0], in[2], in[1], in[4]};
  attend(call, all, all, all, 0);
  assume_no_bias(call);
  call.output(0, merged(all, all.size));
}

}  // namespace

// query, key, value, bias, key_padding_mask, attention_bias, past_key, past_value.
void import_multi_head_attention(OperatorCall& call, Op) {
  if (call.shape(0).size() == 5) return attend_packed(call);
  const Heads query = heads_of(call, 0, head_count(call, "num_heads", 0));
  if (call.has(1) && call.shape(1).size() == 5) {  // [batch][length][heads][2][size] holds key and value
    const Shape& in = call.shape(1);
    const Heads both{in[0], in[2], in[1], in[4]};
    attend(call, query, both, both, 0);
    assume_no_bias(call);
    return call.output(0, merged(query, both.size));
  }
  if (call.has(3) && call.has(1) && call.has(2) && call.shape(1).size() == 3 && call.shape(2).size() == 3) {
    return add_bias_before(call);
  }
  const Heads key = heads_of(call, 1, query.heads);
  const Heads value = heads_of(call, 2, query.heads);
  const std::int64_t past = length_of_past(call, 6);
  attend(call, query, key, value, past);
  assume_no_bias(call);
  call.output(0, merged(query, value.size));
  present_outputs(call, key, value, key.length + past);
}

// query, key, value, past_key, past_value, seqlens_k, total_sequence_length, cos_cache, sin_cache.
void import_group_query_attention(OperatorCall& call, Op) {
  const std::int64_t heads = head_count(call, "num_heads", 0);
  const std::int64_t key_heads = head_count(call, "kv_num_heads", heads);
  const bool is_packed = !call.has(1) || !call.has(2);
  Heads query = heads_of(call, 0, is_packed ? heads + 2 * key_heads : heads);
  query.heads = heads;
  const Heads packed{query.batch, key_heads, query.length, query.size};
  const Heads key = is_packed ? packed : heads_of(call, 1, key_heads);
  const Heads value = is_packed ? packed : heads_of(call, 2, key_heads);
  const std::vector<double>* total = call.contents(6);
  const bool knows_total = total != nullptr && total->size() == 1 &&
                           total->front() >= static_cast<double>(key.length) && total->front() <= kLargestExtent;
  const std::int64_t past =
      knows_total ? static_cast<std::int64_t>(total->front()) - key.length : length_of_past(call, 3);
  attend(call, query, key, value, past);
  std::string assumption;
  if (!knows_total && past > 0) assumption = "all of its past is counted as filled";
  if (call.integer("do_rotary", 0) != 0) {
    assumption += assumption.empty() ? "its rotary embedding is not counted" : ", its rotary embedding is not";
  }
  if (!assumption.empty()) call.assume(std::move(assumption));
  call.output(0, merged(query, value.size));
  present_outputs(call, key, value, key.length + past);
}

// input, weights, bias, mask, past, ...; QAttention: input, weights, bias, input_scale, weight_scale, mask,
// input_zero_point, weight_zero_point, past. The projection to queries, keys and values, then the attention.
void import_projected_attention(OperatorCall& call, Op) {
  call.need_rank(0, 3);
  call.need_rank(1, 2);
  NodeList nodes(call);
  const bool is_quantized = call.node().type == "QAttention";
  std::string_view projected;
  if (is_quantized) {
    projected = nodes.add("MatMulIntegerToFloat",
                          {nodes.operand(0), nodes.operand(1), nodes.operand(3), nodes.operand(4), nodes.operand(6),
                           nodes.operand(7), nodes.operand(2)},
                          "projection");
    nodes.last().domain = "com.microsoft";
  } else {
    projected = nodes.add("MatMul", {nodes.operand(0), nodes.operand(1)}, "projection");
    if (call.has(2)) projected = nodes.add("Add", {projected, nodes.operand(2)}, "bias");
  }
  nodes.add("PackedAttention", {projected, nodes.operand(is_quantized ? 8 : 4)}, "attention");
  nodes.last().domain = "hwcost";
  nodes.last().attributes = call.node().attributes;
  nodes.last().outputs = call.node().outputs;
  nodes.import();
}

// [batch][length][query, key and value features], past [2][batch][heads][length][size].
void import_packed_attention(OperatorCall& call, Op) {
  const Shape& in = call.shape(0);
  const std::int64_t heads = head_count(call, "num_heads", 0);
  Shape sizes(3, in.back() / 3);
  if (const Shape* given = call.integer_list("qkv_hidden_sizes"); given != nullptr && !given->empty()) sizes = *given;
  if (sizes.size() != 3 || sizes[0] != sizes[1] || sizes[0] + sizes[1] + sizes[2] != in.back()) {
    call.fail(fmt::format("its query, key and value have {} features of {}", to_text(sizes), in.back()));
  }
  const Heads query{in[0], heads, in[1], divided(call, sizes[0], heads, "heads")};
  const Heads value{in[0], heads, in[1], divided(call, sizes[2], heads, "heads")};
  if (call.has(1)) call.need_rank(1, 5);
  const std::int64_t past = call.has(1) ? call.extent(1, 3) : 0;
  attend(call, query, query, value, past);
  call.output(0, merged(query, value.size));
  call.output(1, {2, query.batch, heads, query.length + past, query.size});
}

// x, cosines, sines, ...: x · cos + rotated x · sin, three operations an element.
void import_rotary_embedding(OperatorCall& call, Op op) {
  call.output(0, call.shape(0));
  Elementwise<> dims{.elements = call.count(0), .input_elements = call.count(0), .operands = 4.0};
  OwnedOperands owned;
  for (std::size_t k = 1; k < call.input_count(); ++k) {
    if (call.is_parameter(k)) owned.counted.push_back(k);
  }
  call.layer(op, dims, std::move(owned));
}

}  // namespace hwcost::onnx
