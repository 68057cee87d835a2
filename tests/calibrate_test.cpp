// Fits of descriptions to measured layers: known truth found again, what cannot be told, and bad input.
#include "hwcost/calibrate/calibrate.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <stdexcept>

#include "hwcost/calibrate/plan.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/work.hpp"
#include "support/temporary_folder.hpp"

namespace hwcost {
namespace {

const std::string kSource = HWCOST_SOURCE_DIR;
const SearchPath kDescriptions{kSource + "/hw_descriptions"};

std::string text_of(const std::string& backend, const std::string& parameters) {
  return "name toy\nbackend " + backend + "\nparameter\n{\n" + parameters + "}\n";
}
Description description(const std::string& backend, const std::string& parameters) {
  return Description::from_text(text_of(backend, parameters), "toy.info", kDescriptions);
}
std::string fixed(const std::string& key, const std::string& value) {
  return key + " \"" + value + "\" { source \"made up\" kind guessed }\n";
}
std::string free(const std::string& key, const std::string& value, const std::string& range) {
  return key + " \"" + value + "\" { source \"made up\" kind guessed free \"" + range + "\" }\n";
}

// Cores of which all rates are free, and the truth that measurements are made of.
const std::string kClusterRest = fixed("softmax", "1 cycle/element") + fixed("normalization", "1 cycle/element") +
                                 fixed("movement", "1 cycle/element") + fixed("width_bits", "8 bit") +
                                 fixed("peak", "32 MAC/cycle");
std::string cluster_text(double launch, double mac, double weight, double output, double elementwise, double pooled) {
  return free("launch", fmt::format("{} cycle", launch), "0 1e6") +
         free("mac", fmt::format("{} cycle/MAC", mac), "1e-6 100") +
         free("weight", fmt::format("{} cycle/element", weight), "0 1000") +
         free("output", fmt::format("{} cycle/element", output), "0 1000") +
         free("elementwise", fmt::format("{} cycle/element", elementwise), "0 1000") +
         free("pooled", fmt::format("{} cycle/element", pooled), "0 1000") + kClusterRest;
}
Description cluster_guess() { return description("cluster", cluster_text(500, 1, 1, 1, 1, 1)); }
Description cluster_truth() { return description("cluster", cluster_text(1200, 0.125, 2.0, 2.5, 1.6, 0.5)); }

struct Row {
  std::string text;  // "conv2d,16,8,8,32,3,1" and so on: op,in,h,w,out,k,pad
  double value = 0.0;
  std::string network = "random";
};
std::string table_text(const std::vector<Row>& rows, const std::string& column = "measured_latency_cycles") {
  std::string text = "op,in_channels,in_h,in_w,out_channels,kernel_h,kernel_w,pad_h,pad_w," + column + ",x_network\n";
  for (const Row& row : rows) text += fmt::format("{},{},{}\n", row.text, row.value, row.network);
  return text;
}
LayerTable table(const std::vector<Row>& rows) { return read_layer_table(table_text(rows), "layers.csv"); }

// Layers of four operators, with what `truth` predicts of them.
std::vector<Row> layers_of(const Description& truth, std::size_t count) {
  std::mt19937_64 random(3);
  const auto pick = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  std::vector<Row> rows;
  std::set<std::string> known;  // each shape once
  while (rows.size() < count) {
    const std::size_t i = rows.size();
    const int c = pick(4, 64);
    const int size = pick(4, 24);
    const std::array<std::string, 4> kinds{fmt::format("conv2d,{},{},{},{},3,3,1,1", c, size, size, pick(4, 64)),
                                           fmt::format("linear,{},1,1,{},,,,", 8 * c, pick(4, 256)),
                                           fmt::format("add,{},{},{},{},,,,", c, size, size, c),
                                           fmt::format("avg_pool,{},{},{},{},{},{},,", c, size, size, c, size, size)};
    if (!known.insert(kinds[i % kinds.size()]).second) continue;
    rows.push_back({kinds[i % kinds.size()], 1.0, fmt::format("net{}", i % 12)});
  }
  const LayerTable parsed = table(rows);
  const auto machine = builtin_registry().make(truth);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto estimate = machine->estimate(parsed.graph.nodes[i].layer);
    EXPECT_TRUE(estimate.has_value()) << estimate.error().reason;
    rows[i].value = estimate ? estimate->cost.latency().value : 0.0;
  }
  return rows;
}

std::map<std::string, FittedParameter> fitted(const Calibration& calibration) {
  std::map<std::string, FittedParameter> by_key;
  for (const FittedParameter& p : calibration.fitted) by_key.emplace(p.key, p);
  return by_key;
}
Calibration fit(const Description& start, const std::vector<Row>& rows, const CalibrationOptions& options = {}) {
  return calibrate(start, builtin_registry(), table(rows), "layers.csv", options);
}
std::string refusal(const Description& start, const std::vector<Row>& rows) {
  try {
    (void)fit(start, rows);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Calibrate, FindsTheTruthOfALinearModelInExactMeasurements) {
  const Calibration found = fit(cluster_guess(), layers_of(cluster_truth(), 80));
  ASSERT_EQ(found.fitted.size(), 6u);
  EXPECT_TRUE(found.kept.empty());
  for (const auto& [key, p] : fitted(found))
    EXPECT_NEAR(p.value / cluster_truth().parameters().at(key).value, 1.0, 1e-3) << key;
  EXPECT_LT(found.cross_validated.all.median, 1e-6);
  EXPECT_EQ(found.cross_validated.networks_within_tenth, 1.0);
  EXPECT_EQ(found.cross_validated.networks, 12u);
}

// 3 % noise, and one layer in twenty measured at twice its time: within three standard errors.
TEST(Calibrate, FindsTheTruthWithinItsStandardErrorsInNoisyMeasurements) {
  std::vector<Row> rows = layers_of(cluster_truth(), 400);
  std::mt19937_64 random(11);
  const auto uniform = [&] { return (static_cast<double>(random() % 1000000) + 0.5) / 1e6; };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double normal = std::sqrt(-2.0 * std::log(uniform())) * std::cos(2.0 * 3.14159265358979 * uniform());
    rows[i].value *= (1.0 + 0.03 * normal) * (i % 20 == 7 ? 2.0 : 1.0);
  }
  const Calibration found = fit(cluster_guess(), rows);
  for (const auto& [key, p] : fitted(found)) {
    const double truth = cluster_truth().parameters().at(key).value;
    ASSERT_TRUE(p.standard_error.has_value()) << key;
    EXPECT_LT(std::abs(p.value - truth), 3.0 * *p.standard_error) << key;
    EXPECT_LT(*p.standard_error, 0.1 * truth) << key;
  }
  EXPECT_GE(found.outliers.size(), 19u);
  EXPECT_NEAR(found.outliers.front().relative_error, -0.5, 0.1);
}

Description roofline(double peak, double bandwidth, double call) {
  return description("roofline", free("peak.b8", fmt::format("{} MAC/cycle", peak), "1 1e5") +
                                     free("memory.bandwidth", fmt::format("{} byte/cycle", bandwidth), "0.01 1e4") +
                                     free("call", fmt::format("{} cycle", call), "0 1e6") +
                                     fixed("vector", "16 FLOP/cycle"));
}

TEST(Calibrate, FindsTheTruthOfANonlinearModel) {
  const Description truth = roofline(64, 8, 500);
  const Calibration found = fit(roofline(100, 5, 300), layers_of(truth, 80));
  ASSERT_EQ(found.fitted.size(), 3u);
  for (const auto& [key, p] : fitted(found)) EXPECT_NEAR(p.value / truth.parameters().at(key).value, 1.0, 1e-3) << key;
}

// Where one part of a maximum is the longest everywhere, nothing depends on the other's rate: at the start, not at the
// truth.
TEST(Calibrate, FindsTheTruthOfANonlinearModelFromWhereNothingDependsOnAParameter) {
  const Description truth = roofline(64, 8, 500);
  const std::vector<Row> rows = layers_of(truth, 80);
  for (const Description& start : {roofline(100, 5000, 300), roofline(9e4, 0.1, 300), roofline(1, 8, 300)}) {
    const Calibration found = fit(start, rows);
    EXPECT_TRUE(found.kept.empty());
    EXPECT_TRUE(found.notes.empty());
    ASSERT_EQ(found.fitted.size(), 3u);
    for (const auto& [key, p] : fitted(found))
      EXPECT_NEAR(p.value / truth.parameters().at(key).value, 1.0, 1e-3) << key;
  }
}

// Without products no layer tells what they take, whatever the rate.
TEST(Calibrate, ParametersOfANonlinearModelThatNoValueMovesAPriceByKeepTheirs) {
  std::vector<Row> rows = layers_of(roofline(64, 8, 500), 80);
  std::erase_if(rows, [](const Row& row) { return row.text.starts_with("conv") || row.text.starts_with("linear"); });
  const Calibration found = fit(roofline(100, 5, 300), rows);
  ASSERT_EQ(found.kept.size(), 1u);
  EXPECT_EQ(found.kept[0].key, "peak.b8");
  EXPECT_EQ(found.kept[0].reason, "no measurement depends on it");
}

TEST(Calibrate, SameInputGivesTheSameBits) {
  const std::vector<Row> rows = layers_of(cluster_truth(), 60);
  const Calibration once = fit(cluster_guess(), rows, {.holdout = 0.3, .seed = 5});
  const Calibration again = fit(cluster_guess(), rows, {.holdout = 0.3, .seed = 5});
  for (std::size_t i = 0; i < once.fitted.size(); ++i) EXPECT_EQ(once.fitted[i].value, again.fitted[i].value);
  ASSERT_TRUE(once.held_out.has_value());
  EXPECT_EQ(once.held_out->all.median, again.held_out->all.median);
  EXPECT_EQ(once.measurements + once.held_out->all.count, 60u);
}

// Without additions and pools nothing is known of their rates.
TEST(Calibrate, ParametersThatTheMeasurementsSayNothingOfKeepTheirValues) {
  std::vector<Row> rows = layers_of(cluster_truth(), 80);
  std::erase_if(rows, [](const Row& row) { return row.text.starts_with("add") || row.text.starts_with("avg_pool"); });
  const Calibration found = fit(cluster_guess(), rows);
  ASSERT_EQ(found.kept.size(), 2u);
  EXPECT_EQ(found.kept[0].key, "elementwise");
  EXPECT_EQ(found.kept[0].reason, "no measurement depends on it");
  EXPECT_EQ(found.kept[1].key, "pooled");
  EXPECT_EQ(found.fitted.size(), 4u);
}

// Additions of one size: what the launch takes and what the elements do cannot be told apart.
TEST(Calibrate, ParametersThatLookAlikeAreReportedAndOneIsKept) {
  std::vector<Row> rows;
  for (int i = 0; i < 20; ++i) rows.push_back({"add,16,8,8,16,,,,", 3000.0 + i});
  const Calibration found =
      fit(description("cluster", free("launch", "500 cycle", "0 1e6") + fixed("mac", "1 cycle/MAC") +
                                     fixed("weight", "1 cycle/element") + fixed("output", "1 cycle/element") +
                                     free("elementwise", "1 cycle/element", "0 1000") +
                                     fixed("pooled", "1 cycle/element") + kClusterRest),
          rows);
  ASSERT_EQ(found.kept.size(), 1u);
  EXPECT_NE(found.kept[0].reason.find("the measurements cannot tell it from"), std::string::npos);
  EXPECT_EQ(found.fitted.size(), 1u);
}

TEST(Calibrate, ResultIsADescriptionWithTheFittedValuesAndWhereTheyComeFrom) {
  const Calibration found = fit(cluster_guess(), layers_of(cluster_truth(), 80));
  const TemporaryFolder folder;
  folder.write("toy.info", text_of("cluster", cluster_text(500, 1, 1, 1, 1, 1)));
  const std::string text = calibrated_description(
      "better", cluster_guess(), found,
      {.inherit = "toy", .file = "layers.csv", .sha256 = "0123456789abcdef", .date = "2026-05-02"});
  const Description better = Description::from_text(text, (folder.path() / "better.info").string(), SearchPath{});
  const Parameter& mac = better.parameters().at("mac");
  EXPECT_NEAR(mac.value, 0.125, 1e-6);
  EXPECT_EQ(mac.kind, Provenance::fitted);
  EXPECT_TRUE(mac.source.starts_with("hwcost calibrate, 2026-05-02: 80 layers of sha256 0123456789ab; standard error "))
      << mac.source;
  ASSERT_TRUE(mac.free.has_value());  // it can be fitted again
  EXPECT_EQ(mac.free->high, 100.0);
  EXPECT_EQ(better.parameters().at("peak").value, 32.0);
  EXPECT_NE(builtin_registry().make(better), nullptr);
}

// Layers of many channels take 1.3 times what the model can say.
std::vector<Row> with_a_step(std::vector<Row> rows) {
  const LayerTable parsed = table(rows);
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows[i].value *= out_channels(parsed.graph.nodes[i].layer.dims) > 40.0 ? 1.3 : 1.0;
  return rows;
}

TEST(Calibrate, ResidualLearnsWhatTheModelCannotSay) {
  const std::vector<Row> rows = with_a_step(layers_of(cluster_truth(), 300));
  if (!can_learn_residuals()) {
    EXPECT_THROW((void)fit(cluster_guess(), rows, {.residual = true}), InputError);
    return;
  }
  const Calibration found = fit(cluster_guess(), rows, {.residual = true});
  ASSERT_TRUE(found.residual && found.residual->in_use);
  EXPECT_LT(found.residual->with.all.mean, 0.7 * found.residual->without.all.mean);
  EXPECT_EQ(found.cross_validated.all.mean, found.residual->with.all.mean);
  EXPECT_GT(found.residual->gain, found.residual->gain_error);
  EXPECT_EQ(fit(cluster_guess(), rows, {.residual = true}).residual->in_use->text(), found.residual->in_use->text());

  // The description and its residual price as the fit did.
  const TemporaryFolder folder;
  folder.write("toy.info", text_of("cluster", cluster_text(500, 1, 1, 1, 1, 1)));
  folder.write("better.residual.json", found.residual->in_use->text());
  const std::string text = calibrated_description("better", cluster_guess(), found,
                                                  {.inherit = "toy",
                                                   .file = "layers.csv",
                                                   .sha256 = "0",
                                                   .date = "2026-05-02",
                                                   .residual_file = "better.residual.json"});
  const auto better =
      builtin_registry().make(Description::from_text(text, (folder.path() / "better.info").string(), SearchPath{}));
  const LayerTable measured = table(rows);
  double off = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double price = better->estimate(measured.graph.nodes[i].layer)->cost.latency().value;
    off += std::abs(price / rows[i].value - 1.0) / static_cast<double>(rows.size());
  }
  EXPECT_NEAR(off, found.of_fit.all.mean, 1e-4);
}

