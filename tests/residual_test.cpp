// Learned residuals: files of any bytes, and what prices, batches and gradients make of a sound one.
#include "hwcost/residual.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "hwcost/machine.hpp"
#include "hwcost/report.hpp"
#include "hwcost/sha256.hpp"
#include "support/temporary_folder.hpp"

namespace hwcost {
namespace {

int figure(std::string_view name) {
  const auto names = residual_figure_names();
  return static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin());
}

// 1.2 times as long from 64 input channels on, and 0.9 times for layers that have none.
Residual example() {
  const float more = std::log(1.2f);
  const float less = std::log(0.9f);
  return {Metric::latency_cycles,
          {{{.figure = figure("in_channels"), .value = 64.0f, .below = 1, .above = 2, .missing = 3},
            {},
            {.value = more},
            {.value = less}},
           {{.value = 0.0f}}}};
}

Layer linear(double in_channels) {
  Layer layer;
  layer.op = Op::linear;
  layer.dims = Linear<>{.tokens = 8.0, .in_channels = in_channels, .out_channels = 32.0};
  return layer;
}

std::string description(const std::string& sha256_text, const std::string& metric = "latency_cycles") {
  const std::string residual =
      sha256_text.empty() ? "" : fmt::format("residual\n{{\nfile learned.json\nsha256 \"{}\"\n}}\n", sha256_text);
  return fmt::format(R"(name toy
backend roofline
calibration
{{
metric {}
coverage 0.9
measurements 40
sha256 "0"
date "2026-05-02"
{}}}
parameter
{{
peak.b8 "64 MAC/cycle" {{ source "made up" kind guessed }}
call "100 cycle" {{ source "made up" kind guessed }}
}}
)",
                     metric, residual);
}

struct Machines {
  std::unique_ptr<const Backend> plain, corrected;
};
Machines machines(const std::string& learned = example().text()) {
  const TemporaryFolder folder;  // read while machines are made, and not after
  folder.write("learned.json", learned);
  Machines result;
  const auto make = [&](const std::string& text) {
    const std::string file = (folder.path() / "toy.info").string();
    return builtin_registry().make(Description::from_text(text, file, {}));
  };
  result.plain = make(description(""));
  result.corrected = make(description(sha256(learned)));
  return result;
}
double cycles(const Backend& backend, const Layer& layer) { return backend.estimate(layer)->cost.latency().value; }

TEST(Residual, TextGivesTheSameTreesBack) {
  const std::string text = example().text();
  const Residual again = Residual::from_text(text, "learned.json");
  EXPECT_EQ(again.text(), text);
  EXPECT_EQ(again.metric(), Metric::latency_cycles);
  const ResidualFigures figures = residual_figures(linear(64), {}, 1.0);
  EXPECT_EQ(again.factor(figures), example().factor(figures));
}

