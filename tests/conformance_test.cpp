// What every backend owes, run on every shipped description.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <thread>

#include "hwcost/machine.hpp"
#include "support/random_layers.hpp"

namespace hwcost {
namespace {

using testing::random_layers;

const std::filesystem::path kDescriptions = HWCOST_SOURCE_DIR "/hw_descriptions";

// What a backend says of one layer, one number a column of CostColumns; NaN where it refuses.
struct Answer {
  std::array<double, 6> figures{};
  Status status = Status::unsupported;

  bool operator==(const Answer& other) const {
    return status == other.status && std::memcmp(figures.data(), other.figures.data(), sizeof figures) == 0;
  }
};

Answer scalar(const Backend& backend, const Layer& layer) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const auto e = backend.estimate(layer);
  if (!e) return {{kNan, kNan, kNan, kNan, kNan, kNan}, Status::unsupported};
  return {{e->cost.latency().value, e->cost.elapsed.value, e->cost.energy.value, in_bytes(e->cost.traffic),
           e->cost.operations, e->cost.figure},
          e->approximation.empty() ? Status::priced : Status::approximated};
}

// The same layers through the batch path; all of one operator.
std::vector<Answer> batch(const Backend& backend, const std::vector<Layer>& layers) {
  const std::size_t n = layers.size();
  const std::size_t width = column_count(info(layers.front().op).family);
  std::vector<std::vector<double>> columns(width, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t k = 0;
    std::visit(
        [&]<class D>(const D& dims) {
          for (const auto& member : D::kMembers) columns[k++][i] = dims.*member.pointer;
        },
        layers[i].dims);
    const Precision& p = layers[i].precision;
    for (const double bits :
         {p.input.bits, p.weight.uniform.bits, p.output.bits, p.requantization->scale_bits, p.requantization->shift})
      columns[k++][i] = bits;
  }
  std::vector<const double*> pointers;
  for (const auto& column : columns) pointers.push_back(column.data());
  std::array<std::vector<double>, 6> out;
  for (auto& column : out) column.resize(n);
  std::vector<Status> status(n);
  backend.estimate_batch({layers.front().op, n, pointers}, {out[0], out[1], out[2], out[3], out[4], out[5], status});
  std::vector<Answer> answers(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < out.size(); ++k) answers[i].figures[k] = out[k][i];
    answers[i].status = status[i];
  }
  return answers;
}

// Sets a member of a layer's extents by its name; false where the family has none of that name.
bool set_extent(Layer& layer, std::string_view name, double v) {
  return std::visit(
      [&]<class D>(D& dims) {
        for (const auto& member : D::kMembers) {
          if (member.name != name) continue;
          dims.*member.pointer = v;
          return true;
        }
        return false;
      },
      layer.dims);
}
std::optional<double> extent(const Layer& layer, std::string_view name) {
  return std::visit(
      [&]<class D>(const D& dims) -> std::optional<double> {
        for (const auto& member : D::kMembers) {
          if (member.name == name) return dims.*member.pointer;
        }
        return std::nullopt;
      },
      layer.dims);
}

class Conformance : public ::testing::TestWithParam<std::string> {
 protected:
  Machine machine_ =
      load_machine((kDescriptions / (GetParam() + ".info")).string(), {kDescriptions}, builtin_registry());
  const Backend& backend_ = *machine_.backend;
  std::vector<Layer> layers_ = random_layers(60);
};

TEST_P(Conformance, BatchEqualsScalarBitForBit) {
  std::vector<Layer> same_op;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    same_op.push_back(layers_[i]);
    if (i + 1 < layers_.size() && layers_[i + 1].op == layers_[i].op) continue;
    const auto answers = batch(backend_, same_op);
    for (std::size_t k = 0; k < same_op.size(); ++k)
      ASSERT_EQ(scalar(backend_, same_op[k]), answers[k]) << name(same_op[k].op) << " " << k;
    same_op.clear();
  }
}

