#include <algorithm>
#include <array>
#include <cmath>

#include "folding.hpp"

namespace hwcost::onnx {
namespace {

struct Unary {
  std::string_view type;
  UnaryFunction function;
};

struct Binary {
  std::string_view type;
  BinaryFunction function;
};

constexpr std::array<Unary, 19> kUnary{{
    {"Abs", [](double x) { return std::fabs(x); }},
    {"Ceil", [](double x) { return std::ceil(x); }},
    {"Cos", [](double x) { return std::cos(x); }},
    {"Erf", [](double x) { return std::erf(x); }},
    {"Exp", [](double x) { return std::exp(x); }},
    {"Floor", [](double x) { return std::floor(x); }},
    {"Log", [](double x) { return std::log(x); }},
    {"Neg", [](double x) { return -x; }},
    {"Not", [](double x) { return x == 0.0 ? 1.0 : 0.0; }},
    {"Reciprocal", [](double x) { return 1.0 / x; }},
    {"Relu", [](double x) { return std::max(x, 0.0); }},
    {"Round", [](double x) { return std::nearbyint(x); }},
    {"Sigmoid", [](double x) { return 1.0 / (1.0 + std::exp(-x)); }},
    {"IsNaN", [](double x) { return std::isnan(x) ? 1.0 : 0.0; }},
    {"Sign", [](double x) { return x > 0.0   ? 1.0
                                   : x < 0.0 ? -1.0
                                             : 0.0; }},
    {"Sin", [](double x) { return std::sin(x); }},
    {"Softplus", [](double x) { return std::log1p(std::exp(x)); }},
    {"Sqrt", [](double x) { return std::sqrt(x); }},
    {"Tanh", [](double x) { return std::tanh(x); }},
}};

constexpr std::array<Binary, 18> kBinary{{
    {"Add", [](double a, double b) { return a + b; }},
    {"And", [](double a, double b) { return a != 0.0 && b != 0.0 ? 1.0 : 0.0; }},
    {"Div", [](double a, double b) { return a / b; }},
    {"Equal", [](double a, double b) { return a == b ? 1.0 : 0.0; }},
    {"Fmod", [](double a, double b) { return std::fmod(a, b); }},
    {"Greater", [](double a, double b) { return a > b ? 1.0 : 0.0; }},
    {"GreaterOrEqual", [](double a, double b) { return a >= b ? 1.0 : 0.0; }},
    {"Less", [](double a, double b) { return a < b ? 1.0 : 0.0; }},
    {"LessOrEqual", [](double a, double b) { return a <= b ? 1.0 : 0.0; }},
    {"Max", [](double a, double b) { return std::max(a, b); }},
    {"Min", [](double a, double b) { return std::min(a, b); }},
    {"Mod", [](double a, double b) { return a - b * std::floor(a / b); }},
    {"Mul", [](double a, double b) { return a * b; }},
    {"Or", [](double a, double b) { return a != 0.0 || b != 0.0 ? 1.0 : 0.0; }},
    {"Pow", [](double a, double b) { return std::pow(a, b); }},
    {"Sub", [](double a, double b) { return a - b; }},
    {"Sum", [](double a, double b) { return a + b; }},
    {"Xor", [](double a, double b) { return (a != 0.0) != (b != 0.0) ? 1.0 : 0.0; }},
}};

template <class Table>
auto look_up(const Table& table, std::string_view type) -> decltype(table.front().function) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.type == type; });
  return found == table.end() ? nullptr : found->function;
}

}  // namespace

UnaryFunction unary_function(std::string_view type) { return look_up(kUnary, type); }

BinaryFunction binary_function(std::string_view type, bool integers) {
  if (integers && type == "Div") return [](double a, double b) { return std::trunc(a / b); };
  return look_up(kBinary, type);
}

}  // namespace hwcost::onnx
