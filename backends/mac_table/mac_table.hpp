// A table of MAC rates by operand widths: the formula. Private to this backend and its tests.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "hwcost/model_backend.hpp"

namespace hwcost::mac_table {

inline constexpr std::size_t kWidest = 16;  // bits of an operand in the table

// The tables are by activation bits, then weight bits.
inline constexpr std::size_t kPairs = (kWidest + 1) * (kWidest + 1);
constexpr std::size_t pair_index(std::size_t activation_bits, std::size_t weight_bits) {
  return activation_bits * (kWidest + 1) + weight_bits;
}

// Keys of one pair of widths: rate.a8_w4, power.a8_w4.
struct PairKeys {
  std::size_t pair;
  Key rate, power;
};
const std::vector<PairKeys>& pair_keys();

struct Model {
  template <class T>
  struct Params {
    std::array<T, kPairs> rate{};   // MAC/cycle; 0: the machine does not run this pair
    std::array<T, kPairs> power{};  // watt while running this pair; 0: `any_power`
    T any_power{};
    Frequency<T> clock{};
    T bias_macs{};  // MACs that one addition of a bias counts as
    T fastest{};    // the highest rate, derived

    template <class Self, class F>
    static void visit(Self& p, F&& f) {
      for (const PairKeys& keys : pair_keys()) {
        f(keys.rate, p.rate[keys.pair]);
        f(keys.power, p.power[keys.pair]);
      }
      f(Key{"power", "W", 0, 1e4, false}, p.any_power);
      f(Key{"clock", "Hz", 1, 1e12, false}, p.clock.value);
      f(Key{"bias_macs", "", 0, 1, false}, p.bias_macs);
    }
    void finish() {
      const auto is_slower = [](const T& a, const T& b) { return value_of(a) < value_of(b); };
      fastest = *std::max_element(rate.begin(), rate.end(), is_slower);
    }
  };

  static BackendTraits traits(const Params<double>& p);

  // Cycles and energy of `macs` multiply-accumulates and `bias_adds` additions at the rate of the layer's widths.
  //
  // Utilisation is relative to the fastest pair of the table. Source: the rates' own; see the description.
  // Not modelled: memory, set-up, how well a shape fills the machine, anything that is not a MAC.
  template <class T, class D>
  static Cost<T> cost(const Params<T>& p, Op op, const D& d,
                      const Widths<T>& widths) requires(D::kFamily == Family::convolution ||
                                                        D::kFamily == Family::linear || D::kFamily == Family::matmul ||
                                                        D::kFamily == Family::recurrent ||
                                                        D::kFamily == Family::attention) {
    const Work<T> w = work(op, d);
    const T macs = w.macs + p.bias_macs * w.bias_adds;
    const std::size_t pair = pair_of(widths);
    const Cycles<T> time = cycles(macs / p.rate[pair]);
    const T watts = value_of(p.power[pair]) > 0.0 ? p.power[pair] : p.any_power;
    // Without a clock there is no energy, and nobody asks for it.
    const bool has_clock = value_of(p.clock.value) > 0.0;
    return {.compute = time,
            .energy = has_clock ? Power<T>{watts} * (time / p.clock) : Energy<T>{},
            .ideal = cycles(macs / p.fastest)};
  }

  template <class D, class Verdict>
  static Status check(const Params<double>& p, Op op, const D&, const Widths<>& widths,
                      Verdict&& verdict) requires(D::kFamily == Family::convolution || D::kFamily == Family::linear ||
                                                  D::kFamily == Family::matmul || D::kFamily == Family::recurrent ||
                                                  D::kFamily == Family::attention) {
    if (!(p.rate[pair_of(widths)] > 0.0)) return verdict.refuse([&] { return no_rate(p, widths); });
    if constexpr (D::kFamily == Family::recurrent || D::kFamily == Family::attention)
      return verdict.approximate([&] { return fmt::format("only the MACs of {} are priced", name(op)); });
    return Status::priced;
  }

 private:
  // Place of the widths in the tables; 0, where no rate is, for what is not there. Without a branch, for batches.
  template <class T>
  static std::size_t pair_of(const Widths<T>& widths) {
    const double a = value_of(widths.input_bits);
    const double w = value_of(widths.weight_bits);
    const double pair = is_listed(a) & is_listed(w) ? a * static_cast<double>(kWidest + 1) + w : 0.0;
    return static_cast<std::size_t>(static_cast<int>(pair));
  }
  static bool is_listed(double bits) {
    return (bits >= 1.0) & (bits <= static_cast<double>(kWidest)) & (bits == std::trunc(bits));
  }
  static std::string no_rate(const Params<double>& p, const Widths<>& widths);
};

}  // namespace hwcost::mac_table
