#include "hwcost/quantity.hpp"

#include <gtest/gtest.h>

#include <type_traits>

#include "hwcost/dual.hpp"

namespace hwcost {
namespace {

static_assert(sizeof(Data<>) == sizeof(double));
static_assert(std::is_trivially_copyable_v<Data<>>);
static_assert(std::is_same_v<decltype(Data<>{} / Bandwidth<>{}), Cycles<>>);
static_assert(std::is_same_v<decltype(Cycles<>{} / Frequency<>{}), Seconds<>>);
static_assert(std::is_same_v<decltype(Data<>{} / Data<>{}), double>);
static_assert(std::is_same_v<decltype(Data<>{} * EnergyPerData<>{}), Energy<>>);
static_assert(std::is_same_v<decltype(Bandwidth<>{} * Cycles<>{}), Data<>>);

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept Comparable = requires(A a, B b) {
  a < b;
};
static_assert(Addable<Cycles<>, Cycles<>>);
static_assert(!Addable<Cycles<>, Seconds<>>);
static_assert(!Addable<Data<>, Cycles<>>);
static_assert(!Addable<Data<>, double>);
static_assert(!Comparable<Data<>, Cycles<>>);
static_assert(!std::is_convertible_v<double, Data<>>);

TEST(Quantity, AByteIsEightBits) {
  EXPECT_EQ(bytes(3.0), bits(24.0));
  EXPECT_EQ(in_bytes(bits(12.0)), 1.5);
}

TEST(Quantity, DataOverBandwidthIsCycles) { EXPECT_EQ(in_cycles(bytes(64.0) / bytes_per_cycle(8.0)), 8.0); }

TEST(Quantity, EnergyGoesInAndOutInPicojoules) { EXPECT_DOUBLE_EQ(in_picojoules(picojoules(2.5)), 2.5); }

TEST(Quantity, EqualDimensionsCancelToANumber) { EXPECT_EQ(bytes(10.0) / bytes(4.0), 2.5); }

TEST(Quantity, CountsStayExactUpToTwoToThe53) {
  const double largest = 9007199254740992.0;
  EXPECT_EQ(in_cycles(cycles(largest - 1.0) + cycles(1.0)), largest);
}

TEST(Quantity, CarriesDerivativesOfDataOverBandwidth) {
  const auto bandwidth = Dual<1>::variable(4.0, 0);
  const auto time = bits(Dual<1>(32.0)) / Bandwidth<Dual<1>>{bandwidth};
  EXPECT_EQ(time.value.value, 8.0);
  EXPECT_EQ(time.value.partial[0], -2.0);
}

}  // namespace
}  // namespace hwcost
