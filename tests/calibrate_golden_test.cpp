// Fits to the timed layers of tests/golden: errors of layers that no fit saw, with intervals and with learned
// residuals.
#include <gtest/gtest.h>

#include "hwcost/calibrate/calibrate.hpp"

namespace hwcost {
namespace {

const std::string kSource = HWCOST_SOURCE_DIR;
const SearchPath kDescriptions{kSource + "/hw_descriptions"};

Calibration fit_to_golden(const std::string& machine, const std::string& file, const CalibrationOptions& options = {}) {
  const LayerTable measured = read_layer_table(std::filesystem::path(kSource + "/tests/golden/" + file));
  return calibrate(Description::load(machine, kDescriptions), builtin_registry(), measured, file, options);
}

// tools/fit/cascadelake.py has written the shipped file: its values and its record are those of this fit.
void expect_to_be_shipped(const Calibration& found, const std::string& machine) {
  const Description shipped = Description::load(machine, kDescriptions);
  for (const FittedParameter& p : found.fitted) {
    const double value = shipped.parameters().at(p.key).value;
    EXPECT_NEAR(p.value, value, 1e-4 * value + 1e-12) << p.key;
  }
  ASSERT_TRUE(shipped.calibration().has_value());
  const CalibrationRecord& record = *shipped.calibration();
  EXPECT_EQ(record.measurements, found.record.measurements);
  EXPECT_EQ(record.machine, found.record.machine);
  ASSERT_EQ(record.kinds.size(), found.record.kinds.size());
  for (const CalibratedKind& kind : record.kinds) {
    const CalibratedKind* fresh = found.record.find(kind.kind);
    ASSERT_NE(fresh, nullptr) << kind.kind;
    EXPECT_NEAR(kind.band.low, fresh->band.low, 1e-3) << kind.kind;
    EXPECT_NEAR(kind.band.high, fresh->band.high, 1e-3) << kind.kind;
    EXPECT_EQ(kind.seen.size(), fresh->seen.size()) << kind.kind;
  }
}

TEST(Calibrate, UnseenNetworksOnTheVnniCoreAreNear) {
  const Calibration found =
      fit_to_golden("cascadelake-vnni", "onednn_int8_vnni_1t.csv", {.residual = can_learn_residuals()});
  const ErrorReport& unseen = found.residual ? found.residual->without : found.cross_validated;
  EXPECT_LE(unseen.all.median, 0.035);
  EXPECT_GE(unseen.all.share_near, 0.91);
  EXPECT_GE(unseen.kendall_tau, 0.965);
  EXPECT_GE(unseen.networks_within_tenth, 0.95);
  if (!found.residual) return expect_to_be_shipped(found, "cascadelake-vnni");
  const ErrorReport& better = found.residual->with;
  EXPECT_TRUE(found.residual->in_use.has_value());
  EXPECT_LE(better.all.median, 0.027);
  EXPECT_GE(better.all.share_near, 0.925);
  EXPECT_GE(better.kendall_tau, 0.98);
  EXPECT_GE(better.networks_within_tenth, 0.97);
  expect_to_be_shipped(found, "cascadelake-vnni-learned");
}

TEST(Calibrate, IntervalsHoldAboutNineOfTenLayersThatNoFitSaw) {
  const Calibration found = fit_to_golden("cascadelake-vnni", "onednn_int8_vnni_1t.csv", {.holdout = 0.3, .seed = 2});
  ASSERT_TRUE(found.held_out.has_value());
  for (const double held : {*found.cross_validated.held, *found.held_out->held}) {
    EXPECT_GE(held, 0.85);
    EXPECT_LE(held, 0.95);
  }
}

TEST(Calibrate, UnseenNetworksOnTheAvx2CoreAreNear) {
  const Calibration found = fit_to_golden("cascadelake-avx2", "onednn_int8_avx2_1t.csv");
  EXPECT_LE(found.cross_validated.all.median, 0.03);
  EXPECT_GE(found.cross_validated.all.share_near, 0.89);
  expect_to_be_shipped(found, "cascadelake-avx2");
}

}  // namespace
}  // namespace hwcost
