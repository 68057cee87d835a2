// Peaks of live activations of whole networks. The numbers are activation_liveness of the reference run with torch.fx
// (tests/golden/README.md): elements, batch 1.
#include <gtest/gtest.h>

#include <string>

#include "hwcost/graph.hpp"
#include "hwcost/import/onnx.hpp"

namespace hwcost {
namespace {

struct Network {
  const char* file;
  double elements;
  const char* at;  // the layer's name
};

class Liveness : public testing::TestWithParam<Network> {};

TEST_P(Liveness, PeakOfTheNetwork) {
  const Graph graph = import_onnx(std::string(HWCOST_SOURCE_DIR "/tests/models/") + GetParam().file);
  const auto peak = peak_activations(graph);
  ASSERT_TRUE(peak);
  EXPECT_EQ(peak->elements, GetParam().elements);
  EXPECT_EQ(graph.nodes[peak->at_elements].layer.name, GetParam().at);
  EXPECT_EQ(peak->bytes, 4.0 * peak->elements);
}

INSTANTIATE_TEST_SUITE_P(Networks, Liveness,
                         testing::Values(Network{"resnet8_op13.onnx", 49152, "s1.conv2"},
                                         Network{"resnet8_op13_unfusedbn.onnx", 49152, "s1.conv2"},
                                         Network{"mobilenetv1_025_op13.onnx", 55296, "features.6"},
                                         Network{"dscnn_op13.onnx", 16000, "features.4"},
                                         Network{"ad_autoencoder_op13_stripped.onnx", 768, "net.0"},
                                         Network{"resnet18_op13_stripped.onnx", 1003520, "maxpool"},
                                         Network{"mobilenet_v2_op13_stripped.onnx", 1505280, "features.2.conv.1.0"},
                                         Network{"mobilenet_v3_small_op13_stripped.onnx", 351232, "features.0.0"},
                                         Network{"resnet50_op13_stripped.onnx", 2408448, "layer1.0"},
                                         Network{"vgg16_op13_stripped.onnx", 6422528, "features.2"}),
                         [](const auto& network) {
                           const std::string name = network.param.file;
                           return name.substr(0, name.find('.'));
                         });

}  // namespace
}  // namespace hwcost
