#include "hwcost/unit.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

namespace hwcost {
namespace {

Unit unit(std::string_view text) {
  const auto found = unit_named(text);
  EXPECT_TRUE(found) << text;
  return found.value_or(Unit{});
}

std::string fault(std::string_view text) {
  const auto number = number_with_unit(text);
  return number ? "no fault" : number.error();
}

TEST(Unit, BytesAreEightBits) {
  EXPECT_EQ(unit("byte").factor, 8.0);
  EXPECT_EQ(unit("KiB").factor, 8192.0);
  EXPECT_EQ(unit("kB").factor, 8000.0);
  EXPECT_TRUE(unit("MiB").same_dimension(unit("bit")));
}

TEST(Unit, HertzAreCyclesASecond) {
  EXPECT_TRUE(unit("MHz").same_dimension(unit("cycle/second")));
  EXPECT_FALSE(unit("MHz").same_dimension(unit("1/s")));
  EXPECT_EQ(unit("GHz").factor, 1e9);
}

TEST(Unit, WattsAreJoulesASecond) { EXPECT_TRUE(unit("mW").same_dimension(unit("nJ/ms"))); }

TEST(Unit, QuotientsMultiplyTheFactors) {
  EXPECT_EQ(unit("byte/cycle").factor, 8.0);
  EXPECT_EQ(unit("byte/cycle").cycle, -1);
  EXPECT_DOUBLE_EQ(unit("pJ/byte").factor, 1e-12 / 8.0);
  EXPECT_EQ(unit("1/cycle").cycle, -1);
  EXPECT_TRUE(unit("J/s/bit").same_dimension(unit("W/bit")));
}

TEST(Unit, CountedThingsAreDimensionsOfTheirOwn) {
  EXPECT_EQ(unit("MAC/cycle").nouns, "MAC");
  EXPECT_EQ(unit("mJ/MAC").nouns, "1/MAC");
  EXPECT_EQ(unit("op*MAC/row").nouns, "MAC*op/row");
  EXPECT_FALSE(unit("MAC/cycle").same_dimension(unit("FLOP/cycle")));
  EXPECT_FALSE(unit("MAC").same_dimension(unit("")));
}

TEST(Unit, NounsCancel) {
  EXPECT_TRUE(unit("pixel/row*row").same_dimension(unit("pixel")));
  EXPECT_TRUE(unit("cycle/cycle").same_dimension(unit("")));
}

TEST(Unit, WorkComesInThousands) {
  EXPECT_EQ(unit("GFLOP/s").factor, 1e9);
  EXPECT_TRUE(unit("TMAC/s").same_dimension(unit("MAC/second")));
  EXPECT_FALSE(unit_named("kpixel"));
}

TEST(Unit, NothingElseIsAUnit) {
  for (const char* text : {"parsec", "bytes", "Byte", "byte/", "/byte", "byte//cycle", "1", "1/", "1*byte", "byte/1",
                           "byte cycle", " byte", "byte ", "byte^2", "K", "kk", "M", "2 byte", "byte\n"}) {
    EXPECT_FALSE(unit_named(text)) << text;
  }
}

TEST(Unit, AProductThatLeavesTheRangeOfADoubleIsNone) {
  std::string huge = "GHz";
  for (int i = 0; i < 15; ++i) huge += "*GHz";
  EXPECT_TRUE(unit_named(huge));
  for (int i = 0; i < 2000; ++i) huge += "*GHz";
  EXPECT_FALSE(unit_named(huge));
}

TEST(NumberWithUnit, ReadsNumberAndUnit) {
  const auto size = number_with_unit("128 KiB");
  ASSERT_TRUE(size);
  EXPECT_EQ(size->number, 128.0);
  EXPECT_EQ(size->unit_text, "KiB");
  EXPECT_EQ(size->number * size->unit.factor, 128.0 * 8192.0);
  EXPECT_EQ(number_with_unit("2.5MAC/cycle")->number, 2.5);
  EXPECT_EQ(number_with_unit("-1e-3 s")->number, -1e-3);
  EXPECT_EQ(number_with_unit("32")->unit_text, "");
}

TEST(NumberWithUnit, RefusesWhatIsNoDecimalNumber) {
  for (const char* text : {"", " ", "-", "+1", ".5", "inf", "nan", "-inf", "one", " 1", "--1", "\"1\""}) {
    EXPECT_EQ(fault(text), "'" + std::string(text) + "': a decimal number is wanted, then its unit");
  }
}

TEST(NumberWithUnit, RefusesWhatStandsBehindTheNumber) {
  EXPECT_EQ(fault("12 parsec"), "'12 parsec': unknown unit 'parsec'");
  EXPECT_EQ(fault("1,000 byte"), "'1,000 byte': unknown unit ',000 byte'");
  EXPECT_EQ(fault("0x10"), "'0x10': unknown unit 'x10'");
  EXPECT_EQ(fault("1 2"), "'1 2': unknown unit '2'");
  EXPECT_EQ(fault("8  byte"), "'8  byte': unknown unit ' byte'; did you mean 'byte'?");
  EXPECT_EQ(fault("8 "), "'8 ': unknown unit ''");
}

TEST(NumberWithUnit, SuggestsTheUnitThatIsNear) {
  EXPECT_EQ(fault("8 bytes/cycle"), "'8 bytes/cycle': unknown unit 'bytes/cycle'; did you mean 'byte'?");
  EXPECT_EQ(fault("8 byte/Cycle"), "'8 byte/Cycle': unknown unit 'byte/Cycle'; did you mean 'cycle'?");
  EXPECT_EQ(fault("250 Mhz"), "'250 Mhz': unknown unit 'Mhz'; did you mean 'MHz'?");
}

TEST(NumberWithUnit, RefusesNumbersOutsideTheRangeOfADouble) {
  EXPECT_EQ(fault("1e400"), "'1e400': the number is out of the range of a double");
  EXPECT_EQ(fault("1e308 GHz"), "'1e308 GHz': the number is out of the range of a double");
}

RC_GTEST_PROP(NumberWithUnit, EveryFiniteNonNegativeDoubleReadsBackToTheSameBits, (std::uint64_t bits)) {
  const double number = std::abs(std::bit_cast<double>(bits));
  RC_PRE(std::isfinite(number));
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  const auto read = number_with_unit(std::string(text.data(), end) + " MAC");
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->number == number);
}

RC_GTEST_PROP(NumberWithUnit, AnyTextIsANumberOrAFault, (const std::string& text)) {
  const auto read = number_with_unit(text);
  RC_ASSERT(read.has_value() || !read.error().empty());
}

}  // namespace
}  // namespace hwcost
