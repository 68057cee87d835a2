// The conformance kit sees what is wrong: one backend a promise, which breaks that promise.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <thread>

#include "hwcost/conformance.hpp"
#include "hwcost/machine.hpp"

namespace hwcost {
namespace {

using Priced = Expected<Estimate, Unsupported>;

// The backend of a sound machine, with one answer bent.
class BentBackend final : public Backend {
 public:
  std::function<Priced(const Layer&, Priced)> bend_estimate = [](const Layer&, Priced p) { return p; };
  std::function<void(const LayerColumns&, const CostColumns&)> bend_batch;
  std::function<void(CostGradient&)> bend_gradient = [](CostGradient&) {};
  BackendTraits own_traits;

  explicit BentBackend(std::string name)
      : machine_(load_machine(name, {HWCOST_SOURCE_DIR "/hw_descriptions"}, builtin_registry())) {
    own_traits = machine_.backend->traits();
  }

  [[nodiscard]] const BackendTraits& traits() const override { return own_traits; }
  [[nodiscard]] Priced estimate(const Layer& layer) const override {
    return bend_estimate(layer, machine_.backend->estimate(layer));
  }
  void estimate_batch(const LayerColumns& in, const CostColumns& out) const override {
    if (!bend_batch) {
      for (std::size_t row = 0; row < in.size; ++row) {
        const auto e = estimate(layer_at(in, row));
        const Status status = !e                         ? Status::unsupported
                              : e->approximation.empty() ? Status::priced
                                                         : Status::approximated;
        out.put(row, e ? e->cost : Cost<>{}, status, own_traits.clock_hertz);
      }
      return;
    }
    machine_.backend->estimate_batch(in, out);
    bend_batch(in, out);
  }
  [[nodiscard]] Expected<CostGradient, Unsupported> gradient(const Layer& layer, GradientMode mode) const override {
    auto gradient = machine_.backend->gradient(layer, mode);
    if (gradient) bend_gradient(*gradient);
    return gradient;
  }

