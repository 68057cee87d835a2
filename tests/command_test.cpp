// The hwcost command as a user meets it: what it prints where, and what it leaves with.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"

namespace hwcost {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status = -1;
  std::string out;
  std::string err;
};

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

constexpr const char* kTable =
    "name,op,in_channels,in_h,in_w,out_channels,bias,w_bits,expected_macs,expected_latency_cycles,expected_status\n"
    "stem.conv,conv2d,4,2,2,8,1,8,128,76.19047619047619,priced\n"
    "stem.odd,conv2d,4,2,2,8,1,5,128,,unsupported\n"
    "\"head, last.fc\",linear,8,,,21,0,8,168,80,priced\n";

// A network without edges of nodes with 8 bit widths.
std::string network(const std::vector<std::string>& nodes) {
  std::string text =
      R"({"schema": "hwcost-ir/1", "name": "odd", "tensors": [], "inputs": [], "outputs": [], "nodes": [)";
  const char* separator = "";
  for (const std::string& node : nodes) {
    text += separator + ("{" + node) + R"(, "precision": {"input": "8", "weight": "8", "output": "8"}})";
    separator = ",";
  }
  return text + "]}";
}

constexpr const char* kConv = R"("name": "c", "op": "conv2d", "dims": {"in_channels": 16, "out_channels": 16})";
constexpr const char* kProduct = R"("name": "m", "op": "matmul", "dims": {"rows": 16, "depth": 16, "columns": 3})";
constexpr const char* kUnknown = R"("name": "w", "op": "custom", "custom_op": "Warp", "dims": {})";

class Command : public testing::Test {
 protected:
  // Runs the command in a folder of its own, by a shell, so that arguments are quoted as a user quotes them.
  Outcome run(const std::string& arguments, const std::string& to = " >stdout.txt") const {
    const std::string line = "cd '" + folder_.path().string() +
                             "' && : >stdout.txt && timeout 60 '" HWCOST_COMMAND "' " + arguments +
                             " 2>stderr.txt </dev/null" + to;
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content(folder_.path() / "stdout.txt"),
            content(folder_.path() / "stderr.txt")};
  }

  // One line on stderr, nothing on stdout.
  void expect_error(const std::string& arguments, int status, const std::string& line) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, status) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    EXPECT_EQ(outcome.err, line + "\n") << arguments;
  }

  void SetUp() override { folder_.write("net.csv", kTable); }

  TemporaryFolder folder_;
};

TEST_F(Command, HelpOfEverySubcommandShowsAnExample) {
  for (const std::string name : {"", "price", "import", "verify", "refine", "hw", "hw list", "hw show", "hw check"}) {
    const Outcome outcome = run(name + " --help");
    EXPECT_EQ(outcome.status, 0) << name;
    EXPECT_NE(outcome.out.find("Example:\n  hwcost "), std::string::npos) << name;
    EXPECT_EQ(outcome.err, "") << name;
  }
}

TEST_F(Command, VersionIsPrinted) { EXPECT_EQ(run("--version").out.find("hwcost "), 0u); }

TEST_F(Command, CsvHasARowALayerWithNumbersInFull) {
  const Outcome outcome = run("price net.csv --hw mpic --format csv");
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out,
            "layer,op,status,reason,macs,flops,transcendentals,params,bit_ops,memory_access_elements,"
            "memory_access_bytes,memory_access_bound_elements,weight_bits,weight_bytes,input_bytes,output_bytes,"
            "latency_cycles,latency_seconds,energy_joules,utilization,bottleneck\n"
            "stem.conv,conv2d,priced,,128,288,0,40,8192,80,80,77.25483399593904,256,32,16,32,"
            "76.19047619047619,3.0476190476190477e-07,1.6403809523809525e-09,0.3230769230769231,compute\n"
            "stem.odd,conv2d,unsupported,no rate for w5a8; known: w2a2 w4a2 w8a2 w2a4 w4a4 w8a4 w2a8 w4a8 "
            "w8a8,128,288,0,40,5120,80,68,"
            "77.25483399593904,160,20,16,32,,,,,\n"
            "\"head, last.fc\",linear,priced,,168,336,0,168,10752,197,197,,1344,168,8,21,"
            "80,3.2e-07,1.7224000000000002e-09,0.3230769230769231,compute\n");
}

