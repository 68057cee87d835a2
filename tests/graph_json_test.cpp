// The IR as JSON: nothing is lost, nothing wrong is accepted.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <string>

#include "hwcost/import/json.hpp"
#include "support/sample_graphs.hpp"
#include "support/temporary_folder.hpp"

namespace hwcost {
namespace {

Graph round_trip(const Graph& graph) { return read_graph_json(graph_to_json(graph), "net.json"); }

std::string fault_in(const std::string& text) {
  try {
    static_cast<void>(read_graph_json(text, "net.json"));
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(GraphJson, NothingOfANetworkIsLost) {
  const Graph graph = testing::sample_network();
  EXPECT_TRUE(round_trip(graph) == graph);
  EXPECT_EQ(graph_to_json(round_trip(graph)), graph_to_json(graph));
  EXPECT_TRUE(round_trip(Graph{}) == Graph{});
}

TEST(GraphJson, NothingOfAnyOperatorIsLost) {
  rc::check([](unsigned seed) {
    const Graph graph = testing::graph_of_random_layers(1, seed);
    RC_ASSERT(round_trip(graph) == graph);
  });
}

TEST(GraphJson, NothingOfWidthsIsLost) {
  rc::check([] {
    Graph graph;
    Layer layer;
    layer.op = Op::linear;
    const double channels = *rc::gen::inRange(1, 20);
    layer.dims = Linear<>{.in_channels = 3, .out_channels = channels};
    std::vector<double> widths;
    while (static_cast<double>(widths.size()) < channels) widths.push_back(*rc::gen::inRange(0, 65));
    layer.precision.weight = WeightFormat::per_channel(widths);
    if (*rc::gen::arbitrary<bool>()) layer.precision.weight.by_channel.clear();
    if (*rc::gen::arbitrary<bool>()) layer.precision.weight.uniform = kFloat32;
    layer.precision.input =
        *rc::gen::element(integer(1), integer(64), kFloat32, NumberFormat{16, NumberFormat::Kind::brain});
    layer.name = *rc::gen::element<std::string>("", "a.b", "with \"quotes\" and \\", "\xC3\xA9");
    layer.repeat = *rc::gen::element(1.0, 2.0, 1e9);
    add_layer(graph, layer);
    RC_ASSERT(round_trip(graph) == graph);
  });
}

TEST(GraphJson, LargestCountsAreExact) {
  Graph graph;
  Layer layer;
  layer.op = Op::reshape;
  layer.dims = Movement<>{9007199254740991.0, 9007199254740991.0};
  add_layer(graph, layer);
  EXPECT_TRUE(round_trip(graph) == graph);
}

TEST(GraphJson, NamesThatAreNoUtf8AreWrittenReplaced) {
  Graph graph;
  graph.name = "caf\xE9";
  EXPECT_EQ(round_trip(graph).name, "caf\xEF\xBF\xBD");
}

TEST(GraphJson, IsReadFromAFile) {
  const TemporaryFolder folder;
  const Graph graph = testing::sample_network();
  EXPECT_TRUE(read_graph_json(std::filesystem::path(folder.write("net.json", graph_to_json(graph)))) == graph);
  EXPECT_THROW(static_cast<void>(read_graph_json(folder.path() / "absent.json")), InputError);
}

TEST(GraphJson, SchemaListsEveryExtentAndOperator) {
  std::ifstream file(std::string(HWCOST_SOURCE_DIR) + "/schemas/hwcost-ir-1.schema.json");
  const auto schema = nlohmann::json::parse(file);
  std::vector<std::string> ops;
  for (const OpInfo& op : kOps) ops.emplace_back(op.name);
  EXPECT_EQ(schema.at("$defs").at("op").at("enum").get<std::vector<std::string>>(), ops);
  const auto& families = schema.at("$defs").at("node").at("allOf");
  ASSERT_EQ(families.size(), std::variant_size_v<Dims>);
  for (const Layer& layer : testing::random_layers(1)) {
    const auto family = static_cast<std::size_t>(info(layer.op).family);
    const auto in_family =
        families.at(family).at("if").at("properties").at("op").at("enum").get<std::vector<std::string>>();
    EXPECT_EQ(std::count(in_family.begin(), in_family.end(), name(layer.op)), 1) << name(layer.op);
    const auto reference = families.at(family).at("then").at("properties").at("dims").at("$ref").get<std::string>();
    const auto& extents = schema.at(nlohmann::json::json_pointer(reference.substr(1))).at("properties");
    std::visit(
        [&]<class D>(const D&) {
          EXPECT_EQ(extents.size(), D::kMembers.size()) << reference;
          for (const auto& member : D::kMembers) EXPECT_TRUE(extents.contains(std::string(member.name))) << member.name;
        },
        layer.dims);
  }
}

// A document of one node and two tensors, with the node's or another part replaced.
std::string document(const std::string& node_fields, const std::string& rest = R"("inputs":[0],"outputs":[1])") {
  return R"({"schema":"hwcost-ir/1","tensors":[{"name":"a","shape":[4],"format":"8"},{"name":"b","shape":[4],"format":"8"}],)" +
         rest + R"(,"nodes":[{"name":"n","op":"relu","dims":{"elements":4,"input_elements":4},"precision":)" +
         R"({"input":"8","weight":"8","output":"8"},"inputs":[0],"outputs":[1])" + node_fields + "}]}";
}

TEST(GraphJson, ShortestDocumentIsRead) {
  EXPECT_EQ(fault_in(document("")), "no error");
  EXPECT_EQ(fault_in(R"({"schema":"hwcost-ir/1","tensors":[],"inputs":[],"outputs":[],"nodes":[]})"), "no error");
}

// `text` with its first `from` replaced.
std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::out_of_range(from);
  return text.replace(at, from.size(), to);
}

struct Fault {
  std::string name;
  std::string text;
  std::string message;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class FaultyJson : public ::testing::TestWithParam<Fault> {};

TEST_P(FaultyJson, IsToldWithItsPath) { EXPECT_EQ(fault_in(GetParam().text), "net.json" + GetParam().message); }

const std::string kPlain = document("");

INSTANTIATE_TEST_SUITE_P(
    GraphJson, FaultyJson,
    ::testing::Values(
        Fault{"Empty", "",
              ":1: error: no JSON: syntax error while parsing value - unexpected end of input; expected '[', '{', or a "
              "literal"},
        Fault{"CutOff", "{\"schema\":\n\n[",
              ":3: error: no JSON: syntax error while parsing value - unexpected end of input; expected '[', '{', or a "
              "literal"},
        Fault{"BehindTheEnd", kPlain + "\n}",
              ":2: error: no JSON: syntax error while parsing value - unexpected '}'; expected end of input"},
        Fault{"HugeNumber", replaced(kPlain, "\"elements\":4", "\"elements\":1e999"),
              ": error: no JSON: number overflow parsing '1e999'"},
        Fault{"Array", "[]", ": error: is array, wanted an object"},
        Fault{"Number", "3", ": error: is number, wanted an object"},
        Fault{"NoSchema", "{}", ": error: has no field 'schema': wanted \"hwcost-ir/1\""},
        Fault{"OtherSchema", R"({"schema":"hwcost-ir/2"})", ": error: schema: is 'hwcost-ir/2', wanted 'hwcost-ir/1'"},
        Fault{"SchemaOfAnotherKind", R"({"schema":1})", ": error: schema: is number, wanted a string"},
        Fault{"NoNodes", R"({"schema":"hwcost-ir/1","tensors":[],"inputs":[],"outputs":[]})",
              ": error: has no field 'nodes'"},
        Fault{"UnknownField", document(R"(,"repeats":2)"),
              ": error: nodes[0]: unknown field 'repeats'; did you mean 'repeat'?"},
        Fault{"RepeatedField", document(R"(,"repeat":2,"repeat":3)"),
              ": error: member 'repeat' is there twice in one object"},
        Fault{"UnknownExtent", replaced(kPlain, "\"elements\"", "\"element\""),
              ": error: nodes[0].dims: unknown field 'element'; did you mean 'elements'?"},
        Fault{"ExtentOfText", replaced(kPlain, "\"elements\":4", "\"elements\":\"4\""),
              ": error: nodes[0].dims.elements: is string, wanted a number"},
        Fault{"UnknownOperator", replaced(kPlain, "relu", "relu7"),
              ": error: nodes[0].op: unknown operator 'relu7'; did you mean 'relu'?"},
        Fault{"UnknownFormat", replaced(kPlain, "\"input\":\"8\"", "\"input\":\"8.5\""),
              ": error: nodes[0].precision.input: '8.5' is no format: wanted \"0\" to \"64\", or one of f4, f8, f16, "
              "bf16, "
              "f32, "
              "f64"},
        Fault{"NullFormat", replaced(kPlain, "\"input\":\"8\"", "\"input\":null"),
              ": error: nodes[0].precision.input: is null, wanted a string"},
        Fault{"FlagOfNumber", document(R"(,"owns_weights":1)"),
              ": error: nodes[0].owns_weights: is number, wanted true or false"},
        Fault{"FractionalIndex", replaced(kPlain, "\"inputs\":[0]", "\"inputs\":[0.5]"),
              ": error: inputs[0]: is 0.5, wanted a whole number from 0 on"},
        Fault{"NegativeIndex", document(R"(,"fused_into":-1)"),
              ": error: nodes[0].fused_into: is -1, wanted a whole number from 0 on"},
        Fault{"TensorThatIsNone", document("", R"("inputs":[7],"outputs":[1])"),
              ": error: network input 7 is no tensor: there are 2"},
        Fault{"Cycle", document("", R"("inputs":[],"outputs":[1])"),
              ": node n: error: reads 'a', which no earlier node computes: a cycle, or nodes out of order"},
        Fault{"FusedIntoItself", document(R"(,"fused_into":0)"),
              ": node n: error: is fused into node 0, which is no earlier one"},
        Fault{"WeightsOfALaterNode", document(R"(,"owns_weights":false,"weights_of":0)"),
              ": node n: error: reads the weights of node 0, which is no earlier one"},
        Fault{"NoBits", replaced(kPlain, "\"input\":\"8\"", "\"input\":\"0\""),
              ": node n: error: input bits is 0, not a whole number from 1 to 64"},
        Fault{"NoBitsOfATensor", replaced(kPlain, "\"format\":\"8\"", "\"format\":\"0\""),
              ": error: tensor 'a' has a width of 0 bits, wanted 1 to 64"},
        Fault{"Contradiction", replaced(kPlain, "\"elements\":4", "\"elements\":0"),
              ": node n: error: elements is 0, not a positive whole number up to 2^53"},
        Fault{"NegativeShape", replaced(kPlain, "[4]", "[-4]"),
              ": error: tensor 'a': extent -4 is no whole number of at least 0"}),
    [](const auto& test) { return test.param.name; });

TEST(GraphJson, NumbersThatADoubleRoundsAreRefused) {
  EXPECT_EQ(fault_in(replaced(kPlain, "\"elements\":4", "\"elements\":9007199254740993")),
            "net.json: error: nodes[0].dims.elements: 9007199254740993 is beyond 2^53, up to which numbers are exact");
  EXPECT_EQ(fault_in(replaced(kPlain, "[4]", "[9007199254740993]")),
            "net.json: error: tensors[0].shape[0]: 9007199254740993 is beyond 2^53, up to which numbers are exact");
}

TEST(GraphJson, NamesAndModulesHaveALargestLength) {
  const std::string plain = document(R"(,"module":"m")");
  EXPECT_EQ(fault_in(replaced(plain, R"("name":"n")", R"("name":")" + std::string(400000, 'n') + '"')),
            "net.json: error: node 0: its name has 400000 characters, more than 4096");
  EXPECT_EQ(fault_in(replaced(plain, R"("module":"m")", R"("module":")" + std::string(64, '.') + '"')),
            "net.json: error: node 0: its module has 65 segments, more than 64");
  EXPECT_EQ(fault_in(replaced(plain, R"("name":"a")", R"("name":")" + std::string(4097, 'n') + '"')),
            "net.json: error: tensor 0: its name has 4097 characters, more than 4096");
}

TEST(GraphJson, TextsAreOneLineOfLimitedLength) {
  const auto fault_with = [](const std::string& field, const std::string& text) {
    return fault_in(document(",\"" + field + "\":\"" + text + '"'));
  };
  EXPECT_EQ(fault_in(replaced(kPlain, R"("name":"n")", R"("name":"n\u0000\u001b[2J")")),
            "net.json: error: node 0: its name holds the control character U+0000");
  EXPECT_EQ(fault_in(replaced(kPlain, R"("name":"a")", R"("name":"\u009b2J")")),
            "net.json: error: tensor 0: its name holds the control character U+009B");
  EXPECT_EQ(fault_with("assumption", "two\\nlines"),
            "net.json: error: node 0: its assumption holds the control character U+000A");
  EXPECT_EQ(fault_with("assumption", "  "), "net.json: error: node 0: its assumption is blank");
  EXPECT_EQ(fault_with("assumption", std::string(1025, 'a')),
            "net.json: error: node 0: its assumption has 1025 characters, more than 1024");
  EXPECT_EQ(fault_with("custom_reason", std::string(1025, 'a')),
            "net.json: error: node 0: its reason has 1025 characters, more than 1024");
  EXPECT_EQ(fault_with("custom_op", std::string(4097, 'a')),
            "net.json: error: node 0: its operator's name has 4097 characters, more than 4096");
}

// Processor seconds that reading a document of so many nodes takes.
double seconds_to_read(int nodes) {
  std::string text = R"({"schema":"hwcost-ir/1","tensors":[],"inputs":[],"outputs":[],"nodes":[)";
  for (int i = 0; i < nodes; ++i) {
    if (i > 0) text += ',';
    text += R"({"name":"n","op":"relu","dims":{"elements":4},"inputs":[],"outputs":[],)"
            R"("precision":{"input":"8","weight":"8","output":"8"}})";
  }
  const std::clock_t start = std::clock();
  EXPECT_EQ(fault_in(text + "]}"), "no error");
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

TEST(GraphJson, ReadingTakesTimeInProportionToTheNodes) {
  EXPECT_LT(seconds_to_read(200000), 30.0 * seconds_to_read(20000)) << "10 times as long is in proportion";
}

TEST(GraphJson, DeepNestingIsRefusedBeforeItIsBuilt) {
  for (const std::string& text :
       {std::string(100000, '['), "{\"notes\":" + std::string(1000, '[') + std::string(1000, ']') + "}"}) {
    EXPECT_EQ(fault_in(text), "net.json: error: values are nested more than 32 deep");
  }
}

TEST(GraphJson, FaultsAreThisFilesNotTheModelsThatItWasReadFrom) {
  Graph graph = testing::sample_network();
  graph.nodes[1].inputs = {3};
  EXPECT_TRUE(fault_in(graph_to_json(graph)).starts_with("net.json")) << fault_in(graph_to_json(graph));
}

}  // namespace
}  // namespace hwcost