 private:
  Machine machine_;
};

// The words of the breach; empty where the check holds.
std::string breach(const Backend& backend, std::string_view check) {
  const ConformanceFinding finding = check_conformance(backend, check, {.layers_per_operator = 10});
  EXPECT_EQ(finding.outcome == ConformanceFinding::Outcome::broken, finding.breaches > 0);
  return finding.breaches > 0 ? finding.words : "";
}

TEST(ConformanceKit, FindsNothingWhereNothingIsBent) {
  for (const ConformanceFinding& finding :
       check_conformance(BentBackend("mpic"), {.layers_per_operator = 10, .seed = 3})) {
    EXPECT_EQ(finding.outcome, ConformanceFinding::Outcome::holds) << finding.check.name << ": " << finding.words;
  }
}

TEST(ConformanceKit, UnknownCheckIsAnError) {
  EXPECT_THROW((void)check_conformance(BentBackend("mpic"), "Whatever"), std::invalid_argument);
}

TEST(ConformanceKit, SeesOneBitOfDifferenceInABatch) {
  BentBackend backend("mpic");
  backend.bend_batch = [](const LayerColumns&, const CostColumns& out) {
    double& last = out.latency_cycles.back();
    last = std::nextafter(last, 2.0 * last);
  };
  EXPECT_NE(breach(backend, "BatchEqualsScalarBitForBit").find("latency_cycles"), std::string::npos);
}

TEST(ConformanceKit, SeesAThreadThatGetsAnotherPrice) {
  BentBackend backend("mpic");
  const auto first = std::this_thread::get_id();
  backend.bend_estimate = [first](const Layer&, Priced p) {
    if (p && std::this_thread::get_id() != first) p->cost.busy.value += 1.0;
    return p;
  };
  EXPECT_NE(breach(backend, "ManyThreadsGetTheSameBits"), "");
  EXPECT_EQ(breach(backend, "BatchEqualsScalarBitForBit"), "");
}

TEST(ConformanceKit, SeesNegativeAndInfiniteParts) {
  for (const double bad : {-1.0, HUGE_VAL, std::nan("")}) {
    BentBackend backend("mpic");
    backend.bend_estimate = [bad](const Layer&, Priced p) {
      if (p) p->cost.energy.value = bad;
      return p;
    };
    EXPECT_NE(breach(backend, "FiguresAreFiniteAndNotNegative").find("energy_joules"), std::string::npos) << bad;
  }
}

TEST(ConformanceKit, SeesABackendThatPricesNothing) {
  BentBackend backend("mpic");
  backend.bend_estimate = [](const Layer&, const Priced&) -> Priced {
    return tl::unexpected(Unsupported{"not today, and no other day", {}});
  };
  EXPECT_EQ(breach(backend, "PricesSomeLayer"), "not one of the random layers has a price");
}

TEST(ConformanceKit, SeesSetUpThatIsChargedForNothing) {
  BentBackend backend("mpic");
  backend.bend_estimate = [](const Layer&, Priced p) {
    if (p) p->cost.overhead.value += 100.0;
    return p;
  };
  EXPECT_NE(breach(backend, "ZeroWorkCostsNothing").find("overhead_cycles 100"), std::string::npos);
}

TEST(ConformanceKit, SeesACostThatFallsUnlessThatIsDeclared) {
  BentBackend backend("mpic");
  backend.bend_estimate = [](const Layer& layer, Priced p) {
    const auto* d = std::get_if<Linear<>>(&layer.dims);
    if (p && d != nullptr) p->cost.busy.value = 1e6 / d->tokens;
    return p;
  };
  EXPECT_NE(breach(backend, "CostNeverFallsAsAnExtentGrows").find("tokens"), std::string::npos);
  backend.own_traits.monotone = false;
  const auto finding = check_conformance(backend, "CostNeverFallsAsAnExtentGrows", {.layers_per_operator = 2});
  EXPECT_EQ(finding.outcome, ConformanceFinding::Outcome::untested);
}

TEST(ConformanceKit, SeesWidthsThatDoNotAddUp) {
  BentBackend backend("mpic");
  backend.bend_estimate = [](const Layer& layer, Priced p) {
    if (p && layer.precision.weight.is_mixed()) p->cost.busy.value *= 1.001;
    return p;
  };
  EXPECT_NE(breach(backend, "MixedWidthsAddUpAndPrunedChannelsAreFree").find("its parts together"), std::string::npos);
}

TEST(ConformanceKit, SeesRefusalsWithoutWordsAndOnSeveralLines) {
  for (const char* words : {"", "no", "one line\nand another"}) {
    BentBackend backend("mpic");
    backend.bend_estimate = [words](const Layer&, Priced p) -> Priced {
      if (!p) p.error().reason = words;
      return p;
    };
    EXPECT_NE(breach(backend, "RefusalsHaveWords"), "") << words;
  }
}

TEST(ConformanceKit, SeesADeclaredMetricThatIsAlwaysZero) {
  BentBackend backend("mpic");
  backend.own_traits.metrics.insert(Metric::convention_ops);
  EXPECT_EQ(breach(backend, "EveryMetricIsSomewhereAboveZero"),
            "convention_ops is declared, and above 0 for none of the random layers");
}

TEST(ConformanceKit, SeesAnswersThatAreFaulty) {
  BentBackend backend("mpic");
  backend.bend_estimate = [](const Layer&, Priced p) -> Priced {
    if (!p) p.error().cause = Unsupported::Cause::faulty;
    return p;
  };
  EXPECT_NE(breach(backend, "NoAnswerIsFaulty"), "");
}

TEST(ConformanceKit, SeesPricesOfWhatHasNone) {
  BentBackend backend("mpic");
  backend.bend_estimate = [](const Layer&, Priced p) { return p ? p : Priced(Estimate{}); };
  EXPECT_EQ(breach(backend, "UnknownOperatorsAreRefused"), "acme.Mystery has a price");
  EXPECT_NE(breach(backend, "ExtentsThatAreNoCountsAreRefused"), "");
  EXPECT_NE(breach(backend, "FloatingPointLayersAreNotForMachinesThatComputeIntegers"), "");
}

TEST(ConformanceKit, SeesGradientsOfAnotherValueOrSlope) {
  BentBackend value("mpic");
  value.bend_gradient = [](CostGradient& g) { g.value.compute.value += 1.0; };
  EXPECT_NE(breach(value, "GradientHasTheSameValue").find("compute_cycles"), std::string::npos);
  BentBackend slope("mpic");
  slope.bend_gradient = [](CostGradient& g) {
    for (Cost<>& partial : g.partial) partial = partial * 1.001;
  };
  EXPECT_NE(breach(slope, "RelaxedGradientAgreesWithFiniteDifferences").find("by its slope"), std::string::npos);
}

}  // namespace
}  // namespace hwcost