TEST_F(Command, UnpricedLayersExitWithThreeUnlessAllowed) {
  EXPECT_EQ(run("price net.csv --hw mpic").status, 3);
  EXPECT_EQ(run("price net.csv --hw mpic --allow-unpriced").status, 0);
  EXPECT_EQ(run("price net.csv --hw counts").status, 0);
}

TEST_F(Command, SeveralMachinesPutHardwareFirst) {
  const Outcome outcome = run("price net.csv --hw counts,mpic --format csv --by network --allow-unpriced");
  EXPECT_EQ(outcome.out.find("hardware,network,priced,approximated,unsupported,unpriced_macs_share,macs,"), 0u);
  EXPECT_NE(outcome.out.find("\ncounts,net.csv,3,0,0,0,424,"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("\nmpic,net.csv,2,0,1,0.3018867924528302,296,"), std::string::npos) << outcome.out;
}

TEST_F(Command, ModulesComeInTreeOrder) {
  const std::string out = run("price net.csv --hw counts --format csv --by module").out;
  EXPECT_EQ(out.find("module,depth,priced,approximated,unsupported,unpriced_macs_share,macs,"), 0u);
  const std::size_t stem = out.find("\nstem,1,2,0,0,0,256,");
  const std::size_t head = out.find("\n\"head, last\",1,1,0,0,0,168,");
  ASSERT_NE(stem, std::string::npos) << out;
  ASSERT_NE(head, std::string::npos) << out;
  EXPECT_LT(stem, head);
}

TEST_F(Command, JsonHoldsOneReportAMachine) {
  const auto one = nlohmann::json::parse(run("price net.csv --hw mpic --format json").out);
  EXPECT_EQ(one["schema"], "hwcost-report/1");
  EXPECT_EQ(one["hardware"]["name"], "mpic");
  EXPECT_EQ(one["totals"]["unsupported"], 1);
  EXPECT_EQ(one["layers"][0]["metrics"]["macs"].dump(), "128") << "counts are whole numbers";
  EXPECT_EQ(one["layers"][1]["metrics"].count("latency_cycles"), 0u);
  EXPECT_TRUE(one["totals"]["peak_activation_bytes"].is_null());
  const auto two = nlohmann::json::parse(run("price net.csv --hw mpic --hw gap8 --format json").out);
  EXPECT_EQ(two["schema"], "hwcost-comparison/1");
  EXPECT_EQ(two["reports"].size(), 2u);
}

TEST_F(Command, TablesNameWhatIsLeftOut) {
  const std::string out = run("price net.csv --hw mpic").out;
  EXPECT_NE(out.find("no rate for w5a8"), std::string::npos) << out;
  EXPECT_NE(out.find("2 priced, 0 approximated, 1 unsupported"), std::string::npos) << out;
  EXPECT_NE(out.find("30.2 %"), std::string::npos) << out;
  EXPECT_NE(run("price net.csv --hw mpic,counts").out.find("mpic latency"), std::string::npos);
}

TEST_F(Command, TotalsSayWhatAllLayersHaveWhereSomeAreUnsupported) {
  const std::string out = run("price net.csv --hw mpic").out;
  EXPECT_NE(out.find(" 296 of 424  208 of 248 "), std::string::npos) << out;
  EXPECT_NE(out.find("\nMACs:              296 of 424\n"), std::string::npos) << out;
  EXPECT_NE(out.find("\nFLOPs:             624 of 912\n"), std::string::npos) << out;
  EXPECT_NE(out.find("\nbit operations:    18,944 of 24,064\n"), std::string::npos) << out;
  EXPECT_NE(run("price net.csv --hw counts").out.find("\nMACs:              424\n"), std::string::npos);
}

TEST_F(Command, TheShareLeftOutIsUnknownWithALayerOfUnknownWork) {
  folder_.write("odd.json", network({kConv, kProduct, kUnknown}));
  const std::string table = run("price odd.json --hw counts").out;
  EXPECT_NE(table.find("\nMACs left out:     unknown (1 layer of unknown work)\n"), std::string::npos) << table;
  EXPECT_NE(table.find("\nMACs:              1,024 of at least 1,024\n"), std::string::npos) << table;
  const std::string csv = run("price odd.json --hw counts --by network --format csv").out;
  EXPECT_NE(csv.find("\nodd,2,0,1,,1024,"), std::string::npos) << csv;
  const auto json = nlohmann::json::parse(run("price odd.json --hw counts --format json").out);
  EXPECT_TRUE(json["totals"]["unpriced_macs_share"].is_null());
  EXPECT_EQ(json["layers"][2].count("widths"), 0u) << "of what nobody knows";
}

TEST_F(Command, MacsCountedAsZeroAreLeftOut) {
  folder_.write("known.json", network({kConv, kProduct}));
  const Outcome outcome = run("price known.json --hw diana");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("\nMACs left out:     75.0 % (768 counted as 0)\n"), std::string::npos) << outcome.out;
}

