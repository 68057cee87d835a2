// The store of measurements: what goes in comes out, whoever else reads and writes.
#include "hwcost/measure/store.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "../core/conformance/random_layers.hpp"
#include "support/measurements.hpp"
#include "support/store_files.hpp"

namespace hwcost {
namespace {

using testing::Access;
using testing::run_sql;
using testing::sample_key;
using testing::sample_measurement;

class Store : public testing::StoreTest {};

TEST_F(Store, GivesBackWhatWasPut) {
  const Measurement m = sample_measurement(64);
  {
    MeasurementStore store(file_, Access::write);
    EXPECT_EQ(store.find(m.key), std::nullopt);
    store.put(m);
    EXPECT_EQ(store.find(m.key), m);
  }
  const MeasurementStore again(file_, Access::read);
  EXPECT_EQ(again.find(m.key), m);
  EXPECT_EQ(again.all(), std::vector{m});
}

// Layers of every operator come back from their texts as they were.
TEST_F(Store, KeepsLayersOfAllOperators) {
  MeasurementStore store(file_, Access::write);
  std::size_t kept = 0;
  std::vector<Measurement> measurements;
  for (const Layer& layer : testing::random_layers(8)) {
    Measurement m = sample_measurement(8);
    const auto bare = measurable(layer);
    if (!bare || contradiction(*bare)) continue;
    m.key.layer = *bare;
    measurements.push_back(m);
  }
  store.merge(measurements, MergeRule::replace);
  for (const Measurement& m : measurements) {
    ASSERT_EQ(store.find(m.key), m) << name(m.key.layer.op);
    ++kept;
  }
  EXPECT_GT(kept, 100u);
}

TEST_F(Store, EveryPartOfTheKeyDistinguishes) {
  MeasurementStore store(file_, Access::write);
  const MeasurementKey key = sample_key(64);
  std::vector<MeasurementKey> others(9, key);
  others[0].layer.op = Op::matmul;
  others[0].layer.dims = MatMul<>{};
  std::get<Linear<>>(others[1].layer.dims).tokens = 2.0;
  others[2].layer.precision.weight = kFloat32;
  others[3].layer.fused_activation.reset();
  others[4].layer.precision.requantization.reset();
  others[5].buffers = Buffers::cold;
  others[6].threads = 2;
  others[7].machine.isa = "avx512_core";
  others[8].machine.library = "test 1.1";
  store.put(sample_measurement(64));
  for (const MeasurementKey& other : others) EXPECT_EQ(store.find(other), std::nullopt);
  for (const MeasurementKey& other : others) {
    Measurement m = sample_measurement(64);
    m.key = other;
    store.put(m);
  }
  EXPECT_EQ(store.size(), 10u);
  EXPECT_EQ(store.find(key), sample_measurement(64));
}

TEST_F(Store, NamesAndRepetitionsAreNoPartOfTheKey) {
  Layer layer = sample_key(64).layer;
  layer.name = "encoder.fc";
  layer.module = "encoder";
  layer.repeat = 3.0;
  layer.owns_weights = false;
  layer.assumption = "guessed";
  EXPECT_EQ(measurable(layer).value(), sample_key(64).layer);
}

TEST_F(Store, LayerOfSeveralWeightWidthsIsNoMeasurableOne) {
  Layer layer = sample_key(64).layer;
  layer.precision.weight.groups = {{4.0, 4.0}, {8.0, 4.0}};
  EXPECT_FALSE(measurable(layer).has_value());
  layer.precision.weight.groups = {{0.0, 4.0}, {8.0, 4.0}};  // half of the channels pruned: a smaller layer
  EXPECT_EQ(std::get<Linear<>>(measurable(layer).value().dims).out_channels, 4.0);
}

TEST_F(Store, SecondMeasurementOfAKeyTakesThePlaceOfTheFirst) {
  MeasurementStore store(file_, Access::write);
  Measurement m = sample_measurement(64);
  store.put(m);
  m.timing.seconds *= 2.0;
  m.kernel = "other";
  store.put(m);
  EXPECT_EQ(store.all(), std::vector{m});
}

TEST_F(Store, MergeKeepsTheBetterOfTwo) {
  Measurement gated = sample_measurement(1);
  Measurement ungated = gated;
  ungated.timing.fast_probe_seconds = 0.0;
  ungated.timing.accepted *= 10.0;
  ungated.measured_at = "2026-04-01T12:00:00Z";
  const auto after = [&](const Measurement& present, const Measurement& other, MergeRule rule) {
    MeasurementStore store(folder_.path() / "merge.db", Access::write);
    store.merge({present}, MergeRule::replace);
    const MergeCounts counts = store.merge({other, sample_measurement(2), present}, rule);
    EXPECT_EQ(store.size(), 2u);
    const bool replaced = store.find(present.key) == other;
    EXPECT_EQ(counts.replaced > 0, replaced || rule == MergeRule::replace);
    store.prune([](const Measurement&) { return true; });
    return replaced;
  };
  EXPECT_FALSE(after(gated, ungated, MergeRule::better));
  EXPECT_TRUE(after(gated, ungated, MergeRule::newer));
  EXPECT_FALSE(after(gated, ungated, MergeRule::keep));
  Measurement more_passes = gated;
  more_passes.timing.passes += 1.0;
  EXPECT_TRUE(after(gated, more_passes, MergeRule::better));
}

TEST_F(Store, MergeCountsWhatItDid) {
  MeasurementStore store(file_, Access::write);
  store.merge({sample_measurement(1), sample_measurement(2)}, MergeRule::better);
  Measurement slower = sample_measurement(2);
  slower.timing.passes -= 1e-9;
  const MergeCounts counts = store.merge({sample_measurement(1), slower, sample_measurement(3)}, MergeRule::better);
  EXPECT_EQ(counts.identical, 1u);
  EXPECT_EQ(counts.kept, 1u);
  EXPECT_EQ(counts.added, 1u);
  EXPECT_EQ(counts.replaced, 0u);
}

TEST_F(Store, PruneRemovesTheUnwantedAndTheirMachines) {
  MeasurementStore store(file_, Access::write);
  for (int i = 1; i <= 4; ++i) store.put(sample_measurement(i));
  Measurement elsewhere = sample_measurement(9);
  elsewhere.key.machine.processor = "Other CPU";
  store.put(elsewhere);
  EXPECT_EQ(store.prune([](const Measurement& m) { return m.key.machine.processor == "Other CPU"; }), 1u);
  EXPECT_EQ(store.size(), 4u);
  EXPECT_EQ(run_sql(file_, "SELECT count(*) FROM machine"), "1");
}

// A prune that stops half way removes nothing.
TEST_F(Store, FailedCallChangesNothing) {
  MeasurementStore store(file_, Access::write);
  for (int i = 1; i <= 4; ++i) store.put(sample_measurement(i));
  int seen = 0;
  const auto fails_late = [&seen](const Measurement&) -> bool {
    if (++seen == 3) throw std::runtime_error("stop");
    return true;
  };
  EXPECT_THROW(store.prune(fails_late), std::runtime_error);
  EXPECT_EQ(store.size(), 4u);
  store.put(sample_measurement(5));
  EXPECT_EQ(store.size(), 5u);
}

TEST_F(Store, ThreadsShareOneStore) {
  MeasurementStore store(file_, Access::write);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&store, t] {
        for (int i = 0; i < 10; ++i) {
          store.put(sample_measurement(100 * t + i + 1));
          (void)store.find(sample_key(1));
        }
      });
    }
  }
  EXPECT_EQ(store.size(), 40u);
}

}  // namespace
}  // namespace hwcost
