#include "hwcost/residual.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "did_you_mean.hpp"
#include "hwcost/error.hpp"

namespace hwcost {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kFormat = "hwcost-residual-1";
constexpr std::size_t kMostTrees = 10'000;
constexpr double kLargestSum = 100.0;  // of the trees' leaves: no price is off by a factor of e^100

// The families' members, each name once, and behind them what is computed.
enum class Computed : std::size_t {
  in_channels_a_group,
  out_channels_a_group,
  input_bits,
  weight_bits,
  macs,
  weight_bytes,
  input_bytes,
  output_bytes,
  bytes,
  price,
  macs_a_price,
  compute_share,
  memory_share,
  overhead_share,
};
constexpr std::array<std::string_view, 14> kComputed{
    "in_channels_a_group", "out_channels_a_group", "input_bits",   "weight_bits",   "macs",
    "weight_bytes",        "input_bytes",          "output_bytes", "bytes",         "price",
    "macs_a_price",        "compute_share",        "memory_share", "overhead_share"};

struct Names {
  std::array<std::string_view, kMostResidualFigures> all{};
  std::size_t count = 0;
  std::size_t computed = 0;  // index of the first of kComputed

  constexpr std::size_t find(std::string_view name) const {
    std::size_t i = 0;
    while (i < count && all[i] != name) ++i;
    return i;
  }
};
constexpr Names kNames = [] {
  Names names;
  for (std::size_t family = 0; family < std::variant_size_v<Dims>; ++family) {
    with_family(static_cast<Family>(family), [&]<class D>() {
      for (const auto& member : D::kMembers) {
        if (names.find(member.name) == names.count) names.all[names.count++] = member.name;
      }
    });
  }
  names.computed = names.count;
  for (const std::string_view name : kComputed) names.all[names.count++] = name;
  return names;
}();

// Where the members of a family stand among all names.
template <class D>
constexpr auto kPlaces = [] {
  std::array<std::size_t, kMemberCount<D>> places{};
  for (std::size_t k = 0; k < places.size(); ++k) places[k] = kNames.find(D::kMembers[k].name);
  return places;
}();

// A JSON value of that type, or the fault in words.
template <class T>
T get(const Json& json, std::string_view what) {
  try {
    return json.get<T>();
  } catch (const Json::exception&) {
    throw std::domain_error(fmt::format("{} is none", what));
  }
}
const Json& member(const Json& json, const char* key) {
  const auto it = json.is_object() ? json.find(key) : json.end();
  if (!json.is_object() || it == json.end()) throw std::domain_error(fmt::format("it has no '{}'", key));
  return *it;
}

float finite(const Json& json) {
  const auto value = json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
  if (!std::isfinite(static_cast<float>(value))) throw std::domain_error("a node has a number that is none");
  return static_cast<float>(value);
}

std::vector<int> figures_of(const Json& json) {
  std::vector<int> indices;
  for (const Json& one : json) {
    const auto name = get<std::string>(one, "a figure's name");
    const std::size_t index = kNames.find(name);
    if (index == kNames.count) throw std::domain_error(fmt::format("nobody knows the figure {}", in_quotes(name)));
    indices.push_back(static_cast<int>(index));
  }
  return indices;
}

// [leaf], or [figure, threshold, below, above, missing]; nodes lead to later ones alone, so that every way ends.
ResidualNode node_from(const Json& json, const std::vector<int>& figures, std::size_t own, std::size_t nodes) {
  if (!json.is_array() || (json.size() != 1 && json.size() != 5))
    throw std::domain_error("a node is no list of 1 or 5 numbers");
  if (json.size() == 1) return {.value = finite(json[0])};
  const auto index = [&](std::size_t k, std::size_t low, std::size_t high) {
    if (!json[k].is_number_unsigned() || json[k].get<std::size_t>() < low || json[k].get<std::size_t>() >= high)
      throw std::domain_error("a node names a figure that is not listed, or leads to no later node");
    return json[k].get<std::size_t>();
  };
  const auto next = [&](std::size_t k) { return static_cast<int>(index(k, own + 1, nodes)); };
  return {.figure = figures[index(0, 0, figures.size())],
          .value = finite(json[1]),
          .below = next(2),
          .above = next(3),
          .missing = next(4)};
}

std::vector<ResidualTree> trees_from(const Json& json, const std::vector<int>& figures) {
  if (!json.is_array() || json.empty() || json.size() > kMostTrees)
    throw std::domain_error(fmt::format("'trees' is no list of 1 to {} trees", kMostTrees));
  std::vector<ResidualTree> trees;
  double largest = 0.0;
  for (const Json& nodes : json) {
    if (!nodes.is_array() || nodes.empty()) throw std::domain_error("a tree is no list of nodes");
    ResidualTree& tree = trees.emplace_back();
    double leaf = 0.0;
    for (const Json& node : nodes) {
      tree.push_back(node_from(node, figures, tree.size(), nodes.size()));
      if (tree.back().figure < 0) leaf = std::max(leaf, std::abs(static_cast<double>(tree.back().value)));
    }
    largest += leaf;
  }
  if (largest > kLargestSum) throw std::domain_error("its trees add up to more than any price is off by");
  return trees;
}

// Deep nesting, which no such file has, is refused while it is read.
Json parsed(std::string_view text) {
  constexpr int kDeepest = 8;
  const auto check = [](int depth, Json::parse_event_t, Json&) {
    if (depth > kDeepest) throw std::domain_error("it is nested too deep");
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::exception&) {
    throw std::domain_error("it is no JSON");
  }
}

}  // namespace