TEST_F(Command, AFormulaAloneIsPricedOnPlainCounts) {
  const Outcome outcome = run("price net.csv --formula 'macs*w_bits' --format csv --by network");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find(",convention_ops,cost,model_bytes,"), std::string::npos);
  EXPECT_NE(outcome.out.find(",424,3008,"), std::string::npos) << outcome.out;
}

TEST_F(Command, BitsReplaceAllWidths) {
  const Outcome outcome = run("price net.csv --hw mpic --bits w4a8 --format csv");
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_NE(outcome.out.find("stem.odd,conv2d,priced,,128,288,0,40,4096,"), std::string::npos) << outcome.out;
}

TEST_F(Command, WidthsFromTheCommandLineAreSaid) {
  folder_.write("widths.csv", "layer,w_bits,in_bits\nstem.odd,2,8\n\"head, last.fc\",\"0:1|4:20\",4\n");
  const auto report =
      nlohmann::json::parse(run("price net.csv --hw counts --bits w4a8 --assign widths.csv --format json").out);
  const auto assumptions = report["assumptions"].get<std::vector<std::string>>();
  EXPECT_EQ(assumptions, (std::vector<std::string>{"weights 4 bit, activations 8 bit by --bits",
                                                   "widths of 2 layers by widths.csv"}));
  EXPECT_EQ(report["layers"][0]["widths"].dump(), R"({"input":"8","output":"8","weight":"4"})");
  EXPECT_EQ(report["layers"][1]["widths"]["weight"], "2");
  EXPECT_EQ(report["layers"][2]["widths"].dump(), R"({"input":"4","output":"8","weight":"0:1|4:20"})");
}

#ifdef HWCOST_WITH_ONNX
TEST_F(Command, TheBatchIsSaidWhereAnInputFollowsIt) {
  const std::string price = "price '" HWCOST_SOURCE_DIR "/tests/models/resnet8_op13.onnx' --hw counts --by network";
  const std::string batched = run(price + " --batch 2").out;
  EXPECT_NE(batched.find("  - input 'input' is 2x3x32x32\n"), std::string::npos) << batched;
  EXPECT_NE(batched.find("  - batch 2 by --batch\n"), std::string::npos) << batched;
  const std::string shaped = run(price + " --batch 2 --input-shape input=3x3x32x32").out;
  EXPECT_NE(shaped.find("  - input 'input' is 3x3x32x32\n"), std::string::npos) << shaped;
  EXPECT_EQ(shaped.find("--batch"), std::string::npos) << shaped;
}

