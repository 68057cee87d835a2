#include "input_shapes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "numbers.hpp"

namespace hwcost::command {
namespace {

constexpr const char* kOption = "--input-shape";
constexpr std::size_t kMostRuns = 10000;

CLI::ValidationError no_shape(std::string_view text) {
  return CLI::ValidationError(kOption,
                              fmt::format("'{}' is no shape such as input=1x3x224x224 or input=1x{{64,128}}", text));
}

// The part of `text` before the separator, which it loses with it. A separator within braces is none.
std::string_view take_until(std::string_view& text, char separator) {
  int depth = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    depth += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
    if (text[end] == separator && depth == 0) break;
  }
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// "64" or "{64,128}"; nothing where it is neither.
std::optional<std::vector<double>> values_from(std::string_view text) {
  const bool is_list = text.size() > 1 && text.front() == '{' && text.back() == '}';
  if (is_list) text = text.substr(1, text.size() - 2);
  if (text.ends_with(',')) return std::nullopt;
  std::vector<double> values;
  do {
    const auto value = count_from(is_list ? take_until(text, ',') : std::exchange(text, {}));
    if (!value) return std::nullopt;
    values.push_back(*value);
  } while (!text.empty());
  return values;
}

ShapeOption shape_from(std::string_view text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0 || text.back() == 'x') throw no_shape(text);
  ShapeOption option{.name = std::string(text.substr(0, equals)), .extents = {}};
  std::string_view rest = text.substr(equals + 1);
  option.is_list = rest.find('{') != std::string_view::npos;
  do {
    auto values = values_from(take_until(rest, 'x'));
    if (!values) throw no_shape(text);
    option.extents.push_back(std::move(*values));
  } while (!rest.empty());
  return option;
}

// "a=1x2,b=3x4". Names may hold commas: one ends a shape only where a shape has begun.
void add_shapes(std::string_view text, std::vector<ShapeOption>& options) {
  while (!text.empty()) {
    const std::size_t begun = std::min(text.find('='), text.size());
    std::string_view rest = text.substr(begun);
    const std::string_view shape = take_until(rest, ',');
    const bool ends_in_comma = rest.empty() && begun + shape.size() < text.size();
    ShapeOption option = shape_from(text.substr(0, begun + shape.size()));
    if (ends_in_comma) throw no_shape(text);
    const bool is_known = std::any_of(options.begin(), options.end(),
                                      [&](const ShapeOption& other) { return other.name == option.name; });
    if (is_known) throw CLI::ValidationError(kOption, fmt::format("'{}' is given twice", option.name));
    options.push_back(std::move(option));
    text = rest;
  }
}

// The lists' lengths multiplied.
std::size_t runs_of(const std::vector<ShapeOption>& options) {
  std::size_t runs = 1;
  for (const ShapeOption& option : options) {
    for (const std::vector<double>& values : option.extents) {
      runs *= values.size();
      if (runs > kMostRuns) {
        throw CLI::ValidationError(kOption, fmt::format("asks for more than {} combinations", kMostRuns));
      }
    }
  }
  return runs;
}

}  // namespace

void add_shape_option(CLI::App& command, std::vector<ShapeOption>& options) {
  command
      .add_option_function<std::string>(
          kOption,
          [&options](const std::string& text) {
            if (text.empty()) throw no_shape(text);
            add_shapes(text, options);
          },
          "Shape of an ONNX model's input or one free dimension, such as input=1x3x224x224, N=3 or 'x=1x{64,128}' "
          "(repeatable; a list prices each)")
      ->type_name("NAME=SHAPE[,NAME=SHAPE]")
      ->trigger_on_parse();
}

bool is_sweep(const std::vector<ShapeOption>& options) {
  return std::any_of(options.begin(), options.end(), [](const ShapeOption& option) { return option.is_list; });
}

std::vector<ShapeBinding> bindings(const std::vector<ShapeOption>& options) {
  std::vector<ShapeBinding> result(runs_of(options));
  for (std::size_t run = 0; run < result.size(); ++run) {
    std::size_t block = result.size();  // runs in which the lists so far stay as they are
    for (const ShapeOption& option : options) {
      std::vector<double>& shape = result[run].shapes[option.name];
      for (const std::vector<double>& values : option.extents) {
        block /= values.size();
        shape.push_back(values[run / block % values.size()]);
      }
      result[run].text +=
          fmt::format("{}{}={}", result[run].text.empty() ? "" : " ", option.name, fmt::join(shape, "x"));
    }
  }
  return result;
}

}  // namespace hwcost::command
