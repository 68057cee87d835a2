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
#include "support/batch_columns.hpp"
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

// The same numbers as a batch of one row writes them, from the scalar path.
Answer scalar(const Backend& backend, const Layer& layer) {
  const auto e = backend.estimate(layer);
  Answer answer;
  std::array<double, 6>& f = answer.figures;
  CostColumns out;
  out.latency_cycles = std::span(&f[0], 1);
  out.latency_seconds = std::span(&f[1], 1);
  out.energy_joules = std::span(&f[2], 1);
  out.traffic_bytes = std::span(&f[3], 1);
  out.convention_ops = std::span(&f[4], 1);
  out.cost = std::span(&f[5], 1);
  if (e) answer.status = e->approximation.empty() ? Status::priced : Status::approximated;
  out.put(0, e ? e->cost : Cost<>{}, answer.status, backend.traits().clock_hertz);
  return answer;
}

// The same layers through the batch path; all of one operator.
std::vector<Answer> batch(const Backend& backend, const std::vector<Layer>& layers) {
  const std::size_t n = layers.size();
  std::array<std::vector<double>, 6> out;
  for (auto& column : out) column.resize(n);
  std::vector<Status> status(n);
  backend.estimate_batch(testing::BatchColumns(layers).columns(),
                         {out[0], out[1], out[2], out[3], out[4], out[5], status});
  std::vector<Answer> answers(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < out.size(); ++k) answers[i].figures[k] = out[k][i];
    answers[i].status = status[i];
  }
  return answers;
}

// All random layers through the batch path, an operator at a time.
std::vector<Answer> all_batches(const Backend& backend, const std::vector<Layer>& layers) {
  std::vector<Answer> answers;
  std::vector<Layer> same_op;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    same_op.push_back(layers[i]);
    if (i + 1 < layers.size() && layers[i + 1].op == layers[i].op) continue;
    const auto part = batch(backend, same_op);
    answers.insert(answers.end(), part.begin(), part.end());
    same_op.clear();
  }
  return answers;
}

// Calls f(part's name, one, other) for every part of two costs.
template <class F>
void compare(const Cost<>& one, const Cost<>& other, F&& f) {
  Cost<>::visit_together(f, one, other);
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
  const auto answers = all_batches(backend_, layers_);
  ASSERT_EQ(answers.size(), layers_.size());
  for (std::size_t i = 0; i < layers_.size(); ++i)
    ASSERT_EQ(scalar(backend_, layers_[i]), answers[i]) << name(layers_[i].op) << " " << i;
}

// Extents that are no counts have no price, least of all 0.
TEST_P(Conformance, ExtentsThatAreNoCountsAreRefused) {
  for (Layer layer : layers_) {
    if (layer.op != Op::conv2d && layer.op != Op::linear) continue;
    for (const double bad : {-5.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
      set_extent(layer, "out_channels", bad);
      ASSERT_EQ(scalar(backend_, layer).status, Status::unsupported) << bad;
      ASSERT_EQ(batch(backend_, {layer}).front().status, Status::unsupported) << bad;
    }
  }
}

TEST_P(Conformance, FloatingPointLayersAreNotForMachinesThatComputeIntegers) {
  for (Layer layer : layers_) {
    layer.precision.weight = kFloat32;
    const auto e = backend_.estimate(layer);
    if (backend_.traits().integers_only) {
      ASSERT_FALSE(e.has_value()) << name(layer.op);
    }
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
      for (std::size_t k = 0; k < here.figures.size(); ++k) {
        if (std::isnan(here.figures[k])) continue;  // seconds of a machine without a clock
        ASSERT_LE(here.figures[k], there.figures[k]) << name(layer.op) << " " << grown << " figure " << k;
      }
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
      compare(g->value, e->cost, [&](std::string_view part, double a, double b) { ASSERT_EQ(a, b) << part; });
    }
  }
}

TEST_P(Conformance, GradientBySomeMembersIsThatByAll) {
  for (const Layer& layer : layers_) {
    const std::uint64_t some =
        members_named(info(layer.op).family, {"out_channels", "in_channels", "weight_bits", "out_width"});
    for (const GradientMode mode : {GradientMode::straight_through, GradientMode::relaxed}) {
      const auto all = backend_.gradient(layer, mode);
      const auto few = backend_.gradient_by(layer, mode, some);
      ASSERT_EQ(all.has_value(), few.has_value());
      if (!all) continue;
      ASSERT_EQ(all->partial.size(), few->partial.size());
      compare(all->value, few->value, [](std::string_view part, double a, double b) { ASSERT_EQ(a, b) << part; });
      for (std::size_t k = 0; k < all->partial.size(); ++k) {
        const bool wanted = (some >> k & 1u) != 0;
        compare(all->partial[k], few->partial[k], [&](std::string_view part, double a, double b) {
          if (wanted || b != 0.0) {
            ASSERT_EQ(a, b) << name(layer.op) << " " << k << " " << part;
          }
        });
      }
    }
  }
}

