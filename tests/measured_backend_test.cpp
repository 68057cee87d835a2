// Measured machines: what a store has is the price, what it has not is measured where that is allowed, else refused.
#include "hwcost/measure/measured_backend.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>

#include "../core/conformance/batch_columns.hpp"
#include "../core/conformance/random_layers.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/report.hpp"
#include "support/fake_kernels.hpp"
#include "support/measurements.hpp"
#include "support/temporary_folder.hpp"

namespace hwcost {
namespace {

using testing::FakeLibrary;
using testing::quick;
using testing::sample_machine;
using testing::sample_measurement;

constexpr double kPerChannel = 2e-9;  // of the fake kernels

class MeasuredBackends : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::shared_ptr<MeasurementStore> store_ =
      std::make_shared<MeasurementStore>(folder_.path() / "store.db", MeasurementStore::Access::write);
  mutable std::atomic<int> made_ = 0;  // kernels

  [[nodiscard]] std::unique_ptr<LayerTimer> timer() const {
    return std::make_unique<LayerTimer>(std::make_unique<FakeLibrary>(made_), quick());
  }
  [[nodiscard]] MeasuredBackend backend(MeasurePolicy policy) const {
    return {"fake", store_, MeasuredMachine{sample_machine(), Buffers::rotated, 1}, policy,
            [this]() -> Expected<std::unique_ptr<LayerTimer>, Unsupported> { return timer(); }};
  }
  static Layer linear(double in_channels) { return testing::sample_key(in_channels).layer; }

  // Puts random layers into the store, whose time follows from their size.
  std::vector<Layer> fill() const {
    std::vector<Layer> layers;
    std::vector<Measurement> measurements;
    for (const Layer& layer : testing::random_layers(4)) {
      const auto bare = measurable(layer);
      if (!bare || contradiction(*bare)) continue;
      Measurement m = sample_measurement(1);
      m.key.layer = *bare;
      m.timing.seconds = kPerChannel * (1.0 + facts(*bare).memory_access_bytes);
      measurements.push_back(m);
      layers.push_back(layer);
    }
    store_->merge(measurements, MergeRule::replace);
    return layers;
  }
};

TEST_F(MeasuredBackends, PriceIsWhatTheStoreHas) {
  const auto layers = fill();
  const MeasuredBackend measured = backend(MeasurePolicy::never);
  ASSERT_GT(layers.size(), 100u);
  for (const Layer& layer : layers) {
    const auto price = measured.estimate(layer);
    ASSERT_TRUE(price.has_value()) << name(layer.op) << ": " << price.error().reason;
    const double seconds = price->cost.elapsed.value;
    EXPECT_TRUE(seconds == 0.0 || seconds == kPerChannel * (1.0 + facts(*measurable(layer)).memory_access_bytes));
    EXPECT_EQ(price->cost.latency().value, 0.0) << "cycles of a machine whose clock nobody knows";
  }
  EXPECT_EQ(made_, 0) << "nothing was to be measured";
}

// Integers that no kernel has are priced at the width that the machine is given, and say so.
TEST_F(MeasuredBackends, NarrowIntegersArePricedAtTheLeastWidthOrRefused) {
  const Measurement known = sample_measurement(64);
  store_->put(known);
  Layer narrow = known.key.layer;
  narrow.precision.weight = integer(3.0);
  EXPECT_FALSE(backend(MeasurePolicy::never).estimate(narrow).has_value());
  const MeasuredBackend widening("fake", store_, MeasuredMachine{sample_machine(), Buffers::rotated, 1, 8.0},
                                 MeasurePolicy::never, {});
  const auto price = widening.estimate(narrow);
  ASSERT_TRUE(price.has_value());
  EXPECT_EQ(price->cost.elapsed.value, known.timing.seconds);
  EXPECT_NE(price->approximation.find("integers of 8 bit"), std::string::npos) << price->approximation;
  EXPECT_EQ(widening.estimate(known.key.layer)->approximation, "");
}

// A kernel that does other work than the layer says so in its first remark, and so does the price.
TEST_F(MeasuredBackends, RemarkThatAKernelApproximatesReachesThePrice) {
  Measurement m = sample_measurement(64);
  m.remarks = approximation_remark("a copy in order");
  add_remark(m.remarks, "not pinned");
  store_->put(m);
  EXPECT_EQ(backend(MeasurePolicy::never).estimate(m.key.layer)->approximation, "a copy in order");
}

// Else a fallback would price over it.
TEST_F(MeasuredBackends, DamagedMeasurementIsAFault) {
  Measurement m = sample_measurement(64);
  m.timing.seconds = 0.0;
  store_->put(m);
  const auto price = backend(MeasurePolicy::never).estimate(m.key.layer);
  ASSERT_FALSE(price.has_value());
  EXPECT_EQ(price.error().cause, Unsupported::Cause::faulty);
  EXPECT_NE(price.error().reason.find("damaged"), std::string::npos) << price.error().reason;
}

TEST_F(MeasuredBackends, BatchEqualsScalarBitForBit) {
  const auto layers = fill();
  const MeasuredBackend measured = backend(MeasurePolicy::never);
  std::size_t priced = 0;
  for (const Layer& layer : layers) {
    if (layer.op == Op::custom || !layer.precision.input.is_integer() || layer.fused_activation) continue;
    const testing::BatchColumns columns({layer});
    double seconds = 0.0;
    Status status = Status::priced;
    CostColumns out;
    out.latency_seconds = std::span(&seconds, 1);
    out.status = std::span(&status, 1);
    measured.estimate_batch(columns.columns(), out);
    const auto price = measured.estimate(layer_at(columns.columns(), 0));
    ASSERT_EQ(status == Status::unsupported, !price.has_value());
    if (!price) continue;
    EXPECT_EQ(seconds, price->cost.elapsed.value);
    ++priced;
  }
  EXPECT_GT(priced, 20u);
}

TEST_F(MeasuredBackends, ManyThreadsGetTheSameBits) {
  const auto layers = fill();
  const MeasuredBackend measured = backend(MeasurePolicy::never);
  std::atomic<int> different = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (std::size_t i = 0; i < 60; ++i) {
          const double once = measured.estimate(layers[i])->cost.elapsed.value;
          if (once != measured.estimate(layers[i])->cost.elapsed.value) ++different;
        }
      });
    }
  }
  EXPECT_EQ(different, 0);
}