TEST(Calibrate, ResidualThatDoesNotHelpIsLeftOut) {
  std::vector<Row> rows = layers_of(cluster_truth(), 100);
  std::mt19937_64 random(17);
  for (Row& row : rows) row.value *= 0.9 + 0.2 * static_cast<double>(random() % 1000) / 1000.0;
  const Calibration found = fit(cluster_guess(), rows, {.residual = can_learn_residuals()});
  EXPECT_FALSE(found.residual && found.residual->in_use);
  EXPECT_FALSE(found.record.residual.has_value());
}

// A description of two machines would be of neither.
TEST(Calibrate, MeasurementsOfSeveralMachinesAreRefused) {
  const std::vector<Row> rows = layers_of(cluster_truth(), 40);
  LayerTable mixed = table(rows);
  for (std::size_t i = 0; i < mixed.rows.size(); ++i) mixed.rows[i].extra["isa"] = i < 20 ? "avx2" : "avx512_core";
  try {
    (void)calibrate(cluster_guess(), builtin_registry(), mixed, "layers.csv");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(
        error.what(),
        "layers.csv:22: error: measured on or with 'isa avx512_core', and the layers before on or with 'isa avx2': "
        "measurements of one machine, library and way of measuring are wanted");
  }
}

// A layer whose passes are far apart says little, even where it would be no outlier by itself.
TEST(Calibrate, MeasurementsThatDoNotAgreeWithThemselvesWeighLess) {
  std::vector<Row> rows = layers_of(cluster_truth(), 80);
  for (Row& row : rows) row.value /= 1e9;
  for (std::size_t i = 0; i < rows.size(); i += 3) rows[i].value *= 1.1;
  const std::string clock = fixed("clock", "1 GHz");
  const Description guess = description("cluster", cluster_text(500, 1, 1, 1, 1, 1) + clock);
  LayerTable measured = read_layer_table(table_text(rows, "measured_latency_seconds"), "layers.csv");
  const auto error = [&] {
    const auto found = fitted(calibrate(guess, builtin_registry(), measured, "layers.csv"));
    return std::abs(found.at("mac").value / 0.125 - 1.0);
  };
  const double trusted = error();
  for (std::size_t i = 0; i < rows.size(); i += 3)
    measured.rows[i].extra["slowest_pass_seconds"] = fmt::format("{}", 3.0 * rows[i].value);
  EXPECT_LT(error(), 0.1 * trusted);
  measured.rows[0].extra["slowest_pass_seconds"] = "slow";
  EXPECT_THROW((void)error(), InputError);
}