// The knot below a layer's own channel count, and the layer there.
struct Knot {
  double channels;
  Layer layer;
};
std::optional<Knot> knot_below(const BackendTraits& traits, const Layer& layer, const char* member) {
  const double own = *extent(layer, member);
  const bool out = std::string_view(member) == "out_channels";
  const auto* conv = std::get_if<Convolution<>>(&layer.dims);
  const bool depthwise = conv != nullptr && conv->is_depthwise();
  if (depthwise && !out) return std::nullopt;  // its channels go together, under out_channels
  double step = out ? traits.out_channel_step : traits.in_channel_step;
  if (depthwise) {
    const double outputs = conv->out_channels / conv->groups;
    step = std::ceil(traits.depthwise_channel_step / outputs) * outputs;
  } else if (conv != nullptr) {
    step *= conv->groups;
  }
  Knot knot{(std::ceil(own / step) - 1.0) * step, layer};
  if (depthwise) {
    knot.layer.dims = with_out_channels(*conv, knot.channels);
  } else {
    set_extent(knot.layer, member, knot.channels);
  }
  return knot;
}

std::size_t member_index(const Layer& layer, std::string_view member) {
  return std::visit(
      [&]<class D>(const D&) {
        std::size_t k = 0;
        while (k < kMemberCount<D> && D::kMembers[k].name != member) ++k;
        return k;
      },
      layer.dims);
}

// The relaxed cost is piecewise linear in a channel count, with knots where whole tiles end in every group: a finite
// difference from the layer's own count to the knot below, priced by the scalar path, is the slope of every part.
TEST_P(Conformance, RelaxedGradientAgreesWithFiniteDifferences) {
  std::size_t checked = 0;
  for (const Layer& layer : layers_) {
    if (layer.op != Op::conv2d && layer.op != Op::linear) continue;
    const auto g = backend_.gradient(layer, GradientMode::relaxed);
    if (!g || layer.precision.weight.uniform.bits == 0.0) continue;
    for (const char* member : {"out_channels", "in_channels"}) {
      const auto knot = knot_below(backend_.traits(), layer, member);
      if (!knot) continue;
      Cost<> below;
      if (knot->channels > 0.0) {
        if (layer.op == Op::conv2d) {
          ASSERT_EQ(std::fmod(knot->channels, std::get<Convolution<>>(knot->layer.dims).groups), 0.0);
        }
        const auto e = backend_.estimate(knot->layer);
        ASSERT_TRUE(e.has_value());
        below = e->cost;
      }
      const double distance = *extent(layer, member) - knot->channels;
      const Cost<> rise = g->partial[member_index(layer, member)] * distance;
      compare(rise, g->value - below, [&](std::string_view part, double slope, double difference) {
        ASSERT_NEAR(slope, difference, 1e-9 * std::max(1.0, std::abs(difference))) << member << " " << part;
        if (difference > 0.0) ++checked;
      });
    }
  }
  EXPECT_GT(checked, 10u);
}

// Channels of one width are priced as a layer of their own, and pruned ones not at all.
TEST_P(Conformance, MixedWidthsAddUpAndPrunedChannelsAreFree) {
  for (const Layer& layer : layers_) {
    if (layer.op != Op::conv2d && layer.op != Op::linear) continue;
    const auto* conv = std::get_if<Convolution<>>(&layer.dims);
    if (conv != nullptr && conv->groups > 1.0) continue;
    const double own = *extent(layer, "out_channels");
    if (own < 3.0) continue;
    const bool add_up = backend_.traits().widths_add_up;
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
      if (std::isnan(sum[k])) continue;  // seconds of a machine without a clock
      if (!add_up) {                     // what the widths share is counted once
        ASSERT_LE(whole.figures[k], sum[k]);
      } else {
        ASSERT_DOUBLE_EQ(whole.figures[k], sum[k]) << name(layer.op) << " figure " << k;
      }
    }
  }
}

// Scalar, batch and gradient, all from many threads on one backend.
TEST_P(Conformance, ManyThreadsGetTheSameBits) {
  const std::vector<Answer> expected = all_batches(backend_, layers_);
  const auto agrees = [&] {
    if (all_batches(backend_, layers_) != expected) return false;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (!(scalar(backend_, layers_[i]) == expected[i])) return false;
      const auto g = backend_.gradient(layers_[i], GradientMode::relaxed);
      if (g && expected[i].status == Status::unsupported) return false;
    }
    return true;
  };
  std::array<bool, 4> same{};
  {
    std::vector<std::jthread> threads;
    for (bool& ok : same) threads.emplace_back([&] { ok = agrees(); });
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