TEST_F(MeasuredBackends, UnmeasuredLayerIsRefusedWhereMeasuringIsNotAllowed) {
  const auto price = backend(MeasurePolicy::never).estimate(linear(64));
  ASSERT_FALSE(price.has_value());
  EXPECT_NE(price.error().reason.find("was not measured on this machine (avx2, rotated buffers, 1 thread)"),
            std::string::npos)
      << price.error().reason;
  EXPECT_EQ(made_, 0);
}

TEST_F(MeasuredBackends, MissingLayerIsMeasuredOnceAndRemembered) {
  const MeasuredBackend measured = backend(MeasurePolicy::missing);
  const auto first = measured.estimate(linear(64));
  ASSERT_TRUE(first.has_value()) << first.error().reason;
  EXPECT_GT(first->cost.elapsed.value, 0.0);
  EXPECT_NE(first->approximation.find("without a gate"), std::string::npos);
  EXPECT_EQ(made_, 2) << "two passes";
  EXPECT_EQ(measured.estimate(linear(64))->cost.elapsed.value, first->cost.elapsed.value);
  EXPECT_EQ(backend(MeasurePolicy::never).estimate(linear(64))->cost.elapsed.value, first->cost.elapsed.value);
  EXPECT_EQ(made_, 2);
  EXPECT_EQ(store_->all().at(0).kernel, "fake");
}

TEST_F(MeasuredBackends, AlwaysMeasuresAnew) {
  store_->put(sample_measurement(64));
  ASSERT_TRUE(backend(MeasurePolicy::always).estimate(linear(64)).has_value());
  EXPECT_EQ(made_, 2);
  EXPECT_EQ(store_->size(), 1u);
  EXPECT_EQ(store_->all().at(0).kernel, "fake");
}

TEST_F(MeasuredBackends, RefusalsHaveWordsAndAreNoPrices) {
  const MeasuredBackend measured = backend(MeasurePolicy::missing);
  Layer negative = linear(64);
  std::get<Linear<>>(negative.dims).tokens = -1.0;
  Layer mixed = linear(64);
  mixed.precision.weight.groups = {{4.0, 4.0}, {8.0, 4.0}};
  Layer softmax;
  softmax.op = Op::softmax;
  softmax.dims = Softmax<>{};
  testing::RandomLayers random(7);
  for (const Layer& layer : {negative, mixed, softmax, random(Op::custom)}) {
    const auto price = measured.estimate(layer);
    ASSERT_FALSE(price.has_value());
    EXPECT_GT(price.error().reason.size(), 10u);
  }
  EXPECT_EQ(measured.estimate(random(Op::custom)).error().cause, Unsupported::Cause::unmodelled);
}

TEST_F(MeasuredBackends, NoWorkCostsNothingAndIsNotMeasured) {
  Layer empty = linear(64);
  std::get<Linear<>>(empty.dims).batch = 0.0;
  Layer pruned = linear(64);
  pruned.precision.weight = integer(0.0);
  for (const Layer& layer : {empty, pruned})
    EXPECT_EQ(backend(MeasurePolicy::missing).estimate(layer)->cost.elapsed.value, 0.0);
  EXPECT_EQ(made_, 0);
}

TEST_F(MeasuredBackends, MachineThatThisHostIsNotRefusesEverything) {
  const MeasuredBackend other("fake", store_, tl::unexpected(Unsupported{"this machine's processor has no wings"}),
                              MeasurePolicy::never, {});
  EXPECT_EQ(other.estimate(linear(64)).error().reason, "this machine's processor has no wings");
}

