#include "hwcost/compare/error_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "hwcost/quantile.hpp"

namespace hwcost {
namespace {

double pairs(double n) { return n * (n - 1.0) / 2.0; }

// Pairs of neighbours that are equal, in a range where equal things are neighbours.
template <class Iterator, class Equal>
double tied_pairs(Iterator begin, Iterator end, Equal equal) {
  double tied = 0.0;
  while (begin != end) {
    const Iterator behind = std::find_if(begin, end, [&](const auto& x) { return !equal(*begin, x); });
    tied += pairs(static_cast<double>(behind - begin));
    begin = behind;
  }
  return tied;
}

// Sorts by merging, and counts the pairs that it has to exchange.
double exchanges_to_sort(std::vector<double>& values) {
  double exchanges = 0.0;
  std::vector<double> merged(values.size());
  for (std::size_t run = 1; run < values.size(); run *= 2) {
    for (std::size_t begin = 0; begin < values.size(); begin += 2 * run) {
      const std::size_t middle = std::min(begin + run, values.size());
      const std::size_t end = std::min(begin + 2 * run, values.size());
      std::size_t left = begin;
      std::size_t right = middle;
      for (std::size_t i = begin; i < end; ++i) {
        const bool takes_right = left == middle || (right < end && values[right] < values[left]);
        if (takes_right) exchanges += static_cast<double>(middle - left);
        merged[i] = takes_right ? values[right++] : values[left++];
      }
    }
    values.swap(merged);
  }
  return exchanges;
}

}  // namespace

ErrorStatistics error_statistics(std::string kind, const std::vector<double>& errors) {
  ErrorStatistics result;
  result.kind = std::move(kind);
  result.count = errors.size();
  if (errors.empty()) return result;
  const auto n = static_cast<double>(errors.size());
  std::vector<double> with_sign = errors;
  std::sort(with_sign.begin(), with_sign.end());
  std::vector<double> sizes(errors.size());
  std::transform(errors.begin(), errors.end(), sizes.begin(), [](double e) { return std::abs(e); });
  std::sort(sizes.begin(), sizes.end());
  result.median = quantile(sizes, 0.5);
  result.mean = std::accumulate(sizes.begin(), sizes.end(), 0.0) / n;
  result.ninetieth = quantile(sizes, 0.9);
  result.largest = sizes.back();
  result.share_near = static_cast<double>(std::upper_bound(sizes.begin(), sizes.end(), kNear) - sizes.begin()) / n;
  result.bias = quantile(with_sign, 0.5);
  const double logs = std::accumulate(with_sign.begin(), with_sign.end(), 0.0,
                                      [](double sum, double error) { return sum + std::log1p(error); });
  result.logarithmic_bias = std::expm1(logs / n);
  return result;
}

double kendall_tau(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<std::pair<double, double>> both(a.size());
  std::transform(a.begin(), a.end(), b.begin(), both.begin(), [](double x, double y) { return std::pair(x, y); });
  std::sort(both.begin(), both.end());
  const double tied_in_both = tied_pairs(both.begin(), both.end(), std::equal_to<>());
  const double tied_in_a =
      tied_pairs(both.begin(), both.end(), [](const auto& p, const auto& q) { return p.first == q.first; });
  std::vector<double> second(both.size());
  std::transform(both.begin(), both.end(), second.begin(), [](const auto& pair) { return pair.second; });
  const double discordant = exchanges_to_sort(second);
  const double tied_in_b = tied_pairs(second.begin(), second.end(), std::equal_to<>());
  const double all = pairs(static_cast<double>(both.size()));
  const double untied = std::sqrt(all - tied_in_a) * std::sqrt(all - tied_in_b);
  if (!(untied > 0.0)) return 0.0;
  return (all - tied_in_a - tied_in_b + tied_in_both - 2.0 * discordant) / untied;
}

}  // namespace hwcost
