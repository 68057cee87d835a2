#include "key_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <utility>

#include "did_you_mean.hpp"

namespace hwcost::measure {
namespace {

void append(std::string& text, std::string_view name, std::string_view value) {
  text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
}

using Fields = std::map<std::string, std::string, std::less<>>;

// "a=1 b=2" taken apart; an error is the sentence that says what is wrong.
Expected<Fields, std::string> fields_of(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    const std::string_view field = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), field.size() + 1));
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return tl::unexpected(fmt::format("{} is no name=value", in_quotes(std::string(field))));
    if (!fields.emplace(field.substr(0, equals), field.substr(equals + 1)).second)
      return tl::unexpected(fmt::format("{} is there twice", in_quotes(std::string(field.substr(0, equals)))));
  }
  return fields;
}

// Takes fields out one by one and keeps the first fault.
class FieldReader {
 public:
  FieldReader(std::string_view text, std::string& fault) : fault_(fault) {
    if (auto fields = fields_of(text))
      fields_ = std::move(*fields);
    else
      complain(fields.error());
  }

  [[nodiscard]] bool has(std::string_view name) const { return fields_.find(name) != fields_.end(); }
  std::string text(std::string_view name) {
    const auto field = fields_.find(name);
    if (field == fields_.end()) {
      complain(fmt::format("{} is missing", name));
      return {};
    }
    std::string value = std::move(field->second);
    fields_.erase(field);
    return value;
  }
  double number(std::string_view name) {
    const std::string value = text(name);
    double number = 0.0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size())
      complain(fmt::format("{}={} is no number", name, value));
    return number;
  }
  NumberFormat format(std::string_view name) {
    const std::string value = text(name);
    const auto format = number_format_from(value);
    if (!format) complain(fmt::format("{}={} is no number format", name, value));
    return format.value_or(NumberFormat{});
  }
  void finish() {
    if (!fields_.empty()) complain(fmt::format("{} is unknown", in_quotes(fields_.begin()->first)));
  }

 private:
  void complain(const std::string& what) {
    if (fault_.empty()) fault_ = what;
  }
  Fields fields_;
  std::string& fault_;
};

// The extents of that family, all 0.
Dims dims_of(Family family) {
  Dims dims;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((static_cast<std::size_t>(family) == I ? void(dims.emplace<I>()) : void()), ...);
  }
  (std::make_index_sequence<std::variant_size_v<Dims>>());
  return dims;
}

}  // namespace

LayerText layer_text(const Layer& layer) {
  LayerText text{std::string(name(layer.op)), "", "", ""};
  std::visit(
      [&]<class D>(const D& dims) {
        for (const auto& member : D::kMembers)
          append(text.extents, member.name, fmt::format("{}", dims.*member.pointer));
      },
      layer.dims);
  const Precision& p = layer.precision;
  append(text.widths, "input", to_text(p.input));
  append(text.widths, "weight", to_text(p.weight.uniform));
  append(text.widths, "output", to_text(p.output));
  append(text.widths, "bias", to_text(p.bias));
  if (layer.fused_activation) append(text.epilogue, "activation", name(*layer.fused_activation));
  if (p.requantization) {
    append(text.epilogue, "scale_bits", fmt::format("{}", p.requantization->scale_bits));
    append(text.epilogue, "shift", fmt::format("{}", p.requantization->shift));
  }
  return text;
}

Expected<Layer, std::string> layer_from(const LayerText& text) {
  const auto op = op_named(text.op);
  if (!op) return tl::unexpected(fmt::format("unknown operator {}", in_quotes(text.op)));
  std::string fault;
  Layer layer;
  layer.op = *op;
  layer.dims = dims_of(info(*op).family);
  FieldReader extents(text.extents, fault);
  std::visit(
      [&]<class D>(D& dims) {
        for (const auto& member : D::kMembers) dims.*member.pointer = extents.number(member.name);
      },
      layer.dims);
  extents.finish();
  FieldReader widths(text.widths, fault);
  layer.precision.input = widths.format("input");
  layer.precision.weight = widths.format("weight");
  layer.precision.output = widths.format("output");
  layer.precision.bias = widths.format("bias");
  widths.finish();
  FieldReader epilogue(text.epilogue, fault);
  if (epilogue.has("activation")) {
    const std::string activation = epilogue.text("activation");
    layer.fused_activation = op_named(activation);
    if (!layer.fused_activation) return tl::unexpected(fmt::format("unknown operator {}", in_quotes(activation)));
  }
  if (epilogue.has("scale_bits"))
    layer.precision.requantization = Requantization{epilogue.number("scale_bits"), epilogue.number("shift")};
  epilogue.finish();
  if (!fault.empty()) return tl::unexpected(fault);
  if (auto reason = contradiction(layer)) return tl::unexpected(std::move(*reason));
  return layer;
}

}  // namespace hwcost::measure