TEST_F(Command, AListOfInputShapesPricesEach) {
  const std::string price = "price '" HWCOST_SOURCE_DIR
                            "/tests/models/mobilenet_v2_op13_stripped.onnx' --hw counts --by network " +
                            std::string("--input-shape 'input=1x3x{64,96}x{64,96}'");
  const auto sweep = nlohmann::json::parse(run(price + " --format json").out);
  EXPECT_EQ(sweep["schema"], "hwcost-sweep/1");
  ASSERT_EQ(sweep["runs"].size(), 4U);
  EXPECT_EQ(sweep["runs"][1]["input_shape"], "input=1x3x64x96");
  EXPECT_EQ(sweep["runs"][1]["report"]["schema"], "hwcost-report/1");
  EXPECT_EQ(sweep["runs"][1]["report"]["totals"]["metrics"], sweep["runs"][2]["report"]["totals"]["metrics"]);

  const std::string csv = run(price + " --format csv").out;
  EXPECT_EQ(csv.substr(0, 20), "input_shape,network,");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
  EXPECT_NE(csv.find("\ninput=1x3x96x96,"), std::string::npos) << csv;

  const std::string table = run(price).out;
  EXPECT_EQ(table.substr(0, 16), "input=1x3x64x64\n");
  EXPECT_NE(table.find("\n\ninput=1x3x96x96\n"), std::string::npos) << table;
}

TEST_F(Command, AListIsForPricingAlone) {
  const std::string import = "import '" HWCOST_SOURCE_DIR "/tests/models/resnet8_op13.onnx' ";
  expect_error(import + "--input-shape 'input=1x3x{32,64}x32'", 2,
               "error: --input-shape: a list of values goes with price alone");
}

TEST_F(Command, AnImportIsExplainedAsTableOrJson) {
  const std::string explain = "import '" HWCOST_SOURCE_DIR "/tests/models/qdq_int8_op13.onnx' --explain";
  const std::string table = run(explain).out;
  EXPECT_EQ(table.substr(0, 9), "input: 1\n");
  EXPECT_NE(table.find("8 bits by the type of its zero point"), std::string::npos) << table;
  const auto facts = nlohmann::json::parse(run(explain + " --format json").out)["facts"];
  EXPECT_EQ(
      facts[0],
      (nlohmann::json{{"kind", "input"}, {"node", ""}, {"op", ""}, {"value", "input"}, {"detail", "[1, 3, 32, 32]"}}));
}
#endif

TEST_F(Command, WidthsOfTheModelAreNotSaidToBeReplaced) {
  const auto report = nlohmann::json::parse(run("price net.csv --hw counts --format json").out);
  EXPECT_TRUE(report["assumptions"].empty()) << report["assumptions"];
}

TEST_F(Command, OutputIsWrittenWholeAndNothingElseIsLeft) {
  const Outcome outcome = run("price net.csv --hw counts --format csv --output report.csv");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(content(folder_.path() / "report.csv"), run("price net.csv --hw counts --format csv").out);
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    EXPECT_EQ(entry.path().string().find("unfinished"), std::string::npos) << entry.path();
  }
}

TEST_F(Command, ALinkToTheOutputStaysALink) {
  folder_.write("real.csv", "old");
  fs::create_symlink("real.csv", folder_.path() / "link.csv");
  EXPECT_EQ(run("price net.csv --hw counts --format csv --output link.csv").status, 0);
  EXPECT_TRUE(fs::is_symlink(folder_.path() / "link.csv"));
  EXPECT_EQ(content(folder_.path() / "real.csv").find("layer,op"), 0u);
}

TEST_F(Command, ImportWritesWhatPriceReadsAgain) {
  ASSERT_EQ(run("import net.csv --output net.json").status, 0);
  const Outcome again = run("price net.json --hw mpic --format csv");
  EXPECT_EQ(again.status, 3);
  EXPECT_EQ(again.out, run("price net.csv --hw mpic --format csv").out);
}

TEST_F(Command, VerifyAgreesWithExpectedFiguresAndRefusals) {
  const Outcome outcome = run("verify net.csv --hw mpic");
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_EQ(outcome.out,
            "net.csv on mpic: 3 of 3 rows agree (5 figures compared, 1 expected refusals, largest relative error 0)\n");
}