std::string fault_of(std::string_view text) {
  try {
    (void)Residual::from_text(text, "learned.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}
std::string with_trees(const std::string& trees) {
  return R"({"format": "hwcost-residual-1", "metric": "latency_cycles", "figures": ["macs"], "trees": )" + trees + "}";
}

TEST(Residual, FilesThatAreNoneAreRefusedInWords) {
  const std::string head = "learned.json: error: is no learned residual: ";
  EXPECT_EQ(fault_of(""), head + "it is no JSON");
  EXPECT_EQ(fault_of(std::string(100'000, '[')), head + "it is nested too deep");
  EXPECT_EQ(fault_of("{}"), head + "it has no 'format'");
  EXPECT_EQ(fault_of("[]"), head + "it has no 'format'");
  EXPECT_EQ(fault_of(with_trees("[]")), head + "'trees' is no list of 1 to 10000 trees");
  EXPECT_EQ(fault_of(with_trees("[[[0, 1, 1, 1, 1], [0.5]]]")), "none");
  const std::string nowhere = "a node names a figure that is not listed, or leads to no later node";
  for (const std::string tree : {"[0, 1, 0, 1, 1], [0.5]", "[0, 1, 1, 2, 1], [0.5]", "[0, 1, 1, -1, 1], [0.5]",
                                 "[0, 1, 1, 1.5, 1], [0.5]", "[1, 1, 1, 1, 1], [0.5]", "[0, 1, 1, 1, 1e300], [0.5]"})
    EXPECT_EQ(fault_of(with_trees("[[" + tree + "]]")), head + nowhere) << tree;
  EXPECT_EQ(fault_of(with_trees("[[[1e99]]]")), head + "a node has a number that is none");
  EXPECT_EQ(fault_of(with_trees("[[[1000]]]")), head + "its trees add up to more than any price is off by");
  std::string unknown = with_trees("[[[0.5]]]");
  unknown.replace(unknown.find("\"macs\""), 6, "\"luck\"");
  EXPECT_EQ(fault_of(unknown), head + "nobody knows the figure 'luck'");
}

// Bytes turned, lost and repeated: each text is one, or is refused.
TEST(Residual, NoBytesDoMoreThanBeRefused) {
  std::mt19937_64 random(5);
  const std::string sound = with_trees("[[[0, 1e6, 1, 2, 2], [0.5], [-0.25]], [[0.125]]]");
  std::size_t refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = sound;
    for (std::uint64_t k = random() % 4 + 1; k > 0; --k) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.resize(at + 1);
          break;
        default:
          text.insert(at, text.substr(at, random() % 8));
      }
    }
    refused += fault_of(text) != "none";
  }
  EXPECT_GT(refused, 2000u);
  for (std::size_t length = 0; length < sound.size(); ++length) EXPECT_NE(fault_of(sound.substr(0, length)), "none");
}

TEST(Residual, PricesAreTheModelsTimesWhatWasLearned) {
  const Machines m = machines();
  EXPECT_EQ(cycles(*m.corrected, linear(32)), cycles(*m.plain, linear(32)));
  EXPECT_NEAR(cycles(*m.corrected, linear(64)), 1.2 * cycles(*m.plain, linear(64)), 1e-4);
  Layer product;
  product.op = Op::matmul;
  product.dims = MatMul<>{.rows = 8, .depth = 64, .columns = 8};
  EXPECT_NEAR(cycles(*m.corrected, product), 0.9 * cycles(*m.plain, product), 1e-4);
  const Cost<> cost = m.corrected->estimate(linear(64))->cost;
  EXPECT_EQ(cost.ideal.value, m.plain->estimate(linear(64))->cost.ideal.value);
  EXPECT_FALSE(m.corrected->traits().monotone);
}

TEST(Residual, BatchesIncludeItBitForBit) {
  const Machines m = machines();
  std::vector<double> in_channels;
  for (int i = 1; i <= 100; ++i) in_channels.push_back(i);
  const auto names = column_names(Family::linear);
  std::vector<double> ones(names.size(), 8.0);
  std::vector<const double*> columns;
  LayerColumns in{.op = Op::linear, .size = in_channels.size(), .columns = {}};
  for (std::size_t k = 0; k < names.size(); ++k) {
    const bool varies = names[k] == "in_channels";
    columns.push_back(varies ? in_channels.data() : &ones[k]);
    if (!varies) in.broadcast |= std::uint64_t{1} << k;
  }
  in.columns = columns;
  std::vector<double> found(in.size);
  CostColumns out;
  out.latency_cycles = found;
  m.corrected->estimate_batch(in, out);
  for (std::size_t row = 0; row < in.size; ++row) EXPECT_EQ(found[row], cycles(*m.corrected, layer_at(in, row))) << row;
  EXPECT_GT(found[63], 1.15 * found[62]);  // the step
}

TEST(Residual, GradientsTakeItAsConstant) {
  const Machines m = machines();
  for (const double in_channels : {32.0, 64.0}) {
    const auto plain = m.plain->gradient(linear(in_channels), GradientMode::straight_through);
    const auto corrected = m.corrected->gradient(linear(in_channels), GradientMode::straight_through);
    ASSERT_TRUE(plain && corrected);
    const double factor = cycles(*m.corrected, linear(in_channels)) / cycles(*m.plain, linear(in_channels));
    EXPECT_EQ(corrected->value.latency().value, cycles(*m.corrected, linear(in_channels)));
    for (std::size_t k = 0; k < plain->partial.size(); ++k)
      EXPECT_NEAR(corrected->latency_cycles(k), factor * plain->latency_cycles(k), 1e-9) << k;
  }
}

std::string fault_of_machine(const std::string& text, const std::string& learned) {
  TemporaryFolder folder;
  if (!learned.empty()) folder.write("learned.json", learned);
  try {
    const std::string file = (folder.path() / "toy.info").string();
    (void)builtin_registry().make(Description::from_text(text, file, {}));
  } catch (const InputError& error) {
    EXPECT_EQ(error.place().line, 12);
    return error.what();
  }
  return "none";
}

TEST(Residual, FilesThatAreNotThoseOfTheFitAreRefusedWhereTheyAreNamed) {
  const std::string text = example().text();
  const std::string sound = description(sha256(text));
  EXPECT_EQ(fault_of_machine(sound, text), "none");
  EXPECT_NE(fault_of_machine(sound, "").find("no such file"), std::string::npos);
  EXPECT_NE(fault_of_machine(sound, text + " ").find("is not the one that was fitted"), std::string::npos);
  EXPECT_NE(fault_of_machine(description(sha256(text), "latency_seconds"), text).find("corrects latency_cycles"),
            std::string::npos);
  std::string elsewhere = sound;
  elsewhere.replace(elsewhere.find("learned.json"), 12, "../secret");
  EXPECT_NE(fault_of_machine(elsewhere, text).find("the name of a file beside this one is wanted"), std::string::npos);
}

TEST(Residual, ReportsSayThatPricesAreCorrected) {
  TemporaryFolder folder;
  folder.write("learned.json", example().text());
  folder.write("toy.info", description(sha256(example().text())));
  folder.write("child.info", "name child\ninherit toy\n");
  const auto priced = [&](const std::string& name) {
    Graph graph;
    add_layer(graph, linear(64));
    return evaluate(graph, load_machine(name, {folder.path()}, builtin_registry()));
  };
  const std::string expected =
      "latency_cycles of layers on toy is the model's price, corrected by what boosted trees learned of 40 "
      "measurements "
      "(learned.json)";
  const auto& said = priced("toy").assumptions;
  EXPECT_NE(std::find(said.begin(), said.end(), expected), said.end());
  // What inherits has other numbers: the residual is not theirs.
  EXPECT_LT(priced("child").totals.cost.latency().value, priced("toy").totals.cost.latency().value);
}

}  // namespace
}  // namespace hwcost