TEST_F(MeasuredBackends, RelaxedGradientIsTheSlopeBetweenMeasurements) {
  for (int channels = 63; channels <= 64; ++channels) {
    Measurement m = sample_measurement(channels);
    m.timing.seconds = 1e-6 * channels;
    store_->put(m);
    std::get<Linear<>>(m.key.layer.dims).out_channels = 7.0;
    store_->put(m);
  }
  const MeasuredBackend measured = backend(MeasurePolicy::never);
  const auto gradient = measured.gradient(linear(64), GradientMode::relaxed);
  ASSERT_TRUE(gradient.has_value()) << gradient.error().reason;
  constexpr std::size_t kInChannels = 2;
  EXPECT_NEAR(gradient->partial[kInChannels].elapsed.value, 1e-6, 1e-15);
  EXPECT_FALSE(measured.gradient(linear(64), GradientMode::straight_through).has_value());
}

TEST_F(MeasuredBackends, ListOfLayersIsMeasuredInPassesAndGoesOnWhereItWas) {
  std::vector<Layer> layers{linear(8), linear(16), linear(8), linear(24)};
  layers[2].name = "the same again";
  const auto timer_here = timer();
  int begun = 0;
  std::vector<int> passes;
  MeasuringCalls calls;
  calls.out_of_time = [&begun] { return begun == 4; };
  calls.beginning = [&](const MeasuringStep& step) {
    ++begun;
    passes.push_back(step.pass);
    EXPECT_EQ(step.done, passes.size() - 1);
  };
  const auto broken_off = measure_layers(layers, *timer_here, *store_, false, calls);
  EXPECT_EQ(passes, (std::vector{1, 1, 1, 2}));
  EXPECT_TRUE(broken_off[0].complete);
  EXPECT_EQ(broken_off[0].measurement, broken_off[2].measurement);
  EXPECT_FALSE(broken_off[1].complete);
  EXPECT_NE(broken_off[1].reason.find("time ran out"), std::string::npos);

  passes.clear();
  calls.out_of_time = [] { return false; };
  const auto finished = measure_layers(layers, *timer_here, *store_, false, calls);
  EXPECT_EQ(passes.size(), 2u) << "what the store has is not timed again";
  for (const LayerOutcome& outcome : finished) {
    EXPECT_TRUE(outcome.complete);
    EXPECT_EQ(outcome.measurement->timing.passes, 2.0);
    EXPECT_EQ(store_->find(outcome.measurement->key), outcome.measurement);
  }
}

TEST_F(MeasuredBackends, LayerWithoutKernelIsToldAndTheOthersAreMeasured) {
  Layer softmax;
  softmax.op = Op::softmax;
  softmax.dims = Softmax<>{};
  const MeasuringCalls calls{[] { return false; }, [](const MeasuringStep&) {}};
  const auto timer_here = timer();
  const auto outcomes = measure_layers({softmax, linear(8)}, *timer_here, *store_, false, calls);
  EXPECT_NE(outcomes[0].reason.find("linear layers alone"), std::string::npos);
  EXPECT_FALSE(outcomes[0].measurement);
  EXPECT_TRUE(outcomes[1].complete);
}

// Descriptions of measured machines are whole without any component: they load, and say why they price nothing.
TEST(MeasuredDescriptions, LoadAndRefuseWithoutAStore) {
  const SearchPath path{HWCOST_SOURCE_DIR "/hw_descriptions"};
  std::size_t measured = 0;
  for (const std::string& name : description_names(path)) {
    const Machine machine = load_machine(name, path, builtin_registry());
    if (machine.description.backend() != "onednn") continue;
    ++measured;
    const auto price = machine.backend->estimate(testing::sample_key(8).layer);
    ASSERT_FALSE(price.has_value());
    EXPECT_NE(price.error().reason.find("no store"), std::string::npos) << price.error().reason;
  }
  EXPECT_EQ(measured, 5u);
}

TEST(MeasuredDescriptions, EntryTakesThePlaceOfItsNamesake) {
  const Registry registry = with_entry(builtin_registry(), {"onednn", "another", {}});
  EXPECT_EQ(registry.entries().size(), builtin_registry().entries().size());
  for (const BackendEntry* entry : registry.entries()) EXPECT_EQ(entry->summary == "another", entry->name == "onednn");
}

TEST(MeasuredDescriptions, InstructionSetThatIsNoneIsRefused) {
  const auto error_of = [](const std::string& parameters) -> std::string {
    const std::string text = "name x\nbackend onednn\nparameter\n{\n" + parameters + "}\n";
    try {
      (void)builtin_registry().make(Description::from_text(text, "x.info", {}));
    } catch (const InputError& error) {
      return error.what();
    }
    return {};
  };
  const std::string tail = " { source \"a test\" kind guessed }\n";
  EXPECT_EQ(error_of("isa.vector \"256 bit\"" + tail), "");
  EXPECT_NE(error_of("isa.vector \"384 bit\"" + tail).find("name no instruction set"), std::string::npos);
  EXPECT_NE(error_of("isa.int8_dot_product \"1\"" + tail).find("name no instruction set"), std::string::npos);
}

}  // namespace
}  // namespace hwcost