// Additions tell nothing of products: the plan begins with those.
TEST(Calibrate, PlanTakesTheLayersThatTellMost) {
  std::vector<Layer> pool;
  for (const Node& node : table(layers_of(cluster_truth(), 40)).graph.nodes) pool.push_back(node.layer);
  std::vector<Layer> additions;
  std::copy_if(pool.begin(), pool.end(), std::back_inserter(additions), [](const Layer& l) { return l.op == Op::add; });
  const PlanOptions options{.layers = 4, .random_share = 0.0};
  const std::vector<Layer> planned = plan(cluster_guess(), builtin_registry(), pool, additions, options);
  ASSERT_EQ(planned.size(), 4u);
  for (const Layer& layer : planned) EXPECT_NE(layer.op, Op::add) << layer.name;
  EXPECT_THROW((void)plan(cluster_guess(), builtin_registry(), pool, pool, options), InputError);
  EXPECT_EQ(facts(random_layers(100, 3).back()).macs, facts(random_layers(100, 3).back()).macs);
}

TEST(Calibrate, BadMeasurementsAreRefusedInWords) {
  const Description start = cluster_guess();
  const std::vector<Row> good = layers_of(cluster_truth(), 40);

  EXPECT_EQ(refusal(start, {good.begin(), good.begin() + 9}),
            "layers.csv: error: 9 measured layers for 6 free parameters: at least 10 are wanted");
  std::vector<Row> rows = good;
  rows[4].value = 0.0;
  EXPECT_EQ(refusal(start, rows), "layers.csv:6: error: measured_latency_cycles is 0; a positive number is wanted");
  rows[4].value = -3.0;
  EXPECT_EQ(refusal(start, rows), "layers.csv:6: error: measured_latency_cycles is -3; a positive number is wanted");

  rows = good;
  for (Row& row : rows) row.value = 7.0;
  EXPECT_EQ(refusal(start, rows), "layers.csv: error: measured_latency_cycles is 7 in every line");

  rows = good;
  rows.push_back(rows[2]);
  rows.back().value *= 3.0;
  EXPECT_NE(refusal(start, rows).find("layers.csv:42: error: the layer of line 4 again, measured at "),
            std::string::npos);

  rows = good;
  for (Row& row : rows) row.value *= 1000.0;
  EXPECT_NE(refusal(start, rows).find("are the units mixed up, by a factor of 1000?"), std::string::npos);
  rows = good;
  rows[9].value *= 1000.0;
  EXPECT_NE(refusal(start, rows).find("layers.csv:11: error: measured_latency_cycles is "), std::string::npos);
}

