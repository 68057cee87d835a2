// Whatever a plugin does wrong within its interface: an error in words, never a crash, never a price.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "hwcost/machine.hpp"
#include "hwcost/plugin.hpp"
#include "hwcost/report.hpp"
#include "support/temporary_folder.hpp"

namespace hwcost {
namespace {

namespace fs = std::filesystem;

const fs::path kPlugins = HWCOST_PLUGIN_FOLDER;

// What adding the plugin to the built-in backends says; empty where nothing is wrong.
std::string error_of(const std::string& name_or_file, const PluginPath& folders = {}) {
  try {
    Registry registry = builtin_registry();
    registry.add(load_plugin(name_or_file, folders));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

struct LoadingFault {
  const char* plugin;
  const char* words;  // behind "FILE: error: "
};

class PluginLoading : public ::testing::TestWithParam<LoadingFault> {};

TEST_P(PluginLoading, FaultIsToldWithTheFile) {
  const std::string file = (kPlugins / (std::string(GetParam().plugin) + ".so")).string();
  EXPECT_EQ(error_of(file), file + ": error: " + GetParam().words);
}

INSTANTIATE_TEST_SUITE_P(
    EachFault, PluginLoading,
    ::testing::Values(
        LoadingFault{"no_entry", "is no plugin: it exports no hwcost_plugin_entry"},
        LoadingFault{"throwing_entry", "hwcost_plugin_entry: it threw an exception: no entry"},
        LoadingFault{"null_plugin", "hwcost_plugin_entry gives no plugin"},
        LoadingFault{"other_abi", "has version 2 of the plugin interface; this hwcost has 1"},
        LoadingFault{"newer_layout", "has version 2 of the columns; this hwcost has 1 and takes older ones"},
        LoadingFault{"small_struct", "has a struct_size of 16; interface 1 begins with 96 bytes"},
        LoadingFault{"no_name", "its plugin has no name"},
        LoadingFault{"bad_name",
                     "the plugin's name 'two words' holds something else than letters, digits, '.', '_' and '-'"},
        LoadingFault{"taken_name", "a backend 'mac_table' is already there"},
        LoadingFault{"no_explain", "its plugin has no explain"},
        LoadingFault{"unknown_unit", "its parameter 'fault' has the unknown unit 'parsec'"},
        LoadingFault{"parameter_twice", "its parameter 'fault' is there twice"}),
    [](const auto& test) { return std::string(test.param.plugin); });

TEST(PluginFile, WithoutAFileIsToldWhere) {
  EXPECT_EQ(error_of("/nowhere/x.so"), "/nowhere/x.so: error: no such file");
  EXPECT_EQ(error_of(""), "error: the name of a plugin is empty");
}

TEST(PluginFile, FolderIsNoPlugin) {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "x.so");
  const std::string file = (folder.path() / "x.so").string();
  EXPECT_EQ(error_of(file), file + ": error: is a folder; the file of a plugin is wanted");
}

TEST(PluginFile, TextIsNoPlugin) {
  const TemporaryFolder folder;
  const std::string file = folder.write("x.so", std::string(4096, 'x'));
  EXPECT_EQ(error_of(file), file + ": error: cannot be loaded: invalid ELF header");
  const std::string empty = folder.write("empty.so", "");
  EXPECT_EQ(error_of(empty), empty + ": error: cannot be loaded: file too short");
}

TEST(PluginFile, NameIsLookedForInTheFoldersAlone) {
  const TemporaryFolder empty;
  EXPECT_EQ(error_of("faulty", {empty.path(), kPlugins}), "");
  EXPECT_EQ(error_of("faulty", {empty.path()}), fmt::format("error: no plugin 'faulty' in {}: no faulty.so, no "
                                                            "libfaulty.so",
                                                            empty.path().string()));
  EXPECT_EQ(error_of("faulty"),
            "error: no plugin 'faulty': no folder to search, and a file has a '/' or ends in '.so'");
  fs::copy(kPlugins / "faulty.so", empty.path() / "libfaulty.so");
  EXPECT_EQ(error_of("faulty", {empty.path()}), "");
}

TEST(PluginFile, TwoPluginsOfOneNameAreAnError) {
  Registry registry = builtin_registry();
  const std::string file = (kPlugins / "faulty.so").string();
  registry.add(load_plugin(file));
  try {
    registry.add(load_plugin(file));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(error.what(), fmt::format("{0}: error: a backend 'faulty' is already there, from {0}", file));
  }
}

// A machine whose plugin does this wrong; the numbers are those of ModelFault in plugin/faulty.cpp.
Machine machine_with(int fault) {
  Registry registry;
  registry.add(load_plugin((kPlugins / "faulty.so").string()));
  const std::string text = fmt::format(
      "name faulty\nbackend faulty\nparameter\n{{\n  fault {} {{ source \"this test\" kind guessed }}\n}}\n", fault);
  return make_machine(Description::from_text(text, "faulty.info", {}), {}, registry);
}

std::string make_error(int fault) {
  try {
    (void)machine_with(fault);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(PluginModel, ThatIsNotMadeIsToldAtTheDescriptionsBackend) {
  EXPECT_EQ(make_error(12),
            "faulty.info:2: error: plugin 'faulty' makes no model of it: these numbers do not go together");
  EXPECT_EQ(make_error(13), "faulty.info:2: error: plugin 'faulty' is at fault: it threw an exception: no model today");
  EXPECT_EQ(make_error(14), "faulty.info:2: error: plugin 'faulty' is at fault: it defines no metric");
  EXPECT_EQ(make_error(15),
            "faulty.info:2: error: plugin 'faulty' is at fault: its out_channel_step is 0, no whole number of at least "
            "1");
  EXPECT_EQ(make_error(1000), "faulty.info:5: error: 'fault' is '1000', outside [0, 100]");
}

Layer small_layer() {
  Layer layer;
  layer.op = Op::linear;
  layer.dims = Linear<>{.in_channels = 3, .out_channels = 5};
  return layer;
}

struct ModelFault {
  int fault;
  const char* name;
  const char* reason;
};

class FaultyModel : public ::testing::TestWithParam<ModelFault> {};

TEST_P(FaultyModel, AnswerIsUnsupportedWithTheReasonAndNoPrice) {
  const Machine machine = machine_with(GetParam().fault);
  const auto estimate = machine.backend->estimate(small_layer());
  ASSERT_FALSE(estimate.has_value());
  EXPECT_EQ(estimate.error().reason, GetParam().reason);

  constexpr std::size_t kRows = 3;
  const std::vector<double> ones(kRows, 1.0);
  const std::vector<const double*> columns(column_count(Family::linear), ones.data());
  std::vector<double> cycles(kRows);
  std::vector<Status> status(kRows);
  CostColumns out;
  out.latency_cycles = cycles;
  out.status = status;
  machine.backend->estimate_batch({Op::linear, kRows, columns}, out);
  for (std::size_t i = 0; i < kRows; ++i) {
    EXPECT_EQ(status[i], Status::unsupported);
    EXPECT_TRUE(std::isnan(cycles[i]));
  }
}

INSTANTIATE_TEST_SUITE_P(
    EachFault, FaultyModel,
    ::testing::Values(
        ModelFault{1, "Throws", "plugin 'faulty' is at fault: it threw an exception: the ways part"},
        ModelFault{2, "ThrowsANumber", "plugin 'faulty' is at fault: it threw an exception"},
        ModelFault{3, "NaN", "plugin 'faulty' is at fault: it prices a layer at compute_cycles nan"},
        ModelFault{4, "Negative", "plugin 'faulty' is at fault: it prices a layer at compute_cycles -1"},
        ModelFault{5, "Infinite", "plugin 'faulty' is at fault: it prices a layer at compute_cycles inf"},
        ModelFault{6, "UnknownStatus", "plugin 'faulty' is at fault: it answers with the unknown status 77"},
        ModelFault{7, "Fails", "plugin 'faulty' is at fault: the tables are gone"},
        ModelFault{8, "FailsSilently", "plugin 'faulty' is at fault: it fails, without a reason"},
        ModelFault{9, "NoReason",
                   "plugin 'faulty' is at fault: it does not say why a layer is refused or approximated"},
        ModelFault{10, "ThrowingReason", "plugin 'faulty' is at fault: it threw an exception: words fail me"},
        ModelFault{11, "ReasonOfManyLines", "first line second line"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(PluginModel, ReasonWithoutAnEndIsCut) {
  const auto estimate = machine_with(19).backend->estimate(small_layer());
  ASSERT_FALSE(estimate.has_value());
  EXPECT_EQ(estimate.error().reason, std::string(511, 'x'));
}

TEST(PluginModel, FaultsAreOfTheirOwnCause) {
  EXPECT_EQ(machine_with(3).backend->estimate(small_layer()).error().cause, Unsupported::Cause::faulty);
  EXPECT_EQ(machine_with(11).backend->estimate(small_layer()).error().cause, Unsupported::Cause::cannot_run);
}

TEST(PluginModel, FaultIsNotPricedOverByAFallback) {
  Machine machine = machine_with(3);
  machine.fallback = std::make_shared<const Machine>(machine_with(0));
  Graph graph;
  add_layer(graph, small_layer());
  EXPECT_EQ(evaluate(graph, machine).layers.front().status, Status::unsupported);
  EXPECT_EQ(evaluate(graph, *machine.fallback).layers.front().status, Status::priced);
}

TEST(PluginModel, DerivativesThatAreNoneAreUnsupported) {
  const auto reason = [](int fault) {
    const auto gradient = machine_with(fault).backend->gradient(small_layer(), GradientMode::straight_through);
    return gradient ? std::string("has derivatives") : gradient.error().reason;
  };
  EXPECT_EQ(reason(16), "plugin 'faulty' is at fault: it gives a derivative that is infinite or not a number");
  EXPECT_EQ(reason(17), "plugin 'faulty' is at fault: it threw an exception: too steep");
  EXPECT_EQ(reason(18), "nothing is known beside the cost");
  EXPECT_EQ(reason(0), "has derivatives");
}

TEST(PluginModel, WhatIsNoCountIsNotAsked) {
  const Machine machine = machine_with(1);  // would throw
  Layer layer = small_layer();
  std::get<Linear<>>(layer.dims).out_channels = -1.0;
  const auto estimate = machine.backend->estimate(layer);
  ASSERT_FALSE(estimate.has_value());
  EXPECT_EQ(estimate.error().cause, Unsupported::Cause::cannot_run);
  layer = small_layer();
  layer.precision.weight = integer(0.0);
  EXPECT_TRUE(machine.backend->estimate(layer).has_value()) << "pruned layers are free";
}

}  // namespace
}  // namespace hwcost
