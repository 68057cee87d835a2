#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

// The operands that are combined element by element.
struct Operands {
  std::vector<std::size_t> positions;
  bool quantized = false;  // the operator dequantises them itself
};

Operands all_operands(const OperatorCall& call) {
  (void)call.input(0);  // fails where there is none
  Operands all{.positions = std::vector<std::size_t>(call.input_count())};
  std::iota(all.positions.begin(), all.positions.end(), 0);
  return all;
}

// Before opset 7 the axes of the second operand were those of the first from `axis` on, by default the last ones; those
// of PRelu's slopes the channels.
Shape aligned_shape(const OperatorCall& call, std::size_t k) {
  Shape shape = call.shape(k);
  const bool is_slope = call.node().type == "PRelu";
  if (call.opset() >= 7 || k != 1 || !call.node().domain.empty() || (!is_slope && call.attribute("axis") == nullptr)) {
    return shape;
  }
  const std::size_t rank = call.shape(0).size();
  if (is_slope && rank < 2) return shape;
  const std::size_t axis = is_slope ? 1 : call.axis(call.integer("axis", 0), rank);
  if (axis + shape.size() < rank) shape.resize(rank - axis, 1);
  return shape;
}

Shape common_shape(const OperatorCall& call, const Operands& operands) {
  Shape shape = call.shape(operands.positions.front());
  for (const std::size_t k : operands.positions) {
    const std::optional<Shape> wider = broadcast(shape, aligned_shape(call, k));
    if (!wider) {
      call.fail(fmt::format("its operands have shapes {} and {}, which do not fit each other", to_text(shape),
                            to_text(call.shape(k))));
    }
    shape = *wider;
  }
  return shape;
}

void combine(OperatorCall& call, Op op, const Operands& operands, std::int32_t type) {
  Shape shape = common_shape(call, operands);
  call.output(0, shape, type);
  Elementwise<> dims{.elements = *elements(shape), .input_elements = 0.0, .operands = 0.0};
  OwnedOperands owned;
  for (const std::size_t k : operands.positions) {
    dims.operands += 1.0;
    if (call.is_activation(k)) {
      dims.input_elements += call.count(k);
    } else if (call.is_parameter(k, operands.quantized) || (op == Op::prelu && call.is_learned(k))) {
      owned.counted.push_back(k);
    }
  }
  call.layer(op, dims, std::move(owned));
}

struct TypeName {
  std::string_view name;
  DataType type;
};

// Before opset 6 Cast had the type's name.
constexpr std::array<TypeName, 13> kTypeNames{{{"FLOAT", kFloat},
                                               {"UINT8", kUint8},
                                               {"INT8", kInt8},
                                               {"UINT16", kUint16},
                                               {"INT16", kInt16},
                                               {"INT32", kInt32},
                                               {"INT64", kInt64},
                                               {"STRING", kString},
                                               {"BOOL", kBool},
                                               {"FLOAT16", kFloat16},
                                               {"DOUBLE", kDouble},
                                               {"UINT32", kUint32},
                                               {"UINT64", kUint64}}};

std::int64_t wanted_type(const OperatorCall& call) {
  if (call.opset() >= 6) return call.integer("to", kFloat);
  const std::string_view name = call.text("to", "FLOAT");
  const auto found =
      std::find_if(kTypeNames.begin(), kTypeNames.end(), [&](const TypeName& entry) { return entry.name == name; });
  if (found == kTypeNames.end()) call.fail(fmt::format("casts to '{}'", clean_text(name)));
  return found->type;
}

}  // namespace

void import_unary(OperatorCall& call, Op op) {
  call.output(0, call.shape(0));
  call.layer(op, Elementwise<>{.elements = call.count(0), .input_elements = call.count(0)});
}

void import_nary(OperatorCall& call, Op op) {
  if (op == Op::mul && absorb_dequantization(call)) return;
  combine(call, op, all_operands(call), call.input(0).type);
}

void import_add(OperatorCall& call, Op op) {
  if (!absorb_bias(call)) import_nary(call, op);
}

void import_comparison(OperatorCall& call, Op op) { combine(call, op, all_operands(call), kBool); }

void import_where(OperatorCall& call, Op op) { combine(call, op, {.positions = {0, 1, 2}}, call.input(1).type); }

// QLinearAdd, QLinearMul: a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point.
void import_quantized_binary(OperatorCall& call, Op op) {
  check_zero_points(call, {{0, 2}, {3, 5}});
  combine(call, op, {.positions = {0, 3}, .quantized = true}, call.input(0).type);
}

// QLinearWhere: condition, x, x_scale, x_zero_point, y, y_scale, y_zero_point, z_scale, z_zero_point.
void import_quantized_where(OperatorCall& call, Op op) {
  check_zero_points(call, {{1, 3}, {4, 6}});
  combine(call, op, {.positions = {0, 1, 4}, .quantized = true}, call.input(1).type);
}

void import_clip(OperatorCall& call, Op op) {
  if (narrow_by_clip(call)) return;
  const auto bound = [&](std::string_view name, std::size_t operand) -> std::optional<double> {
    if (const Attribute* given = call.attribute(name)) return given->real;
    const std::vector<double>* contents = call.contents(operand);
    if (contents == nullptr || contents->size() != 1) return std::nullopt;
    return contents->front();
  };
  const bool zero_to_six = bound("min", 1) == 0.0 && bound("max", 2) == 6.0;
  import_unary(call, zero_to_six ? Op::relu6 : op);
}

void import_cast(OperatorCall& call, Op op) {
  const std::int64_t type = call.node().type == "CastLike" ? call.input(1).type : wanted_type(call);
  if (type < 0 || type > kInt2 || !is_known_type(static_cast<std::int32_t>(type))) {
    call.fail(fmt::format("its element type is {}, which ONNX does not define", type));
  }
  if (absorb_cast_of_accumulators(call, static_cast<std::int32_t>(type))) return;
  if (call.is_activation(0) && call.input(0).type == type) {  // as torch writes them between its quantisers
    call.log(ImportFact::Kind::alias, call.input(0).name, [] { return "cast to the type that it has"; });
    return call.forward(0, Value(call.input(0)));
  }
  call.output(0, call.shape(0), static_cast<std::int32_t>(type));
  call.layer(op, Elementwise<>{.elements = call.count(0), .input_elements = call.count(0)});
}

}  // namespace hwcost::onnx
