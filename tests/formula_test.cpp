#include "hwcost/formula.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace hwcost {
namespace {

Layer linear_64_10() {
  Layer l;
  l.op = Op::linear;
  l.dims = Linear<>{.in_channels = 64, .out_channels = 10, .bias = 1};
  l.precision.weight = integer(4);
  return l;
}

double value_of_formula(const std::string& text, const Layer& layer = linear_64_10()) {
  return Formula(text, {}).evaluate(layer).value();
}

TEST(Formula, KnowsTheQuantitiesOfALayer) {
  EXPECT_EQ(value_of_formula("macs"), 640);
  EXPECT_EQ(value_of_formula("macs*w_bits^2*a_bits"), 640.0 * 16 * 8);
  EXPECT_EQ(value_of_formula("flops"), 1290);
  EXPECT_EQ(value_of_formula("params + in_elements + weight_elements + out_elements"), 650.0 + 64 + 640 + 10);
  EXPECT_EQ(value_of_formula("in_channels*out_channels*groups*kernel*out_pixels*batch*bias"), 640);
  EXPECT_EQ(value_of_formula("out_bits"), 8);
  for (const auto& v : Formula::variables()) EXPECT_NO_THROW(Formula(v.name, {})) << v.name;
}

TEST(Formula, MixedWidthsAreEvaluatedWidthByWidthAndPrunedChannelsNotAtAll) {
  Layer l = linear_64_10();
  l.precision.weight.groups = {{0, 4}, {2, 1}, {8, 5}};
  EXPECT_EQ(value_of_formula("macs*w_bits^2", l), 64.0 * 4 + 64.0 * 5 * 64);
  EXPECT_EQ(value_of_formula("1", l), 2);
}

struct Fault {
  const char* formula;
  const char* message;  // a part of it
};
class FormulaFault : public ::testing::TestWithParam<Fault> {};

TEST_P(FormulaFault, IsToldWithItsPlace) {
  try {
    Formula(GetParam().formula, {"x.info", 3});
    FAIL() << "no error";
  } catch (const InputError& e) {
    const std::string text = e.what();
    EXPECT_EQ(text.rfind("x.info:3: error: formula '", 0), 0u) << text;
    EXPECT_NE(text.find(GetParam().message), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Each, FormulaFault,
                         ::testing::Values(Fault{"", "empty"}, Fault{"macs*watts", "watts"}, Fault{"macs=3", "assigns"},
                                           Fault{"a=1", "assigns"}, Fault{"macs,flops", "2 results"},
                                           Fault{"macs,", "nd of expression"}, Fault{"(macs", "parenthesis"},
                                           Fault{"macs flops", "flops"}, Fault{"macs*", "nd of expression"},
                                           Fault{"macs;flops", ""}, Fault{"mac\nro", "printable"},
                                           Fault{"\"text\"", ""}, Fault{"rm(1)", ""}));

TEST(Formula, ComparisonsAreNoAssignments) {
  EXPECT_EQ(value_of_formula("w_bits == 4 ? 1 : 2"), 1);
  EXPECT_EQ(value_of_formula("w_bits <= 4 && a_bits >= 8 && w_bits != 5"), 1);
}

TEST(Formula, ResultsThatAreNotFiniteAreRefusedWithWords) {
  for (const char* text :
       {"macs/(w_bits-4)", "1e308*macs*1e10", "(macs-macs)/(w_bits-4)", "ln(0-macs)", "sqrt(-macs)"}) {
    const auto v = Formula(text, {}).evaluate(linear_64_10());
    ASSERT_FALSE(v.has_value()) << text << " " << *v;
    EXPECT_NE(v.error().reason.find("formula"), std::string::npos);
  }
}

TEST(Formula, LongAndDeepTextsEndInAnErrorOrAValue) {
  EXPECT_THROW(Formula(std::string(5000, '1'), {}), InputError);
  EXPECT_EQ(value_of_formula(std::string(1500, '(') + "macs" + std::string(1500, ')')), 640);
  EXPECT_THROW(Formula(std::string(2000, '-') + "macs", {}), InputError);
  EXPECT_THROW(Formula(std::string(4000, '('), {}), InputError);
}

TEST(Formula, ManyThreadsShareOne) {
  const Formula formula("macs*w_bits^2*a_bits", {});
  std::vector<std::jthread> threads;
  std::array<bool, 4> same{};
  for (bool& ok : same) {
    threads.emplace_back([&] {
      ok = true;
      for (int i = 0; i < 2000; ++i) {
        Layer l = linear_64_10();
        l.precision.weight = integer(1 + i % 8);
        const double w = 1 + i % 8;
        ok = ok && formula.evaluate(l).value() == 640.0 * w * w * 8;
      }
    });
  }
  threads.clear();
  for (const bool ok : same) EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace hwcost
