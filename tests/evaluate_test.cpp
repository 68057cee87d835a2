#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "hwcost/graph.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/model_backend.hpp"
#include "hwcost/report.hpp"

namespace hwcost {
namespace {

// A machine that runs convolutions of at most 64 output channels at a MAC a cycle and has no model of anything else.
class ToyBackend final : public Backend {
 public:
  explicit ToyBackend(bool integers_only) {
    traits_.metrics = {Metric::latency_cycles, Metric::latency_seconds, Metric::utilization};
    traits_.clock_hertz = 100.0;
    traits_.integers_only = integers_only;
  }

  [[nodiscard]] const BackendTraits& traits() const override { return traits_; }
  [[nodiscard]] Expected<Estimate, Unsupported> estimate(const Layer& layer) const override {
    if (layer.op != Op::conv2d) return tl::unexpected(Unsupported{"no model", Unsupported::Cause::unmodelled});
    if (traits_.integers_only) {
      if (auto refusal = floating_operand(layer)) return tl::unexpected(std::move(*refusal));
    }
    if (out_channels(layer.dims) > 64.0) {
      return tl::unexpected(Unsupported{"out_channels exceed 64", Unsupported::Cause::cannot_run});
    }
    Estimate estimate;
    estimate.cost.compute.value = estimate.cost.ideal.value = work(layer).macs;
    if (layer.precision.weight == WeightFormat(integer(4.0))) estimate.approximation = "priced at 8 bit";
    return estimate;
  }
  void estimate_batch(const LayerColumns&, const CostColumns&) const override {}
  [[nodiscard]] Expected<CostGradient, Unsupported> gradient(const Layer&, GradientMode) const override {
    return tl::unexpected(Unsupported{"no derivative", Unsupported::Cause::cannot_run});
  }

