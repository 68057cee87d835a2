// What every backend owes, held on every shipped description and on the plugins of the tests.
#include "hwcost/conformance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "hwcost/machine.hpp"
#include "hwcost/plugin.hpp"
#include "support/shipped_descriptions.hpp"

namespace hwcost {
namespace {

const std::filesystem::path kDescriptions = HWCOST_SOURCE_DIR "/hw_descriptions";
const std::filesystem::path kPluginDescriptions = HWCOST_SOURCE_DIR "/tests/plugin";

std::vector<std::string> machine_names() {
  std::vector<std::string> names = testing::modelled_descriptions({kDescriptions});
  for (const std::string& plugin : description_names({kPluginDescriptions})) names.push_back(plugin);
  return names;
}

Machine machine_named(const std::string& name) {
  Registry registry = builtin_registry();
  if (std::filesystem::exists(kPluginDescriptions / (name + ".info")))
    registry.add(load_plugin(name, {HWCOST_PLUGIN_FOLDER}));
  return load_machine(name, {kDescriptions, kPluginDescriptions}, registry);
}

std::vector<std::string> check_names() {
  std::vector<std::string> names;
  for (const ConformanceCheck& check : conformance_checks()) names.emplace_back(check.name);
  return names;
}

class Conformance : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(Conformance, Holds) {
  const auto& [check, name] = GetParam();
  const Machine machine = machine_named(name);
  const ConformanceFinding finding = check_conformance(*machine.backend, check);
  const bool may_be_untested =
      check == "FloatingPointLayersAreNotForMachinesThatComputeIntegers" || check == "CostNeverFallsAsAnExtentGrows";
  EXPECT_TRUE(finding.cases > 0 || may_be_untested) << finding.words;
  EXPECT_NE(finding.outcome, ConformanceFinding::Outcome::broken)
      << finding.check.promise << "\n"
      << finding.breaches << " of " << finding.cases << ": " << finding.words;
}

INSTANTIATE_TEST_SUITE_P(EachDescription, Conformance,
                         ::testing::Combine(::testing::ValuesIn(check_names()), ::testing::ValuesIn(machine_names())),
                         [](const auto& test) {
                           std::string name = std::get<0>(test.param) + "_" + std::get<1>(test.param);
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
                           return name;
                         });

}  // namespace
}  // namespace hwcost
