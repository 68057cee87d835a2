// Whole networks from their ONNX files against what torch's own hooks counted.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "hwcost/import/onnx.hpp"
#include "hwcost/work.hpp"

namespace hwcost {
namespace {

using Json = nlohmann::json;

const std::string kTests = std::string(HWCOST_SOURCE_DIR) + "/tests";

struct Network {
  std::string file;
  std::string reference;  // its name in networks.json
  bool keeps_bias_adds;   // batch norms were not folded into biases
};

void PrintTo(const Network& network, std::ostream* out) { *out << network.file; }

const Json& networks() {
  static const Json all = Json::parse(std::ifstream(kTests + "/golden/networks.json"));
  return all;
}

const Json& reference(const std::string& network) { return networks().at(network).at("own_hooks"); }

Graph model(const std::string& file) { return import_onnx(kTests + "/models/" + file + ".onnx"); }

Work<> total(const Graph& graph) {
  Work<> sum;
  for (const Node& node : graph.nodes) {
    const Work<> w = work(node.layer);
    sum.macs += w.macs;
    sum.bias_adds += w.bias_adds;
    sum.biases += node.layer.owns_weights ? w.biases : 0.0;
    sum.weights += node.layer.owns_weights ? w.weights : 0.0;
  }
  return sum;
}

class OnnxNetworks : public testing::TestWithParam<Network> {};

// All but the vision transformer, whose attention is several nodes a module and which torch cannot trace.
class OnnxConvolutionalNetworks : public OnnxNetworks {};

TEST_P(OnnxNetworks, MacsAndBiasAddsInTotalAreThoseOfTheHooks) {
  const Json& expected = reference(GetParam().reference);
  const Work<> sum = total(model(GetParam().file));
  EXPECT_EQ(sum.macs, expected.at("macs").get<double>());
  if (GetParam().keeps_bias_adds) {
    EXPECT_EQ(sum.bias_adds, expected.at("bias_adds").get<double>());
  }
}

TEST_P(OnnxConvolutionalNetworks, LayersFollowTheCallsByNameAndMacs) {
  std::vector<std::pair<std::string, double>> expected;
  for (const Json& layer : reference(GetParam().reference).at("per_layer")) {
    const double macs = layer.at("macs").get<double>();
    if (macs > 0.0) expected.emplace_back(layer.at("name").get<std::string>(), macs);
  }
  std::vector<std::pair<std::string, double>> found;
  for (const Node& node : model(GetParam().file).nodes) {
    const double macs = work(node.layer).macs;
    if (macs > 0.0) found.emplace_back(node.layer.name, macs);
  }
  EXPECT_EQ(found, expected);
}

TEST_P(OnnxConvolutionalNetworks, PeakOfLiveActivationsIsThatOfTheNetwork) {
  const Json& expected = networks().at(GetParam().reference).at("activation_liveness");
  const std::optional<ActivationPeak> peak = peak_activations(model(GetParam().file));
  ASSERT_TRUE(peak.has_value());
  EXPECT_EQ(peak->elements, expected.at("peak_live_elements").get<double>());
}

TEST_P(OnnxNetworks, NothingIsLeftUnknown) {
  const Graph graph = model(GetParam().file);
  for (const Node& node : graph.nodes) EXPECT_NE(node.layer.op, Op::custom) << node.layer.name;
  for (const Tensor& tensor : graph.tensors) EXPECT_TRUE(tensor.known_shape) << tensor.name;
  EXPECT_EQ(graph.inputs.size(), 1U);
  EXPECT_EQ(graph.outputs.size(), 1U);
}

const std::vector<Network> kConvolutional{
    {"resnet8_op13", "resnet8", true},
    {"resnet8_op13_unfusedbn", "resnet8", true},
    {"mobilenetv1_025_op13", "mobilenetv1_025", true},
    {"dscnn_op13", "dscnn", true},
    {"ad_autoencoder_op13_stripped", "ad_autoencoder", true},
    {"resnet18_op13_stripped", "resnet18", false},
    {"resnet18_op13_extdata", "resnet18", false},
    {"mobilenet_v2_op13_stripped", "mobilenet_v2", false},
    {"mobilenet_v3_small_op13_stripped", "mobilenet_v3_small", false},
    {"resnet50_op13_stripped", "resnet50", false},
    {"vgg16_op13_stripped", "vgg16", true},
};
const auto kFileName = [](const auto& test) { return test.param.file; };

INSTANTIATE_TEST_SUITE_P(Convolutional, OnnxNetworks, testing::ValuesIn(kConvolutional), kFileName);
INSTANTIATE_TEST_SUITE_P(Convolutional, OnnxConvolutionalNetworks, testing::ValuesIn(kConvolutional), kFileName);
INSTANTIATE_TEST_SUITE_P(Transformer, OnnxNetworks,
                         testing::Values(Network{"vit_b_16_op17_stripped", "vit_b_16", true}), kFileName);

TEST(OnnxVisionTransformer, MacsAndBiasAddsByModuleAreThoseOfTheHooks) {
  std::map<std::string, std::pair<double, double>> found;
  for (const Node& node : model("vit_b_16_op17_stripped").nodes) {
    const Work<> w = work(node.layer);
    if (w.macs == 0.0) continue;
    found[node.layer.module].first += w.macs;
    found[node.layer.module].second += w.bias_adds;
  }
  std::map<std::string, std::pair<double, double>> expected;
  for (const Json& layer : reference("vit_b_16").at("per_layer")) {
    const double macs = layer.at("macs").get<double>();
    if (macs > 0.0) expected[layer.at("name").get<std::string>()] = {macs, layer.at("bias_adds").get<double>()};
  }
  EXPECT_EQ(found, expected);
}

TEST(OnnxVisionTransformer, GeluIsOneLayerABlock) {
  double gelus = 0.0;
  for (const Node& node : model("vit_b_16_op17_stripped").nodes) {
    EXPECT_NE(node.layer.op, Op::erf);
    gelus += node.layer.op == Op::gelu ? 1.0 : 0.0;
  }
  EXPECT_EQ(gelus, 12.0);
}

// The class token too, which only Concat reads.
TEST(OnnxVisionTransformer, ParametersAreAllOfTheNetworks) {
  EXPECT_EQ(total(model("vit_b_16_op17_stripped")).parameters(), reference("vit_b_16").at("params").get<double>());
}

// The two files whose batch norms were not folded away.
TEST(OnnxParameters, EqualThoseOfTheNetworkWhereBatchNormIsStillThere) {
  EXPECT_EQ(total(model("resnet8_op13_unfusedbn")).parameters(), reference("resnet8").at("params").get<double>());
  EXPECT_EQ(total(model("ad_autoencoder_op13_stripped")).parameters(),
            reference("ad_autoencoder").at("params").get<double>());
}

TEST(OnnxPatterns, HardSwishIsOneLayerAndSqueezeExciteStaysAsItIs) {
  std::map<Op, int> count;
  for (const Node& node : model("mobilenet_v3_small_op13_stripped").nodes) ++count[node.layer.op];
  EXPECT_EQ(count[Op::hard_swish], 19);
  EXPECT_EQ(count[Op::hard_sigmoid], 9);
  EXPECT_EQ(count[Op::mul], 9);
}

TEST(OnnxPatterns, ClipFromZeroToSixIsRelu6) {
  std::map<Op, int> count;
  for (const Node& node : model("mobilenet_v2_op13_stripped").nodes) ++count[node.layer.op];
  EXPECT_EQ(count[Op::relu6], 35);
  EXPECT_EQ(count[Op::clip], 0);
}

TEST(OnnxBatch, ReplacesAFixedLeadingDimension) {
  const OnnxOptions options{.batch = 4.0, .input_shapes = {}};
  const Graph graph = import_onnx(kTests + "/models/resnet8_op13.onnx", options);
  EXPECT_EQ(total(graph).macs, 4.0 * reference("resnet8").at("macs").get<double>());
}

}  // namespace
}  // namespace hwcost