TEST_P(Conformance, FiguresAreFiniteAndNotNegative) {
  std::size_t answered = 0;
  for (const Layer& layer : layers_) {
    const auto e = backend_.estimate(layer);
    if (!e) continue;
    ++answered;
    Cost<>::visit(e->cost, [&](std::string_view part, double v) {
      ASSERT_TRUE(std::isfinite(v) && v >= 0.0) << name(layer.op) << " " << part << " " << v;
    });
  }
  EXPECT_GT(answered, 0u) << "the random layers hold none that this machine runs";
}

TEST_P(Conformance, RefusalsHaveWords) {
  for (const Layer& layer : layers_) {
    const auto e = backend_.estimate(layer);
    if (e) continue;
    ASSERT_GT(e.error().reason.size(), 10u) << name(layer.op);
    ASSERT_EQ(e.error().reason.find('\n'), std::string::npos);
  }
}

TEST_P(Conformance, UnknownOperatorsAreRefused) {
  testing::RandomLayers random(7);
  const auto e = backend_.estimate(random(Op::custom));
  ASSERT_FALSE(e.has_value());
  EXPECT_EQ(e.error().cause, Unsupported::Cause::unmodelled);
  EXPECT_NE(e.error().reason.find("acme.Mystery"), std::string::npos) << e.error().reason;
}

TEST_P(Conformance, ZeroWorkCostsNothing) {
  for (Layer layer : layers_) {
    if (!set_extent(layer, "batch", 0.0) && !set_extent(layer, "elements", 0.0)) continue;
    const auto e = backend_.estimate(layer);
    if (!e) continue;
    Cost<>::visit(e->cost,
                  [&](std::string_view part, double v) { ASSERT_EQ(v, 0.0) << name(layer.op) << " " << part; });
  }
}

class MonotoneConformance : public Conformance {};

TEST_P(MonotoneConformance, CostNeverFallsAsAnExtentGrows) {
  for (const Layer& layer : layers_) {
    const Answer here = scalar(backend_, layer);
    if (here.status == Status::unsupported) continue;
    for (const char* grown : {"batch", "out_channels", "in_channels", "out_height", "out_width", "tokens", "rows",
                              "columns", "depth", "elements", "steps", "hidden_size"}) {
      Layer bigger = layer;
      const auto own = extent(layer, grown);
      if (!own) continue;
      const auto* conv = std::get_if<Convolution<>>(&layer.dims);
      const bool channels = grown == std::string_view("out_channels") || grown == std::string_view("in_channels");
      if (conv != nullptr && channels && conv->is_depthwise()) continue;  // its channels are its groups
      if (grown == std::string_view("batch") && extent(layer, "shared_batch")) continue;
      set_extent(bigger, grown, *own + (conv != nullptr && channels ? conv->groups : 1.0));
      const Answer there = scalar(backend_, bigger);
      if (there.status == Status::unsupported) continue;
      for (std::size_t k = 0; k < here.figures.size(); ++k)
        ASSERT_LE(here.figures[k], there.figures[k]) << name(layer.op) << " " << grown << " figure " << k;
    }
  }
}

TEST_P(Conformance, GradientHasTheSameValue) {
  for (const Layer& layer : layers_) {
    const auto e = backend_.estimate(layer);
    for (const GradientMode mode : {GradientMode::straight_through, GradientMode::relaxed}) {
      const auto g = backend_.gradient(layer, mode);
      if (!g) {
        ASSERT_GT(g.error().reason.size(), 10u);
        continue;
      }
      ASSERT_TRUE(e.has_value());
      std::array<double, Cost<>::kCount> value{};
      std::size_t next = 0;
      Cost<>::visit(g->value, [&](std::string_view, double v) { value[next++] = v; });
      next = 0;
      Cost<>::visit(e->cost, [&](std::string_view part, double v) { ASSERT_EQ(value[next++], v) << part; });
    }
  }
}

