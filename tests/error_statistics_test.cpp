// Errors of predictions as figures, and the agreement of two rankings.
#include "hwcost/compare/error_statistics.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>

#include "hwcost/quantile.hpp"

namespace hwcost {
namespace {

TEST(ErrorStatistics, AreThoseOfAHandfulOfErrors) {
  const ErrorStatistics s = error_statistics("linear", {0.5, -0.1, 0.02, -0.04, 0.1});
  EXPECT_EQ(s.kind, "linear");
  EXPECT_EQ(s.count, 5u);
  EXPECT_DOUBLE_EQ(s.median, 0.1);
  EXPECT_DOUBLE_EQ(s.mean, 0.152);
  EXPECT_DOUBLE_EQ(s.ninetieth, 0.34);  // of 0.02 0.04 0.1 0.1 0.5, six tenths of the way from the fourth to the fifth
  EXPECT_DOUBLE_EQ(s.largest, 0.5);
  EXPECT_DOUBLE_EQ(s.share_near, 0.8);
  EXPECT_DOUBLE_EQ(s.bias, 0.02);
}
TEST(ErrorStatistics, TwiceAsMuchAndHalfAsMuchHaveNoLogarithmicBias) {
  EXPECT_NEAR(error_statistics("", {1.0, -0.5}).logarithmic_bias, 0.0, 1e-15);
  EXPECT_EQ(error_statistics("", {0.1, -1.0}).logarithmic_bias, -1.0);
}
TEST(ErrorStatistics, OfNothingAreZero) { EXPECT_EQ(error_statistics("all", {}).count, 0u); }

TEST(Quantile, IsInterpolatedBetweenNeighbours) {
  EXPECT_EQ(quantile({7.0}, 0.9), 7.0);
  EXPECT_DOUBLE_EQ(quantile({1.0, 2.0, 4.0}, 0.75), 3.0);
  EXPECT_EQ(quantile({1.0, 2.0, 4.0}, 1.0), 4.0);
  EXPECT_EQ(median({4.0, 1.0, 3.0, 2.0}), 2.5);
}

// The definition, pair by pair.
double tau_by_pairs(const std::vector<double>& a, const std::vector<double>& b) {
  double agreement = 0.0, untied_a = 0.0, untied_b = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const auto sign = [](double x) { return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : 0.0; };
      const double in_a = sign(a[i] - a[k]), in_b = sign(b[i] - b[k]);
      agreement += in_a * in_b;
      untied_a += std::abs(in_a);
      untied_b += std::abs(in_b);
    }
  }
  return untied_a * untied_b > 0.0 ? agreement / std::sqrt(untied_a * untied_b) : 0.0;
}
TEST(KendallTau, IsItsDefinitionWhateverTheTies) {
  rc::check([] {
    const auto size = *rc::gen::inRange<std::size_t>(0, 60);
    const auto values = [&] {
      return *rc::gen::container<std::vector<double>>(size, rc::gen::cast<double>(rc::gen::inRange(0, 12)));
    };
    const std::vector<double> a = values(), b = values();
    RC_ASSERT(std::abs(kendall_tau(a, b) - tau_by_pairs(a, b)) < 1e-12);
  });
}
TEST(KendallTau, IsOneForTheSameOrderAndMinusOneForItsReverse) {
  EXPECT_DOUBLE_EQ(kendall_tau({1, 2, 5}, {10, 11, 12}), 1.0);
  EXPECT_DOUBLE_EQ(kendall_tau({1, 2, 5}, {3, 2, 1}), -1.0);
  EXPECT_EQ(kendall_tau({1, 1, 1}, {3, 2, 1}), 0.0);
}

}  // namespace
}  // namespace hwcost