TEST(Calibrate, RepeatedLinesCountOnceAndAreNoted) {
  std::vector<Row> rows = layers_of(cluster_truth(), 40);
  rows.push_back(rows[2]);
  const Calibration found = fit(cluster_guess(), rows);
  EXPECT_EQ(found.measurements, 40u);
  ASSERT_EQ(found.notes.size(), 1u);
  EXPECT_EQ(found.notes[0], "1 lines repeat another one, and count once");
}

// A reshape is a view: whatever was timed, no rate has part in its price.
TEST(Calibrate, LinesThatTheMachinePricesAtNothingAreLeftOutAndNoted) {
  std::vector<Row> rows = layers_of(roofline(64, 8, 0), 40);
  rows.push_back({"reshape,16,8,8,16,,,,", 1000.0});
  const Description start = description("roofline", free("peak.b8", "100 MAC/cycle", "1 1e5") +
                                                        free("memory.bandwidth", "5 byte/cycle", "0.01 1e4") +
                                                        fixed("vector", "16 FLOP/cycle"));
  const Calibration found = fit(start, rows);
  EXPECT_EQ(found.measurements, 40u);
  EXPECT_EQ(found.notes, std::vector<std::string>{"1 lines left out, which the machine prices at 0"});
  EXPECT_EQ(refusal(start, std::vector<Row>(12, rows.back())),
            "layers.csv: error: no measured layer that the machine prices above 0");
}