// The relaxed cost is piecewise linear in a channel count: its slope below a layer's own count leads to the cost of the
// layer at the knot below, which the scalar path prices by itself.
TEST_P(Conformance, RelaxedGradientLeadsToTheKnotBelow) {
  std::size_t checked = 0;
  for (const Layer& layer : layers_) {
    if (layer.op != Op::conv2d && layer.op != Op::linear) continue;
    const auto g = backend_.gradient(layer, GradientMode::relaxed);
    const auto* conv = std::get_if<Convolution<>>(&layer.dims);
    if (!g || (conv != nullptr && conv->groups > 1.0) || layer.precision.weight.uniform.bits == 0.0) continue;
    const double own = *extent(layer, "out_channels");
    const double step = backend_.traits().out_channel_step;
    const double knot = (std::ceil(own / step) - 1.0) * step;
    if (knot == 0.0) continue;
    Layer below = layer;
    set_extent(below, "out_channels", knot);
    const auto lower = backend_.estimate(below);
    ASSERT_TRUE(lower.has_value());
    const double slope = g->latency_cycles(2 + (layer.op == Op::linear ? 1 : 0));
    const double rise = (g->value.latency() - lower->cost.latency()).value;
    ASSERT_NEAR(slope * (own - knot), rise, 1e-9 * std::max(1.0, g->value.latency().value)) << name(layer.op);
    ++checked;
  }
  if (backend_.traits().metrics.contains(Metric::latency_cycles)) {
    EXPECT_GT(checked, 10u);
  }
}

// Channels of one width are priced as a layer of their own, and pruned ones not at all.
TEST_P(Conformance, MixedWidthsAddUpAndPrunedChannelsAreFree) {
  for (const Layer& layer : layers_) {
    if (layer.op != Op::conv2d && layer.op != Op::linear) continue;
    const auto* conv = std::get_if<Convolution<>>(&layer.dims);
    if (conv != nullptr && conv->groups > 1.0) continue;
    const double own = *extent(layer, "out_channels");
    if (own < 3.0) continue;
    const double pruned = 1.0;
    const double wide = std::floor((own - pruned) / 2.0);
    Layer mixed = layer;
    mixed.precision.weight = WeightFormat();
    mixed.precision.weight.groups = {{0.0, pruned}, {4.0, own - pruned - wide}, {8.0, wide}};
    const Answer whole = scalar(backend_, mixed);
    std::array<double, 6> sum{};
    bool refused = false;
    for (const auto& [bits, channels] : {std::pair{4.0, own - pruned - wide}, std::pair{8.0, wide}}) {
      Layer part = layer;
      part.precision.weight = integer(bits);
      set_extent(part, "out_channels", channels);
      const Answer answer = scalar(backend_, part);
      refused = refused || answer.status == Status::unsupported;
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += answer.figures[k];
    }
    ASSERT_EQ(whole.status == Status::unsupported, refused);
    if (refused) continue;
    for (std::size_t k = 0; k < sum.size(); ++k) {
      if (k == 3) {  // traffic: the inputs are read once for all widths
        ASSERT_LE(whole.figures[k], sum[k]);
      } else {
        ASSERT_DOUBLE_EQ(whole.figures[k], sum[k]) << name(layer.op) << " figure " << k;
      }
    }
  }
}

TEST_P(Conformance, ManyThreadsGetTheSameBits) {
  std::vector<Answer> expected;
  for (const Layer& layer : layers_) expected.push_back(scalar(backend_, layer));
  std::array<bool, 4> same{};
  {
    std::vector<std::jthread> threads;
    for (bool& ok : same) {
      threads.emplace_back([&] {
        ok = true;
        for (std::size_t i = 0; i < layers_.size(); ++i) ok = ok && scalar(backend_, layers_[i]) == expected[i];
      });
    }
  }
  EXPECT_TRUE(std::all_of(same.begin(), same.end(), [](bool ok) { return ok; }));
}

std::string test_name(const ::testing::TestParamInfo<std::string>& row) {
  std::string name = row.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

// All but those that declare themselves not monotone (a user's formula may be anything).
std::vector<std::string> monotone_descriptions() {
  std::vector<std::string> names = description_names({kDescriptions});
  std::erase_if(names, [](const std::string& name) {
    return !load_machine(name, {kDescriptions}, builtin_registry()).backend->traits().monotone;
  });
  return names;
}

INSTANTIATE_TEST_SUITE_P(EachDescription, Conformance, ::testing::ValuesIn(description_names({kDescriptions})),
                         test_name);
INSTANTIATE_TEST_SUITE_P(EachDescription, MonotoneConformance, ::testing::ValuesIn(monotone_descriptions()), test_name);

}  // namespace
}  // namespace hwcost
