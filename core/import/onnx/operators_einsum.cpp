// Einsum: products, transpositions and sums as the layers that they are.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "extents.hpp"
#include "operators.hpp"
#include "product.hpp"

namespace hwcost::onnx {
namespace {

// A letter of the equation, or an axis that "..." stands for: those count from the last one, as negative numbers.
using Label = int;
using Labels = std::vector<Label>;

struct Equation {
  std::vector<Labels> operands;
  Labels result;
  std::map<Label, std::int64_t> extents;

  [[nodiscard]] bool has(std::size_t operand, Label label) const {
    const Labels& labels = operands[operand];
    return std::find(labels.begin(), labels.end(), label) != labels.end();
  }
  [[nodiscard]] bool keeps(Label label) const { return std::find(result.begin(), result.end(), label) != result.end(); }
};

bool repeats_a_label(Labels labels) {
  std::sort(labels.begin(), labels.end());
  return std::adjacent_find(labels.begin(), labels.end()) != labels.end();
}

class EquationReader {
 public:
  explicit EquationReader(const OperatorCall& call) : call_(call) {
    for (const char c : call.text("equation", "")) {
      if (c != ' ') text_ += c;
    }
  }

  Equation read() {
    const std::size_t arrow = text_.find("->");
    std::string_view left = std::string_view(text_).substr(0, arrow);
    for (std::size_t k = 0; k < call_.input_count(); ++k) {
      const std::size_t comma = left.find(',');
      if (comma == std::string_view::npos && k + 1 < call_.input_count()) fail();
      read_operand(left.substr(0, comma), k);
      left = comma == std::string_view::npos ? std::string_view() : left.substr(comma + 1);
    }
    if (!left.empty() || equation_.operands.empty()) fail();
    if (arrow == std::string::npos)
      equation_.result = implicit_result();
    else
      equation_.result = labels_of(std::string_view(text_).substr(arrow + 2), widest_ellipsis_);
    for (const Label label : equation_.result) {
      if (!equation_.extents.contains(label)) fail();
    }
    if (repeats_a_label(equation_.result)) fail();
    return std::move(equation_);
  }

 private:
  [[noreturn]] void fail() const { call_.fail(fmt::format("its equation '{}' does not fit its operands", text_)); }

  [[nodiscard]] Labels labels_of(std::string_view term, std::size_t ellipsis) const {
    Labels labels;
    while (!term.empty()) {
      if (term.starts_with("...")) {
        for (std::size_t k = ellipsis; k > 0; --k) labels.push_back(-static_cast<Label>(k));
        term.remove_prefix(3);
        continue;
      }
      const bool is_letter = (term[0] >= 'a' && term[0] <= 'z') || (term[0] >= 'A' && term[0] <= 'Z');
      if (!is_letter) fail();
      labels.push_back(term[0]);
      term.remove_prefix(1);
    }
    return labels;
  }

  void read_operand(std::string_view term, std::size_t k) {
    const Shape& shape = call_.shape(k);
    const bool has_ellipsis = term.find("...") != std::string_view::npos;
    const std::size_t letters = labels_of(term, 0).size();
    if (letters > shape.size() || (!has_ellipsis && letters != shape.size())) fail();
    const std::size_t ellipsis = shape.size() - letters;
    widest_ellipsis_ = std::max(widest_ellipsis_, ellipsis);
    Labels labels = labels_of(term, ellipsis);
    if (labels.size() != shape.size()) fail();  // "..." twice
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      std::int64_t& extent = equation_.extents.try_emplace(labels[axis], 1).first->second;
      if (extent != 1 && shape[axis] != 1 && extent != shape[axis]) fail();
      extent = std::max(extent, shape[axis]);
    }
    equation_.operands.push_back(std::move(labels));
  }