// What is 0 as the description stands may be fitted.
TEST(Calibrate, LinesThatAFreeRateOfNothingPricesAreFitted) {
  const Calibration found = fit(description("cluster", cluster_text(0, 1, 0, 0, 0, 0)), layers_of(cluster_truth(), 80));
  EXPECT_EQ(found.measurements, 80u);
  EXPECT_NEAR(fitted(found).at("elementwise").value, 1.6, 1e-3);
}

TEST(Calibrate, ALayerWithAndWithoutAnActivationIsTwoMeasurements) {
  std::vector<Row> rows = layers_of(cluster_truth(), 40);
  rows.push_back(rows[2]);
  rows.back().value *= 2.0;
  LayerTable measured = table(rows);
  measured.rows.back().extra["activation"] = "relu";
  EXPECT_EQ(calibrate(cluster_guess(), builtin_registry(), measured, "layers.csv").measurements, 41u);
}

TEST(Calibrate, OptionsOutOfTheirRangesAreRefused) {
  const std::vector<Row> rows = layers_of(cluster_truth(), 40);
  constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
  for (const CalibrationOptions& options :
       {CalibrationOptions{.folds = 0}, CalibrationOptions{.folds = 1}, CalibrationOptions{.robust_at = 0.0},
        CalibrationOptions{.robust_at = kNotANumber}, CalibrationOptions{.coverage = 1.0},
        CalibrationOptions{.coverage = kNotANumber}, CalibrationOptions{.holdout = 1.0},
        CalibrationOptions{.holdout = kNotANumber}}) {
    EXPECT_THROW((void)fit(cluster_guess(), rows, options), std::invalid_argument);
  }
}