 private:
  BackendTraits traits_;
};

Registry toy_registry() {
  Registry registry = builtin_registry();
  registry.add({"toy", "for tests", [](const Description&) { return std::make_unique<ToyBackend>(true); }});
  registry.add({"toy-float", "for tests", [](const Description&) { return std::make_unique<ToyBackend>(false); }});
  return registry;
}

Machine toy(const std::string& head = "", const std::string& backend = "toy") {
  const SearchPath shipped{HWCOST_SOURCE_DIR "/hw_descriptions"};
  const std::string text = "name toy\nbackend \"" + backend + "\"\n" + head;
  return make_machine(Description::from_text(text, "toy.info", shipped), shipped, toy_registry());
}

Layer layer(const std::string& name, Op op, Dims dims) {
  Layer result;
  result.name = result.module = name;
  result.op = op;
  result.dims = dims;
  return result;
}

Layer conv(const std::string& name, double out_channels = 8.0) {
  Convolution<> dims;
  dims.in_channels = 10.0;
  dims.out_channels = out_channels;
  return layer(name, Op::conv2d, dims);
}

Layer relu(const std::string& name) { return layer(name, Op::relu, Elementwise<>{8.0, 8.0, 1.0, 0.0}); }

Layer in_float(Layer l) {
  l.precision.input = l.precision.output = kFloat32;
  l.precision.weight = kFloat32;
  return l;
}

Graph graph_of(const std::vector<Layer>& layers) {
  Graph graph;
  graph.name = "net";
  for (const Layer& l : layers) add_layer(graph, l);
  return graph;
}

LayerReport only(const NetworkReport& report) { return report.layers.at(0); }

bool says(const NetworkReport& report, const std::string& part) {
  return std::any_of(report.assumptions.begin(), report.assumptions.end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

TEST(Evaluate, RepeatMultipliesWorkAndCostButNotParameters) {
  Layer repeated = conv("c");
  repeated.repeat = 3.0;
  const LayerReport row = only(evaluate(graph_of({repeated}), toy()));
  EXPECT_EQ(row.status, Status::priced);
  EXPECT_EQ(row.facts.macs, 240.0);
  EXPECT_EQ(row.facts.params, 80.0);
  EXPECT_EQ(row.metric(Metric::latency_cycles), 240.0);
  EXPECT_EQ(row.metric(Metric::latency_seconds), 2.4);
}

TEST(Evaluate, AnApproximationSaysHow) {
  Layer narrow = conv("c");
  narrow.precision.weight = integer(4.0);
  const LayerReport row = only(evaluate(graph_of({narrow}), toy()));
  EXPECT_EQ(row.status, Status::approximated);
  EXPECT_EQ(row.reason, "priced at 8 bit");
}

TEST(Evaluate, RefusedLayersHaveAReasonAndNoMetric) {
  const NetworkReport report = evaluate(graph_of({conv("a"), conv("b", 72.0)}), toy());
  EXPECT_EQ(report.layers[1].status, Status::unsupported);
  EXPECT_EQ(report.layers[1].reason, "out_channels exceed 64");
  EXPECT_FALSE(report.layers[1].metric(Metric::latency_cycles));
  EXPECT_EQ(report.totals.metric(Metric::latency_cycles, report.metrics), 80.0);
  EXPECT_DOUBLE_EQ(report.totals.unpriced_share_of_macs().value(), 0.9);
  EXPECT_EQ(report.totals.unsupported, 1u);
}

TEST(Evaluate, WithoutAPolicyUnmodelledLayersAreUnsupported) {
  const NetworkReport report = evaluate(graph_of({relu("r")}), toy());
  EXPECT_EQ(only(report).status, Status::unsupported);
  EXPECT_TRUE(says(report, "all 1 layers not modelled by toy: left out (relu)"));
}

TEST(Evaluate, ThePolicyFreeCountsUnmodelledLayersAsZeroAndSaysSo) {
  const NetworkReport report = evaluate(graph_of({relu("r"), conv("b", 72.0)}), toy("unmodelled free\n"));
  EXPECT_EQ(only(report).status, Status::approximated);
  EXPECT_EQ(only(report).reason, "counted as 0: toy does not model relu");
  EXPECT_EQ(only(report).metric(Metric::latency_cycles), 0.0);
  EXPECT_EQ(report.layers[1].status, Status::unsupported) << "what it models but cannot run is never free";
}

TEST(Evaluate, ThePolicyFallbackPricesOnTheOtherMachine) {
  Layer grouped = conv("wide", 72.0);
  const NetworkReport report = evaluate(graph_of({conv("c"), grouped}), toy("unmodelled \"fallback mpic\"\n"));
  EXPECT_EQ(report.layers[0].machine, "toy");
  EXPECT_EQ(report.layers[1].machine, "mpic");
  EXPECT_EQ(report.layers[1].reason, "on mpic (out_channels exceed 64)");
  EXPECT_EQ(report.layers[1].clock_hertz, 250e6);
  EXPECT_FALSE(report.totals.metric(Metric::latency_cycles, report.metrics)) << "cycles of two clocks have no sum";
  EXPECT_DOUBLE_EQ(*report.totals.metric(Metric::latency_seconds, report.metrics), 0.8 + 720.0 / 2.1 / 250e6);
  EXPECT_TRUE(says(report, "1 of 2 layers priced on mpic"));
  EXPECT_TRUE(says(report, "toy runs at 0.0001 MHz, mpic at 250 MHz: their cycles have no sum"));
}

TEST(Evaluate, WidthsThatAFallbackAssumesAreSaidAndAreThoseOfTheFacts) {
  const Graph graph = graph_of({conv("c"), in_float(conv("wide", 72.0)), in_float(conv("wider", 80.0))});
  EvaluateOptions options;
  options.formula = Formula("w_bits", {});
  const NetworkReport report = evaluate(graph, toy("unmodelled \"fallback mpic\"\n", "toy-float"), options);
  EXPECT_EQ(report.layers[1].reason, "on mpic (out_channels exceed 64)");
  EXPECT_EQ(report.layers[1].facts.weight_bits, 720.0 * 8.0);
  EXPECT_EQ(report.layers[1].facts.bit_ops, 720.0 * 64.0);
  EXPECT_EQ(report.layers[1].metric(Metric::cost), 8.0);
  EXPECT_TRUE(
      says(report, "widths w8a8 assumed for 2 of 3 layers, whose numbers are floating point (default_bits of mpic)"));
}

TEST(Evaluate, WidthsAreNotSaidToBeAssumedWhereTheFallbackRefuses) {
  Layer refused = in_float(conv("wide", 72.0));
  refused.precision.weight = integer(5.0);
  const NetworkReport report = evaluate(graph_of({refused}), toy("unmodelled \"fallback mpic\"\n", "toy-float"));
  EXPECT_EQ(only(report).status, Status::unsupported);
  EXPECT_EQ(only(report).facts.input_bytes, facts(refused).input_bytes);
  EXPECT_FALSE(says(report, "assumed"));
}

TEST(Evaluate, AFallbackThatCannotEitherGivesBothReasons) {
  Layer odd = conv("wide", 72.0);
  odd.precision.input = integer(5.0);
  const LayerReport row = only(evaluate(graph_of({odd}), toy("unmodelled \"fallback mpic\"\n")));
  EXPECT_EQ(row.status, Status::unsupported);
  EXPECT_EQ(row.machine, "toy");
  EXPECT_EQ(row.reason.find("out_channels exceed 64; on mpic: "), 0u) << row.reason;
}

TEST(Evaluate, ViewsPaddingByNothingAndFusedLayersAreProvenFree) {
  Graph graph = graph_of({conv("conv1"), relu("r"), layer("flatten", Op::reshape, Movement<>{8.0, 8.0}),
                          layer("pad", Op::pad, Movement<>{8.0, 8.0}), layer("pad2", Op::pad, Movement<>{8.0, 9.0})});
  graph.nodes[1].fused_into = 0;
  const NetworkReport report = evaluate(graph, toy());
  EXPECT_EQ(report.layers[1].reason, "free: fused into conv1");
  EXPECT_EQ(report.layers[2].reason, "free: view");
  EXPECT_EQ(report.layers[3].reason, "free: pads by nothing");
  EXPECT_EQ(report.layers[4].status, Status::unsupported);
  EXPECT_EQ(report.totals.priced, 4u);
}

TEST(Evaluate, AFusedLayerIsCountedWhereTheMachineModelsIt) {
  Graph graph = graph_of({conv("conv1"), relu("r")});
  graph.nodes[1].fused_into = 0;
  const SearchPath shipped{HWCOST_SOURCE_DIR "/hw_descriptions"};
  const NetworkReport report = evaluate(graph, load_machine("counts", shipped, builtin_registry()));
  EXPECT_EQ(report.layers[1].reason, "");
  EXPECT_EQ(report.layers[1].facts.flops, 8.0);
}

TEST(Evaluate, AnUnknownOperatorIsNeverFree) {
  Layer unknown = layer("x", Op::custom, Custom<>{8.0, 8.0});
  unknown.custom_op = "acme::Warp";
  const NetworkReport report = evaluate(graph_of({unknown}), toy("unmodelled free\n"));
  EXPECT_EQ(only(report).status, Status::unsupported);
  EXPECT_EQ(only(report).op, "acme::Warp");
  EXPECT_EQ(only(report).reason, "operator acme::Warp is unknown");
  EXPECT_FALSE(only(report).has_facts);
  EXPECT_TRUE(says(report, "all 1 layers of unknown work"));
}

TEST(Evaluate, WhyALayersWorkIsUnknownIsSaidWhereTheImporterKnows) {
  Layer unknown = layer("x", Op::custom, Custom<>{8.0, 8.0});
  unknown.custom_op = "Conv";
  unknown.custom_reason = "its weights come from another node";
  EXPECT_EQ(only(evaluate(graph_of({unknown}), toy())).reason, "its weights come from another node");
}

TEST(Evaluate, WhatAnImporterGuessedOfALayerMakesItsPriceAnApproximation) {
  Layer guessed = conv("c");
  guessed.assumption = "priced for one iteration of /loop";
  EXPECT_EQ(only(evaluate(graph_of({guessed}), toy())).status, Status::approximated);
  EXPECT_EQ(only(evaluate(graph_of({guessed}), toy())).reason, "priced for one iteration of /loop");
  Layer unmodelled = layer("m", Op::matmul, MatMul<>{1.0, 3.0, 4.0, 20.0, 1.0});
  unmodelled.assumption = guessed.assumption;
  EXPECT_EQ(only(evaluate(graph_of({unmodelled}), toy())).status, Status::unsupported);
}

TEST(Evaluate, TheShareLeftOutIsUnknownAsSoonAsAnUnsupportedLayersWorkIs) {
  const Layer unknown = layer("x", Op::custom, Custom<>{8.0, 8.0});
  const NetworkReport report = evaluate(graph_of({conv("c"), unknown}), toy());
  EXPECT_FALSE(report.totals.unpriced_share_of_macs());
  EXPECT_EQ(report.totals.of_unknown_work, 1u);
  EXPECT_TRUE(evaluate(graph_of({conv("c"), unknown}), toy("uncounted_modules x\n")).totals.unpriced_share_of_macs())
      << "what a convention leaves out is not missed";
}

TEST(Evaluate, MacsOfLayersCountedAsZeroAreLeftOutAndSaid) {
  const Layer product = layer("m", Op::matmul, MatMul<>{1.0, 3.0, 4.0, 20.0, 1.0});
  const NetworkReport report = evaluate(graph_of({conv("c"), product, relu("r")}), toy("unmodelled free\n"));
  EXPECT_EQ(report.layers[1].status, Status::approximated);
  EXPECT_EQ(report.layers[1].metric(Metric::latency_cycles), 0.0);
  EXPECT_EQ(report.totals.unpriced_share_of_macs(), 0.75);
  EXPECT_TRUE(says(report, "layers counted as 0 have 240 MACs, which no price covers"));
  EXPECT_FALSE(says(evaluate(graph_of({conv("c"), relu("r")}), toy("unmodelled free\n")), "MACs"));
}

TEST(Evaluate, MacsThatAFallbackCountsAsZeroAreLeftOutToo) {
  const Layer product = layer("m", Op::matmul, MatMul<>{1.0, 3.0, 4.0, 20.0, 1.0});
  const NetworkReport report = evaluate(graph_of({conv("c"), product}), toy("unmodelled \"fallback gap8\"\n"));
  EXPECT_EQ(report.layers[1].status, Status::approximated);
  EXPECT_EQ(report.totals.unpriced_share_of_macs(), 0.75);
}

TEST(Evaluate, TheShapesOfInputsAreSaid) {
  Graph graph = graph_of({conv("c")});
  graph.tensors.push_back({"x", {9.0, 2.0, 12.0}});
  graph.inputs = {0};
  EXPECT_EQ(evaluate(graph, toy()).assumptions.at(0), "input 'x' is 9x2x12");
}

TEST(Evaluate, DefaultBitsReplaceFloatsAloneAndAreSaid) {
  Layer narrow = conv("narrow");
  narrow.precision.weight = integer(2.0);
  const NetworkReport report = evaluate(graph_of({in_float(conv("f")), narrow}), toy("default_bits w8a8\n"));
  EXPECT_EQ(report.layers[0].status, Status::priced);
  EXPECT_EQ(report.layers[0].facts.weight_bits, 640.0);
  EXPECT_EQ(report.layers[1].facts.weight_bits, 160.0);
  EXPECT_TRUE(says(report, "widths w8a8 assumed for 1 of 2 layers"));
  EXPECT_EQ(report.model_bytes, 100.0);
  EXPECT_EQ(report.layers[0].precision.input, integer(8.0));
  EXPECT_EQ(report.layers[1].precision.weight, WeightFormat(integer(2.0)));
}

TEST(Evaluate, WithoutDefaultBitsAFloatLayerIsNotForAnIntegerMachine) {
  const Graph graph = graph_of({in_float(conv("f"))});
  EXPECT_EQ(only(evaluate(graph, toy())).reason.find("floating-point operands: "), 0u);
  EXPECT_EQ(only(evaluate(graph, toy("", "toy-float"))).status, Status::priced);
}

TEST(Evaluate, ModulesThatAConventionLeavesOutCostNothing) {
  Layer inside = conv("encoder.self_attention.projection");
  const NetworkReport report =
      evaluate(graph_of({inside, conv("self_attention2")}), toy("uncounted_modules \"self_attention\"\n"));
  EXPECT_EQ(only(report).status, Status::priced);
  EXPECT_EQ(only(report).reason, "not counted by this convention: module self_attention");
  EXPECT_EQ(only(report).metric(Metric::latency_cycles), 0.0);
  EXPECT_EQ(report.layers[1].reason, "") << "whole segments alone are meant";
}

TEST(Evaluate, AFormulaIsEveryPricedLayersCost) {
  EvaluateOptions options;
  options.formula = Formula("macs*w_bits", {});
  const NetworkReport report = evaluate(graph_of({conv("c")}), toy(), options);
  EXPECT_TRUE(report.metrics.contains(Metric::cost));
  EXPECT_EQ(only(report).metric(Metric::cost), 640.0);
  EXPECT_TRUE(says(report, "cost is the value of macs*w_bits"));
}

TEST(Evaluate, AFormulaWithoutFiniteValueLeavesTheLayerUnsupported) {
  EvaluateOptions options;
  options.formula = Formula("1/bias", {});
  const LayerReport row = only(evaluate(graph_of({conv("c")}), toy(), options));
  EXPECT_EQ(row.status, Status::unsupported);
  EXPECT_NE(row.reason, "");
}

TEST(Evaluate, TrainingMemoryGrowsWithTheOptimizersState) {
  const auto training_bytes = [](Optimizer optimizer) {
    EvaluateOptions options;
    options.optimizer = optimizer;
    return evaluate(graph_of({conv("c")}), toy(), options).training_bytes;
  };
  EXPECT_EQ(training_bytes(Optimizer::sgd), 2.0 * 80.0 + 8.0);
  EXPECT_EQ(training_bytes(Optimizer::momentum), 3.0 * 80.0 + 8.0);
  EXPECT_EQ(training_bytes(Optimizer::adam), 4.0 * 80.0 + 8.0);
}

TEST(Totals, LatenciesOfLayersAddUpWhateverBoundsEach) {
  LayerReport compute_bound;
  compute_bound.metrics = {Metric::latency_cycles, Metric::utilization};
  compute_bound.cost.compute.value = compute_bound.cost.ideal.value = 100.0;
  compute_bound.cost.memory.value = 10.0;
  LayerReport memory_bound = compute_bound;
  std::swap(memory_bound.cost.compute, memory_bound.cost.memory);
  memory_bound.cost.ideal.value = 10.0;
  compute_bound.cost = compute_bound.cost.settled();
  memory_bound.cost = memory_bound.cost.settled();
  Totals totals;
  totals.add(compute_bound);
  totals.add(memory_bound);
  EXPECT_EQ(totals.metric(Metric::latency_cycles, compute_bound.metrics), 200.0);
  EXPECT_EQ(totals.metric(Metric::utilization, compute_bound.metrics), 0.55);
}

TEST(Totals, AMetricThatSomeLayerLacksHasNoTotal) {
  LayerReport with_energy;
  with_energy.metrics = {Metric::energy_joules};
  Totals totals;
  totals.add(with_energy);
  EXPECT_EQ(totals.metric(Metric::energy_joules, with_energy.metrics), 0.0);
  totals.add(LayerReport{});
  EXPECT_FALSE(totals.metric(Metric::energy_joules, with_energy.metrics));
}

TEST(ModuleTree, ParentsComeBeforeChildrenInOrderOfFirstUse) {
  const NetworkReport report =
      evaluate(graph_of({conv("b.x"), conv("a"), conv("b.w.deep"), conv("b.x"), conv("")}), toy());
  std::string order;
  for (const ModuleReport& module : by_module(report)) {
    order += module.path + ":" + std::to_string(module.depth) + ":" +
             std::to_string(static_cast<int>(module.totals.facts.macs)) + " ";
  }
  EXPECT_EQ(order, ":0:400 b:1:240 b.x:2:160 b.w:2:80 b.w.deep:3:80 a:1:80 ");
}

TEST(ModuleTree, OddPathsDoNoHarm) {
  EXPECT_EQ(by_module(evaluate(graph_of({conv("."), conv(".."), conv("a.")}), toy())).size(), 5u);
  EXPECT_EQ(by_module(NetworkReport{}).size(), 1u);
}

}  // namespace
}  // namespace hwcost