std::span<const std::string_view> residual_figure_names() { return std::span(kNames.all).first(kNames.count); }

ResidualFigures residual_figures(const Layer& layer, const Cost<>& cost, double price) {
  ResidualFigures figures;
  figures.values.fill(std::numeric_limits<float>::quiet_NaN());
  std::visit(
      [&]<class D>(const D& dims) {
        for (std::size_t k = 0; k < kMemberCount<D>; ++k)
          figures.values[kPlaces<D>[k]] = static_cast<float>(dims.*D::kMembers[k].pointer);
      },
      layer.dims);
  const auto put = [&](Computed which, double value) {
    figures.values[kNames.computed + static_cast<std::size_t>(which)] = static_cast<float>(value);
  };
  if (const auto* conv = std::get_if<Convolution<>>(&layer.dims); conv != nullptr && conv->groups > 0.0) {
    put(Computed::in_channels_a_group, conv->in_channels / conv->groups);
    put(Computed::out_channels_a_group, conv->out_channels / conv->groups);
  }
  const Facts f = facts(layer);
  put(Computed::input_bits, layer.precision.input.bits);
  if (!layer.precision.weight.is_mixed()) put(Computed::weight_bits, layer.precision.weight.uniform.bits);
  put(Computed::macs, f.macs);
  put(Computed::weight_bytes, f.weight_bytes);
  put(Computed::input_bytes, f.input_bytes);
  put(Computed::output_bytes, f.output_bytes);
  put(Computed::bytes, f.weight_bytes + f.input_bytes + f.output_bytes);
  put(Computed::price, price);
  if (price > 0.0) put(Computed::macs_a_price, f.macs / price);
  if (const double latency = cost.latency().value; latency > 0.0) {
    put(Computed::compute_share, cost.compute.value / latency);
    put(Computed::memory_share, cost.memory.value / latency);
    put(Computed::overhead_share, cost.overhead.value / latency);
  }
  return figures;
}

Residual Residual::from_text(std::string_view text, const std::string& file) {
  try {
    const Json json = parsed(text);
    if (member(json, "format") != kFormat) throw std::domain_error(fmt::format("its format is not '{}'", kFormat));
    const auto metric = metric_named(get<std::string>(member(json, "metric"), "its metric"));
    if (metric != Metric::latency_seconds && metric != Metric::latency_cycles && metric != Metric::energy_joules)
      throw std::domain_error("its metric is not latency_seconds, latency_cycles or energy_joules");
    return {*metric, trees_from(member(json, "trees"), figures_of(member(json, "figures")))};
  } catch (const std::domain_error& fault) {
    throw InputError({file, 0}, fmt::format("is no learned residual: {}", fault.what()));
  }
}

std::string Residual::text() const {
  std::string text = fmt::format("{{\"format\": \"{}\", \"metric\": \"{}\",\n \"figures\": [", kFormat, name(metric_));
  const auto names = residual_figure_names();
  for (std::size_t i = 0; i < names.size(); ++i) text += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", names[i]);
  text += "],\n \"trees\": [\n";
  for (std::size_t t = 0; t < trees_.size(); ++t) {
    text += t == 0 ? "  [" : ",\n  [";
    for (std::size_t i = 0; i < trees_[t].size(); ++i) {
      const ResidualNode& n = trees_[t][i];
      if (i > 0) text += ", ";
      text += n.figure < 0 ? fmt::format("[{}]", n.value)
                           : fmt::format("[{}, {}, {}, {}, {}]", n.figure, n.value, n.below, n.above, n.missing);
    }
    text += ']';
  }
  return text + "\n ]}\n";
}

double Residual::factor(const ResidualFigures& figures) const {
  double sum = 0.0;
  for (const ResidualTree& tree : trees_) {
    std::size_t at = 0;
    while (tree[at].figure >= 0) {
      const ResidualNode& node = tree[at];
      const float figure = figures.values[static_cast<std::size_t>(node.figure)];
      at = static_cast<std::size_t>(std::isnan(figure) ? node.missing : figure < node.value ? node.below : node.above);
    }
    sum += static_cast<double>(tree[at].value);
  }
  return std::exp(sum);
}

}  // namespace hwcost