  // Without "->": the axes of "...", then the letters that occur once, in order.
  [[nodiscard]] Labels implicit_result() const {
    Labels result;
    for (std::size_t k = widest_ellipsis_; k > 0; --k) result.push_back(-static_cast<Label>(k));
    for (const auto& [label, extent] : equation_.extents) {
      std::ptrdiff_t count = 0;
      for (const Labels& labels : equation_.operands) count += std::count(labels.begin(), labels.end(), label);
      if (label > 0 && count == 1) result.push_back(label);
    }
    return result;
  }

  const OperatorCall& call_;
  std::string text_;
  std::size_t widest_ellipsis_ = 0;
  Equation equation_;
};

void import_of_one(OperatorCall& call, const Equation& equation, double out) {
  if (equation.result.size() == equation.operands[0].size()) {
    return call.layer(Op::transpose, Movement<>{.in_elements = call.count(0), .out_elements = out});
  }
  call.layer(Op::reduce_sum, Reduction<>{.in_elements = call.count(0), .out_elements = out});
}

// What a label is in the product of both operands.
enum class Role { batch, row, column, summed, other };

Role role_of(const Equation& equation, Label label) {
  const bool left = equation.has(0, label);
  const bool right = equation.has(1, label);
  if (left && right) return equation.keeps(label) ? Role::batch : Role::summed;
  if (!equation.keeps(label)) return Role::other;
  return left ? Role::row : Role::column;
}

Matrix matrix_of(const OperatorCall& call, const Equation& equation, std::size_t operand) {
  Matrix matrix{.operand = operand, .batch = {}};
  const Labels& labels = equation.operands[operand];
  for (std::size_t axis = 0; axis < labels.size(); ++axis) {
    const auto extent = static_cast<double>(call.extent(operand, axis));
    const Role role = role_of(equation, labels[axis]);
    if (role == Role::row || role == Role::column) matrix.channel_axis = axis;
    const bool is_row = operand == 0 ? role == Role::row : role == Role::summed;
    if (role != Role::batch) (is_row ? matrix.rows : matrix.columns) *= extent;
  }
  for (const Label label : equation.result) {
    if (role_of(equation, label) != Role::batch) continue;
    const auto axis = std::find(labels.begin(), labels.end(), label) - labels.begin();
    matrix.batch.push_back(call.extent(operand, static_cast<std::size_t>(axis)));
  }
  return matrix;
}

void import_of_two(OperatorCall& call, const Equation& equation, double out) {
  const auto count_of = [&](Role role) {
    return std::count_if(equation.extents.begin(), equation.extents.end(),
                         [&](const auto& entry) { return role_of(equation, entry.first) == role; });
  };
  if (count_of(Role::other) > 0) return call.without_model("it sums over an axis of one operand alone");
  if (count_of(Role::summed) == 0) {
    Elementwise<> dims{.elements = out, .input_elements = 0.0, .operands = 2.0};
    OwnedOperands owned;
    for (const std::size_t k : {0U, 1U}) {
      if (call.is_activation(k))
        dims.input_elements += call.count(k);
      else if (call.is_parameter(k))
        owned.counted.push_back(k);
    }
    return call.layer(Op::mul, dims, std::move(owned));
  }
  const Matrix left = matrix_of(call, equation, 0);
  const Matrix right = matrix_of(call, equation, 1);
  if (left.columns != right.rows) return call.without_model("it sums over an axis that one operand repeats");
  multiply_matrices(call, left, right);
}

}  // namespace

void import_einsum(OperatorCall& call, Op) {
  const Equation equation = EquationReader(call).read();
  Shape shape;
  for (const Label label : equation.result) shape.push_back(equation.extents.at(label));
  const double out = elements(shape).value_or(0.0);
  call.output(0, std::move(shape));
  if (std::any_of(equation.operands.begin(), equation.operands.end(), repeats_a_label)) {
    return call.without_model("it takes a diagonal");
  }
  if (equation.operands.size() == 1) return import_of_one(call, equation, out);
  if (equation.operands.size() == 2) return import_of_two(call, equation, out);
  call.without_model("it is a product of more than two operands");
}

}  // namespace hwcost::onnx
