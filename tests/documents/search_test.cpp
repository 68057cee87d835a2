// The examples of docs/search.md and docs/plugins.md, compiled and run with what they take as given.
#include <gtest/gtest.h>

#include "../support/network.hpp"
#include "hwcost/expected_cost.hpp"
#include "hwcost/import/price_table.hpp"
#include "hwcost/machine.hpp"
#include "hwcost/parallel_batch.hpp"
#include "hwcost/plugin.hpp"
#include "hwcost/plugin_author.hpp"

#include <plugins_1.inc>

namespace hwcost {
namespace {

const SearchPath kDescriptions{HWCOST_SOURCE_DIR "/hw_descriptions"};

Graph two_convolutions() {
  testing::Network net;
  const TensorId image = net.input({1, 8, 6, 6});
  net.graph.outputs = {net.convolution("conv2", net.convolution("conv1", image, 16), 4)};
  return net.graph;
}

TEST(Documents, SearchPricesABatch) {
  const Machine machine = load_machine("mpic", kDescriptions, builtin_registry());
  const std::size_t size = 2;
  const std::vector<double> out_channels{16, 32}, weight_bits{8, 3};
  std::vector<double> cycles(size);
  std::vector<Status> status(size);
#include <search_1.inc>
  EXPECT_EQ(status[0], Status::priced);
  EXPECT_DOUBLE_EQ(cycles[0], 56.0 * 56 * 9 * 16 / 2.1);
  EXPECT_EQ(status[1], Status::unsupported) << "mpic has no rate for weights of 3 bits";
}

TEST(Documents, SearchSumsAPriceTable) {
  const Machine machine = load_machine("mpic", kDescriptions, builtin_registry());
  const Graph graph = two_convolutions();
  const std::vector<std::uint8_t> population{0, 1, 1, 1};
  std::vector<double> totals(2);
#include <search_2.inc>
  EXPECT_EQ(totals[1], cycles);
  EXPECT_GT(totals[0], totals[1]) << "the first layer is dearer with 8 bits than with 4";
  EXPECT_EQ(load_price_table("resnet50-mpic.json").contents(), table.contents());
}

TEST(Documents, SearchDifferentiatesAnExpectedCost) {
  const SearchPath search = kDescriptions;
  const Graph graph = two_convolutions();
  const std::vector<double> probabilities{0.25, 0.25, 0.25, 0.25, 0.5, 0.5};
  std::vector<double> values(2), gradients(12);
#include <search_3.inc>
  EXPECT_GT(values[0], 0.0);
  EXPECT_LT(gradients[0], 0.0) << "a pruned channel of conv1 saves what conv2 reads of it";
}

TEST(Documents, PluginOfTheDocumentHasItsName) { EXPECT_STREQ(hwcost_plugin_entry()->name, "mine"); }

// In the folder of the tests' plugins.
TEST(Documents, ProgramsLoadAPlugin) {
  std::filesystem::current_path(HWCOST_PLUGIN_FOLDER);
  std::filesystem::copy_file(HWCOST_SOURCE_DIR "/tests/plugin/systolic.info", "systolic.info",
                             std::filesystem::copy_options::overwrite_existing);
#include <plugins_3.inc>
  EXPECT_EQ(machine.description.name(), "systolic");
}

}  // namespace
}  // namespace hwcost
