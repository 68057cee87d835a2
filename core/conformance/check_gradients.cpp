#include <fmt/format.h>

#include <cmath>

#include "answer.hpp"
#include "checks.hpp"

namespace hwcost::testing {

void gradient_has_the_same_value(const Subject& subject, Recorder& record) {
  for (const Layer& layer : subject.layers) {
    const auto e = subject.backend.estimate(layer);
    for (const GradientMode mode : {GradientMode::straight_through, GradientMode::relaxed}) {
      const auto g = subject.backend.gradient(layer, mode);
      if (!g) {
        record.expect(!g.error().reason.empty(),
                      [&] { return fmt::format("{}: refused without words", to_text(layer)); });
        continue;
      }
      if (!e) {
        record.breach(fmt::format("{}: a gradient, and no price: {}", to_text(layer), e.error().reason));
        continue;
      }
      Cost<>::visit_together(
          [&](std::string_view part, double in_gradient, double alone) {
            record.expect(in_gradient == alone, [&] {
              return fmt::format("{}: {} {}, with its gradient {}", to_text(layer), part, alone, in_gradient);
            });
          },
          g->value, e->cost);
    }
  }
}

// Every member is wanted once, with a few others: a backend may leave out members of which many are wanted.
void gradient_by_some_is_that_by_all(const Subject& subject, Recorder& record) {
  constexpr std::size_t kSome = 7;
  for (const Layer& layer : subject.layers) {
    for (const GradientMode mode : {GradientMode::straight_through, GradientMode::relaxed}) {
      const auto all = subject.backend.gradient(layer, mode);
      const std::size_t members = column_count(info(layer.op).family);
      for (std::size_t first = 0; first < members; first += kSome) {
        const std::uint64_t some = ((std::uint64_t{1} << kSome) - 1) << first;
        const auto few = subject.backend.gradient_by(layer, mode, some);
        record.expect(all.has_value() == few.has_value(),
                      [&] { return fmt::format("{}: refused by some members or by all alone", to_text(layer)); });
        if (!all || !few) break;
        for (std::size_t k = 0; k < all->partial.size(); ++k) {
          const bool wanted = (some >> k & 1u) != 0;
          Cost<>::visit_together(
              [&](std::string_view part, double of_all, double of_few) {
                record.expect(of_all == of_few || (!wanted && of_few == 0.0), [&] {
                  return fmt::format("{}: {} by member {} is {} of all, {} of some", to_text(layer), part, k, of_all,
                                     of_few);
                });
              },
              all->partial[k], few->partial[k]);
        }
      }
    }
  }
}

// The relaxed cost is piecewise linear in a channel count, with knots where whole tiles end in every group: a finite
// difference from the layer's own count to the knot below, priced by the scalar path, is the slope of every part.
void relaxed_gradient_agrees(const Subject& subject, Recorder& record) {
  constexpr double kTolerance = 1e-9;
  for (const Layer& layer : subject.layers) {
    if (layer.op != Op::conv2d && layer.op != Op::linear) continue;
    const auto g = subject.backend.gradient(layer, GradientMode::relaxed);
    if (!g || layer.precision.weight.uniform.bits == 0.0) continue;
    for (const char* member : {"out_channels", "in_channels"}) {
      const auto knot = knot_below(subject.backend.traits(), layer, member);
      if (!knot) continue;
      Cost<> below;
      if (knot->channels > 0.0) {
        const auto e = subject.backend.estimate(knot->layer);
        if (!e) {
          record.breach(fmt::format("{}: no price at its knot, {} {}", to_text(layer), member, knot->channels));
          continue;
        }
        below = e->cost;
      }
      const Cost<> rise = g->partial[member_index(layer, member)] * (extent(layer, member).value() - knot->channels);
      const Cost<> difference = g->value - below;
      Cost<>::visit_together(
          [&](std::string_view part, double by_slope, double by_prices) {
            if (by_prices == 0.0 && by_slope == 0.0) return;
            record.expect_near(by_slope, by_prices, kTolerance, [&] {
              return fmt::format("{}: {} from {} {} on rises by {}, by its slope {}", to_text(layer), part, member,
                                 knot->channels, by_prices, by_slope);
            });
          },
          rise, difference);
    }
  }
}

}  // namespace hwcost::testing
