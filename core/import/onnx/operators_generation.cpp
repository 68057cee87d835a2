// Operators that make a tensor of a shape alone: identities, masks, windows, random numbers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "extents.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

// A constant whose elements matter to nobody.
void unread_constant(OperatorCall& call, Shape shape) {
  call.constant_output(0, std::move(shape), static_cast<std::int32_t>(call.integer("dtype", kFloat)), std::nullopt);
}

void random_output(OperatorCall& call, Shape shape, std::int32_t fallback_type) {
  call.output(0, std::move(shape), static_cast<std::int32_t>(call.integer("dtype", fallback_type)));
  call.without_model("it draws random numbers");
}

}  // namespace

// A matrix of the operand's shape with ones on a diagonal; its elements are not looked at.
void import_eye_like(OperatorCall& call, Op) {
  if (call.shape(0).size() != 2)
    call.fail(fmt::format("its input has shape {}, wanted a matrix", to_text(call.shape(0))));
  const auto type = static_cast<std::int32_t>(call.integer("dtype", call.input(0).type));
  const auto rows = call.extent(0, 0);
  const auto columns = call.extent(0, 1);
  std::optional<std::vector<double>> contents;
  if (call.builder().may_fold(call.count(0))) {
    contents.emplace(static_cast<std::size_t>(call.count(0)), 0.0);
    const std::int64_t diagonal = call.integer("k", 0);
    for (std::int64_t row = 0; row < rows; ++row) {
      const bool is_inside = diagonal > -rows && diagonal < columns && row + diagonal >= 0 && row + diagonal < columns;
      if (is_inside) (*contents)[static_cast<std::size_t>(row * columns + row + diagonal)] = 1.0;
    }
  }
  call.constant_output(0, call.shape(0), type, std::move(contents));
}

// indices, depth, values: every index beside every number below depth.
void import_one_hot(OperatorCall& call, Op op) {
  const std::optional<Shape> depth = call.integers(1);
  if (!depth || depth->size() != 1) return call.cannot_derive("its depth is computed at run time");
  Shape shape = call.shape(0);
  const std::size_t axis = call.axis(call.integer("axis", -1), shape.size() + 1);
  const double rows = call.checked(static_cast<double>(depth->front()), "its depth");
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), static_cast<std::int64_t>(rows));
  call.output(0, shape, call.input(2).type);
  call.layer(op, Elementwise<>{.elements = *elements(shape), .input_elements = call.count(0), .operands = 2.0});
}

// The places of elements that are not 0: known where the elements are.
void import_non_zero(OperatorCall& call, Op op) {
  const std::vector<double>* contents = call.contents(0);
  const Shape& in = call.shape(0);
  const auto rank = static_cast<std::int64_t>(in.size());
  if (contents == nullptr) {  // all may be
    call.output_at_most(0, {rank, static_cast<std::int64_t>(call.count(0))}, kInt64);
    return call.layer(
        op, Reduction<>{.in_elements = call.count(0), .out_elements = static_cast<double>(rank) * call.count(0)});
  }
  std::vector<std::size_t> places;
  for (std::size_t k = 0; k < contents->size(); ++k) {
    if ((*contents)[k] != 0.0) places.push_back(k);
  }
  if (!call.builder().may_fold(static_cast<double>(rank) * static_cast<double>(places.size()))) {
    return call.cannot_derive("it has too many results");
  }
  std::vector<double> coordinates(in.size() * places.size());
  std::size_t inner = 1;
  for (std::size_t axis = in.size(); axis-- > 0;) {
    const auto extent = static_cast<std::size_t>(in[axis]);
    for (std::size_t k = 0; k < places.size(); ++k) {
      coordinates[axis * places.size() + k] = static_cast<double>(places[k] / inner % extent);
    }
    inner *= extent;
  }
  call.constant_output(0, {rank, static_cast<std::int64_t>(places.size())}, kInt64, std::move(coordinates));
}

// The upper or lower triangle of matrices.
void import_triangle(OperatorCall& call, Op op) {
  call.need_rank(0, 2);
  call.output(0, call.shape(0));
  call.layer(op, Elementwise<>{.elements = call.count(0), .input_elements = call.count(0)});
}

void import_random(OperatorCall& call, Op) {
  const Shape* shape = call.integer_list("shape");
  if (shape == nullptr) call.fail("has no shape");
  random_output(call, *shape, kFloat);
}

void import_random_like(OperatorCall& call, Op) { random_output(call, call.shape(0), call.input(0).type); }

// Draws sample_size classes for every row of probabilities.
void import_multinomial(OperatorCall& call, Op) {
  call.need_rank(0, 1);
  random_output(call, {call.extent(0, 0), call.integer("sample_size", 1)}, kInt32);
}

// HannWindow, HammingWindow, BlackmanWindow.
void import_window(OperatorCall& call, Op) {
  const std::optional<Shape> size = call.integers(0);
  if (!size || size->size() != 1) return call.cannot_derive("its size is computed at run time");
  call.constant_output(0, {size->front()}, static_cast<std::int32_t>(call.integer("output_datatype", kFloat)),
                       std::nullopt);
}

// num_mel_bins, dft_length, sample_rate, ...
void import_mel_weights(OperatorCall& call, Op) {
  const std::optional<Shape> bins = call.integers(0);
  const std::optional<Shape> length = call.integers(1);
  if (!bins || !length || bins->size() != 1 || length->size() != 1) {
    return call.cannot_derive("its size is computed at run time");
  }
  if (length->front() < 0 || bins->front() < 0) call.fail(fmt::format("its size is {}", to_text(*bins)));
  unread_constant(call, {length->front() / 2 + 1, bins->front()});
}

}  // namespace hwcost::onnx