TEST(Calibrate, DescriptionsThatCannotBeFittedAreRefusedInWords) {
  const std::vector<Row> rows = layers_of(cluster_truth(), 40);
  EXPECT_NE(refusal(Description::load("gap9-cluster", kDescriptions), rows).find("no parameter is free"),
            std::string::npos);
  // Cycles become seconds behind the formula's back.
  const Description clock = description(
      "cluster", cluster_text(1200, 0.125, 2.0, 2.5, 1.6, 0.5) + free("clock", "0.001 GHz", "0.0005 0.002"));
  std::vector<Row> seconds = rows;
  for (Row& row : seconds) row.value /= 1e6;
  const LayerTable timed = read_layer_table(table_text(seconds, "measured_latency_seconds"), "layers.csv");
  EXPECT_THROW((void)calibrate(clock, builtin_registry(), timed, "layers.csv"), InputError);
  // What things are counted with.
  const Description lanes = Description::from_text(
      "name toy\ninherit cascadelake-vnni\nparameter\n{\n" + free("vector.lanes", "16", "8 32") + "}\n", "toy.info",
      kDescriptions);
  std::vector<Row> products = rows;
  std::erase_if(products, [](const Row& row) { return !row.text.starts_with("linear"); });
  EXPECT_NE(refusal(lanes, products).find("'vector.lanes' is no parameter that prices vary smoothly with"),
            std::string::npos)
      << refusal(lanes, products);
  const Description beyond =
      description("roofline", free("peak.b8", "64 MAC/cycle", "0 100") + fixed("vector", "16 FLOP/cycle"));
  EXPECT_NE(refusal(beyond, rows).find("toy.info:5: error: 'peak.b8' is "), std::string::npos);
}

TEST(Calibrate, OtherMetricsThanTheMachineDefinesAreRefused) {
  const std::vector<Row> rows = layers_of(cluster_truth(), 40);
  const LayerTable seconds = read_layer_table(table_text(rows, "measured_latency_seconds"), "layers.csv");
  EXPECT_THROW((void)calibrate(cluster_guess(), builtin_registry(), seconds, "layers.csv"), InputError);
  const LayerTable none = read_layer_table(table_text(rows, "x_other"), "layers.csv");
  EXPECT_THROW((void)calibrate(cluster_guess(), builtin_registry(), none, "layers.csv"), InputError);
}

}  // namespace
}  // namespace hwcost