TEST_F(Command, VerifyListsTheWorstRowsFirst) {
  folder_.write("wrong.csv",
                "name,op,in_channels,in_h,in_w,out_channels,w_bits,expected_macs,expected_status\n"
                "near,conv2d,4,2,2,8,8,129,\nfar,conv2d,4,2,2,8,8,256,\nrefused,conv2d,4,2,2,8,5,128,priced\n");
  const Outcome outcome = run("verify wrong.csv --hw mpic");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out,
            "wrong.csv on mpic: 0 of 3 rows agree (2 figures compared, 0 expected refusals, largest relative error 0 "
            "where they agree, 0.5 of all)\n"
            "the worst 3 of 3 differences:\n"
            "  wrong.csv:4: refused: status: expected priced, found unsupported (no rate for w5a8; known: w2a2 w4a2 "
            "w8a2 w2a4 w4a4 "
            "w8a4 w2a8 w4a8 w8a8) (relative error inf)\n"
            "  wrong.csv:3: far: macs: expected 256, found 128 (relative error 0.5)\n"
            "  wrong.csv:2: near: macs: expected 129, found 128 (relative error 0.00775)\n");
  EXPECT_EQ(run("verify wrong.csv --hw mpic --tolerance 0.01").out.find("wrong.csv on mpic: 1 of 3"), 0u);
}

TEST_F(Command, VerifyRefusesAFigureThatTheMachineDoesNotDefine) {
  expect_error("verify net.csv --hw counts", 1,
               "net.csv:2: error: expected_latency_cycles: counts does not define this metric");
}

TEST_F(Command, VerifyRefusesATableThatExpectsNothing) {
  const std::string error = ":1: error: no expected_<metric> or expected_status column with a value: nothing to verify";
  folder_.write("plain.csv", "name,op,in_channels,in_h,in_w,out_channels\nstem,conv2d,4,2,2,8\n");
  expect_error("verify plain.csv --hw mpic", 1, "plain.csv" + error);
  folder_.write("empty.csv", "name,op,in_channels,in_h,in_w,out_channels,expected_macs\nstem,conv2d,4,2,2,8,\n");
  expect_error("verify empty.csv --hw mpic", 1, "empty.csv" + error);
}

TEST_F(Command, HardwareIsListedShownAndChecked) {
  EXPECT_NE(run("hw list").out.find("\nmpic "), std::string::npos);
  const std::string shown = run("hw show mpic").out;
  EXPECT_NE(shown.find("rate.a8_w8"), std::string::npos);
  EXPECT_NE(shown.find("2.1 MAC/cycle"), std::string::npos);
  EXPECT_NE(shown.find("mpic.info:"), std::string::npos);
  EXPECT_EQ(run("hw check '" HWCOST_SOURCE_DIR "/hw_descriptions/mpic.info'").out,
            HWCOST_SOURCE_DIR "/hw_descriptions/mpic.info: ok\n");
}

TEST_F(Command, AFolderOnTheCommandLineIsLookedInFirst) {
  folder_.write("mine/slow.info", "name slow\nbackend counts\nsummary \"of the test\"\ninherit counts\n");
  EXPECT_NE(run("hw list --hw-path mine").out.find("of the test"), std::string::npos);
  EXPECT_EQ(run("price net.csv --hw-path mine --hw slow").status, 0)
      << run("price net.csv --hw-path mine --hw slow").err;
}

TEST_F(Command, CheckReportsEveryFaultyFileAndGoesOn) {
  folder_.write("good.info", "name good\ninherit counts\n");
  folder_.write("bad.info", "name bad\ninherit counts\nnonsense 1\n");
  const Outcome outcome = run("hw check bad.info good.info");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "good.info: ok\n");
  EXPECT_EQ(outcome.err.find("bad.info:3: error: "), 0u) << outcome.err;
}

TEST_F(Command, ShowRefusesTheFormulaThatCheckRefuses) {
  folder_.write("odd.info", "name odd\ninherit counts\nformula \"macs*nonsense\"\n");
  const Outcome shown = run("hw show ./odd.info");
  EXPECT_EQ(shown.status, 1);
  EXPECT_EQ(shown.out, "");
  EXPECT_EQ(shown.err.find("./odd.info:3: error: formula "), 0u) << shown.err;
  EXPECT_EQ(shown.err, run("hw check ./odd.info").err);
}

