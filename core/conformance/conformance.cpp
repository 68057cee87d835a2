#include "hwcost/conformance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "checks.hpp"
#include "random_layers.hpp"

namespace hwcost {
namespace {

using namespace testing;

struct NamedCheck {
  ConformanceCheck check;
  void (*run)(const Subject&, Recorder&);
};

constexpr std::array kChecks{
    NamedCheck{{"BatchEqualsScalarBitForBit", "A layer costs the same alone and in a batch, bit for bit."},
               batch_equals_scalar},
    NamedCheck{{"ManyThreadsGetTheSameBits", "Several threads that ask at once get the same bits."},
               many_threads_get_the_same_bits},
    NamedCheck{{"FiguresAreFiniteAndNotNegative", "Every part of a price is finite and not negative."},
               figures_are_finite_and_not_negative},
    NamedCheck{{"PricesSomeLayer", "Some layer has a price."}, prices_some_layer},
    NamedCheck{{"EveryMetricIsSomewhereAboveZero", "Every metric that is declared is above 0 for some layer."},
               every_metric_is_somewhere_above_0},
    NamedCheck{{"ZeroWorkCostsNothing", "A layer of batch 0 costs 0."}, zero_work_costs_nothing},
    NamedCheck{{"CostNeverFallsAsAnExtentGrows", "The cost never falls as an extent grows, unless that is declared."},
               cost_never_falls},
    NamedCheck{{"MixedWidthsAddUpAndPrunedChannelsAreFree",
                "Mixed weights cost what their channels of each width cost, pruned ones nothing."},
               mixed_widths_add_up},
    NamedCheck{{"RefusalsHaveWords", "What is refused or approximated says why, on one line."}, refusals_have_words},
    NamedCheck{{"NoAnswerIsFaulty", "No answer is a fault of the model: a NaN, a negative cost, an exception."},
               no_answer_is_faulty},
    NamedCheck{{"UnknownOperatorsAreRefused", "An operator that nobody knows is unmodelled, and named."},
               unknown_operators_are_refused},
    NamedCheck{{"ExtentsThatAreNoCountsAreRefused", "Extents that are negative, infinite or no number have no price."},
               what_is_no_count_is_refused},
    NamedCheck{{"FloatingPointLayersAreNotForMachinesThatComputeIntegers",
                "A machine that computes integers refuses floating-point layers."},
               floating_point_is_refused},
    NamedCheck{{"GradientHasTheSameValue", "The value that comes with a gradient is the price, bit for bit."},
               gradient_has_the_same_value},
    NamedCheck{{"GradientBySomeMembersIsThatByAll", "Derivatives by some members alone are those by all."},
               gradient_by_some_is_that_by_all},
    NamedCheck{{"RelaxedGradientAgreesWithFiniteDifferences",
                "The relaxed gradient is the slope between the prices at the knots."},
               relaxed_gradient_agrees},
};

ConformanceFinding run(const NamedCheck& named, const Subject& subject) {
  Recorder record(named.check);
  named.run(subject, record);
  return std::move(record).finding();
}

}  // namespace

std::string_view to_text(ConformanceFinding::Outcome outcome) {
  using Outcome = ConformanceFinding::Outcome;
  return outcome == Outcome::holds ? "holds" : outcome == Outcome::broken ? "broken" : "untested";
}

std::vector<ConformanceCheck> conformance_checks() {
  std::vector<ConformanceCheck> checks;
  for (const NamedCheck& named : kChecks) checks.push_back(named.check);
  return checks;
}

ConformanceFinding check_conformance(const Backend& backend, std::string_view check,
                                     const ConformanceOptions& options) {
  const auto named =
      std::find_if(kChecks.begin(), kChecks.end(), [&](const NamedCheck& n) { return n.check.name == check; });
  if (named == kChecks.end()) throw std::invalid_argument(fmt::format("no conformance check '{}'", check));
  const std::vector<Layer> layers = random_layers(options.layers_per_operator, options.seed);
  return run(*named, {backend, layers});
}

std::vector<ConformanceFinding> check_conformance(const Backend& backend, const ConformanceOptions& options) {
  const std::vector<Layer> layers = random_layers(options.layers_per_operator, options.seed);
  std::vector<ConformanceFinding> findings;
  for (const NamedCheck& named : kChecks) findings.push_back(run(named, {backend, layers}));
  return findings;
}

}  // namespace hwcost
