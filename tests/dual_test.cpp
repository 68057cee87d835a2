#include "hwcost/dual.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace hwcost {
namespace {

using D = Dual<2>;

// A formula like those of the backends, in any number type.
template <class T>
T formula(const T& x, const T& y) {
  return (x * y + T(3.0)) / (y + T(1.0)) - x * x;
}

RC_GTEST_PROP(Dual, ValueIsTheFormulasOwn, ()) {
  const double x = *rc::gen::inRange(-1000, 1000);
  const double y = *rc::gen::inRange(0, 1000);
  RC_ASSERT(formula(D(x), D(y)).value == formula(x, y));
}

RC_GTEST_PROP(Dual, DerivativesAgreeWithFiniteDifferences, ()) {
  const double x = *rc::gen::inRange(-100, 100);
  const double y = *rc::gen::inRange(1, 100);
  const D f = formula(D::variable(x, 0), D::variable(y, 1));
  const double h = 1e-4;
  const double by_x = (formula(x + h, y) - formula(x - h, y)) / (2 * h);
  const double by_y = (formula(x, y + h) - formula(x, y - h)) / (2 * h);
  RC_ASSERT(std::abs(f.partial[0] - by_x) <= 1e-6 * (1.0 + std::abs(by_x)));
  RC_ASSERT(std::abs(f.partial[1] - by_y) <= 1e-6 * (1.0 + std::abs(by_y)));
}

TEST(Dual, AConstantHasNoDerivative) {
  const D c = 5.0;
  EXPECT_EQ(c.value, 5.0);
  EXPECT_EQ(c.partial[0], 0.0);
  EXPECT_EQ(c.partial[1], 0.0);
}

// What it depends on, not how: all of these may have a derivative, and the tile and the smaller one have none.
TEST(Dual, OfNoLaneKnowsTheInputsThatItsDerivativesAreBy) {
  using R = Dual<0>;
  const R x = R::variable(37.0, 0);
  const R y = R::variable(16.0, 5);
  const R z = R::variable(2.0, 63);
  EXPECT_EQ((x * y + R(1.0) / z).inputs, 1u | 1u << 5 | std::uint64_t{1} << 63);
  EXPECT_EQ((x * y + R(1.0) / z).value, 37.0 * 16.0 + 0.5);
  EXPECT_EQ(ceil_div(x, y).inputs, 1u);
  EXPECT_EQ(ceil_div(x, y).value, 3.0);
  EXPECT_EQ(larger(x, y).inputs, 1u);
  EXPECT_EQ(R(value_of(x)).inputs, 0u);
}

TEST(Dual, TilesChargeAFullTileToEveryChannel) {
  const D channels = D::variable(37.0, 0);
  const D tile = D::variable(16.0, 1);
  EXPECT_EQ(ceil_div(channels, tile).value, 3.0);
  EXPECT_EQ(floor_div(channels, tile).value, 2.0);
  EXPECT_EQ(remainder(channels, tile).value, 5.0);
  for (const D& d : {ceil_div(channels, tile), floor_div(channels, tile), remainder(channels, tile)}) {
    EXPECT_EQ(d.partial[0], 1.0);
    EXPECT_EQ(d.partial[1], 0.0);
  }
}

TEST(Dual, RoundingUpPassesOnTheDerivativeOfItsArgument) {
  const D bytes = rounded_up(D::variable(33.0, 0) / D(8.0));
  EXPECT_EQ(bytes.value, 5.0);
  EXPECT_EQ(bytes.partial[0], 1.0 / 8.0);
}

RC_GTEST_PROP(Dual, CeilingOfCountsIsExact, ()) {
  const auto b = *rc::gen::inRange<long>(1, 1L << 20);
  const auto quotient = *rc::gen::inRange<long>(1, 1L << 30);
  const auto short_of = *rc::gen::inRange<long>(0, b);
  const double a = static_cast<double>(b * quotient - short_of);
  RC_ASSERT(ceil_div(a, static_cast<double>(b)) == static_cast<double>(quotient));
}

TEST(Dual, TheLargerOfTwoKeepsItsOwnDerivative) {
  const D x = D::variable(2.0, 0);
  const D y = D::variable(3.0, 1);
  EXPECT_EQ(larger(x, y).partial[1], 1.0);
  EXPECT_EQ(smaller(x, y).partial[0], 1.0);
}

TEST(Dual, OfEqualOnesTheFirstIsTaken) {
  const D x = D::variable(2.0, 0);
  const D y = D::variable(2.0, 1);
  EXPECT_EQ(larger(x, y).partial[0], 1.0);
  EXPECT_EQ(smaller(x, y).partial[0], 1.0);
}

}  // namespace
}  // namespace hwcost