TEST_F(Command, MessagesStayShortWhateverAFileHolds) {
  folder_.write("long.csv",
                "op,in_channels,out_channels\nlinear,-" + std::string(1000000, '9') + ".5,1\nlinear,1," + "2\n");
  folder_.write("long-negative.csv", "op,in_channels,out_channels\nlinear,0." + std::string(1000000, '1') + ",1\n");
  for (const std::string file : {"long.csv", "long-negative.csv"}) {
    const Outcome outcome = run("price " + file + " --hw mpic");
    EXPECT_EQ(outcome.status, 1) << file;
    EXPECT_EQ(outcome.err.find(file + ":2: error: column 'in_channels': "), 0u) << outcome.err.substr(0, 200);
    EXPECT_LT(outcome.err.size(), 600u) << file;
  }
}

TEST_F(Command, WrongUsageExitsWithTwoAndOneLine) {
  expect_error("", 2, "error: A subcommand is required");
  expect_error("price net.csv", 2, "error: --hw is required");
  expect_error("price --hw mpic", 2, "error: MODEL is required");
  expect_error("price net.csv --hw mpic --bits 8", 2,
               "error: --bits: '8' is no pair of widths from 1 to 64 such as w4a8");
  expect_error("price net.csv --hw mpic --bits w4a65", 2,
               "error: --bits: 'w4a65' is no pair of widths from 1 to 64 such as w4a8");
  expect_error("price net.csv --hw mpic --batch 0", 2, "error: --batch: '0' is no whole number of at least 1");
  expect_error("price net.csv --hw mpic --batch 2", 2, "error: --batch: goes with .onnx models alone");
  expect_error("price net.csv --hw mpic --input-shape x=1xx", 2,
               "error: --input-shape: 'x=1xx' is no shape such as input=1x3x224x224 or input=1x{64,128}");
  expect_error("price net.csv --hw mpic --input-shape a=1x2,b=3x", 2,
               "error: --input-shape: 'b=3x' is no shape such as input=1x3x224x224 or input=1x{64,128}");
  expect_error("price net.csv --hw mpic --input-shape a=1 --input-shape b=2,a=1", 2,
               "error: --input-shape: 'a' is given twice");
  for (const std::string shape : {"a={}", "a={1,}", "a={1", "a=1}", "a={1,b}", "a={1}{2}", "a=1,"}) {
    expect_error("price net.csv --hw mpic --input-shape '" + shape + "'", 2,
                 "error: --input-shape: '" + shape + "' is no shape such as input=1x3x224x224 or input=1x{64,128}");
  }
  expect_error("price net.csv --hw mpic --input-shape a,b=1,c=2", 2,
               "error: --input-shape: goes with .onnx models alone");
  expect_error("price net.csv --hw mpic --nonsense", 2, "error: The following argument was not expected: --nonsense");
  expect_error("prise net.csv", 2, "error: The following arguments were not expected: net.csv prise");
  expect_error("hw list --hw-path nowhere", 2, "error: --hw-path: Directory does not exist: nowhere");
  expect_error("price net.csv --hw ''", 2, "error: --hw: a name is empty");
  expect_error("price net.csv --hw counts,,mpic", 2, "error: --hw: a name is empty");
  expect_error("price net.csv --hw counts --output ''", 2, "error: --output: is empty");
  expect_error("price net.csv --hw counts --assign ''", 2, "error: --assign: is empty");
  expect_error("import net.csv --output ''", 2, "error: --output: is empty");
  expect_error("verify net.csv --hw mpic --tolerance nan", 2, "error: --tolerance: is no number");
  expect_error("price net.csv --hw mpic --batch 9007199254740993", 2,
               "error: --batch: '9007199254740993' is no whole number of at least 1");
  const Outcome empty = run("price net.csv --formula ''");
  EXPECT_EQ(empty.status, 2);
  EXPECT_EQ(empty.err.find("error: --formula: "), 0u) << empty.err;
  const Outcome format = run("price net.csv --hw mpic --format xml");
  EXPECT_EQ(format.status, 2);
  EXPECT_EQ(format.err.find("error: --format: "), 0u) << format.err;
  const Outcome formula = run("price net.csv --formula 'macs*nonsense'");
  EXPECT_EQ(formula.status, 2);
  EXPECT_EQ(formula.err.find("error: --formula: formula 'macs*nonsense': "), 0u) << formula.err;
}

TEST_F(Command, BadInputExitsWithOneAndOneLocatedLine) {
  folder_.write("bad.csv", "name,op,in_channels,out_channels\na,conv2d,x,8\n");
  expect_error("price model.txt --hw mpic", 1, "model.txt: error: a model ends in .onnx, .csv or .json, not in '.txt'");
  for (const std::string arguments :
       {"price missing.csv --hw mpic", "price missing.onnx --hw mpic", "price missing.json --hw mpic",
        "price bad.csv --hw mpic", "price net.csv --hw missing-machine", "price net.csv --hw ./missing.info",
        "price net.csv --hw counts --output no/such/folder.csv", "price net.csv --hw counts --assign missing.csv",
        "verify missing.csv --hw mpic", "hw show missing-machine"}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 1) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    EXPECT_NE(outcome.err.find("error: "), std::string::npos) << arguments;
    EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << arguments << ": " << outcome.err;
  }
}

// `timeout` leaves with 124 where the command waits.
TEST_F(Command, PipesAreRefusedAndNeverWaitedFor) {
  for (const std::string name : {"pipe.csv", "pipe.json"}) {
    ASSERT_EQ(::mkfifo((folder_.path() / name).c_str(), 0600), 0);
  }
  expect_error("price pipe.csv --hw mpic", 1, "pipe.csv: error: is not a regular file");
  expect_error("price pipe.json --hw mpic", 1, "pipe.json: error: is not a regular file");
  expect_error("verify pipe.csv --hw mpic", 1, "pipe.csv: error: is not a regular file");
  expect_error("price net.csv --hw mpic --assign pipe.csv", 1, "pipe.csv: error: is not a regular file");
  expect_error("price net.csv --hw mpic --output pipe.csv", 1,
               "pipe.csv: error: cannot be written: No such device or address");
}

TEST_F(Command, TextModelsHaveALargestSize) {
  folder_.write("large.json", "");
  fs::resize_file(folder_.path() / "large.json", (std::uintmax_t{256} << 20) + 1);  // a hole: no blocks on the disk
  expect_error("price large.json --hw mpic", 1, "large.json: error: is larger than 256 MiB");
  fs::create_symlink("/dev/zero", folder_.path() / "endless.csv");
  expect_error("price endless.csv --hw mpic", 1, "endless.csv: error: is not a regular file");
}

TEST_F(Command, AFullDiskIsAnError) {
  ASSERT_TRUE(fs::is_character_file("/dev/full"));
  EXPECT_EQ(run("price net.csv --hw counts --output /dev/full").status, 1);
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(Command, ALimitOnTheSizeOfFilesIsAnErrorAndLeavesNothing) {
  std::string rows = "op,in_channels,out_channels\n";
  for (int i = 0; i < 20000; ++i) rows += "linear,1,2\n";
  folder_.write("long.csv", rows);
  const Outcome outcome = run("hw list >/dev/null; ulimit -f 100; '" HWCOST_COMMAND
                              "' price long.csv --hw counts --format csv --output report.csv");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "report.csv: error: cannot be written: File too large\n");
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    EXPECT_EQ(entry.path().string().find("report.csv"), std::string::npos) << entry.path();
  }
}

TEST_F(Command, AResultThatCannotBePrintedIsAnError) {
  const std::string full = fs::exists("/dev/full") ? " >/dev/full" : " >&-";
  for (const std::string arguments : {"price net.csv --hw counts", "import net.csv", "hw list", "hw show mpic",
                                      "verify net.csv --hw mpic", "--help", "price --help", "--version"}) {
    for (const std::string& where : {full, std::string(" >&-")}) {
      const Outcome outcome = run(arguments, where);
      EXPECT_EQ(outcome.status, 1) << arguments << where;
      EXPECT_EQ(outcome.err.find("standard output: error: cannot be written: "), 0u)
          << arguments << where << outcome.err;
    }
  }
}

}  // namespace
}  // namespace hwcost
