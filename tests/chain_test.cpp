// Networks as chains of layers: what runs, from which buffers, and how such a run is timed.
#include "hwcost/measure/chain.hpp"

#include <gtest/gtest.h>

#include <random>

#include "hwcost/import/table.hpp"
#include "support/fake_kernels.hpp"

namespace hwcost {
namespace {

Layer linear(double repeat = 1.0) {
  Layer layer = testing::sample_key(8).layer;
  layer.repeat = repeat;
  return layer;
}

// A layer that reads these tensors and writes a new one, which is returned.
TensorId append(Graph& graph, Op op, std::vector<TensorId> inputs) {
  Layer layer = linear();
  layer.op = op;
  if (op == Op::reshape) layer.dims = Movement<>{};
  if (op == Op::add || op == Op::relu) layer.dims = Elementwise<>{};
  Node& node = add_layer(graph, layer);
  node.inputs = std::move(inputs);
  graph.tensors.emplace_back();
  node.outputs = {graph.tensors.size() - 1};
  return node.outputs.front();
}

TEST(Chain, ViewsAndFusedActivationsHandTheirBufferOn) {
  Graph graph;
  graph.tensors.emplace_back();
  const TensorId first = append(graph, Op::linear, {0});
  const TensorId activated = append(graph, Op::relu, {first});
  graph.nodes.back().fused_into = 0;
  const TensorId viewed = append(graph, Op::reshape, {activated});
  append(graph, Op::add, {viewed, first});
  const LayerChain chain = chain_of(graph);
  ASSERT_EQ(chain.links.size(), 2u);
  EXPECT_EQ(chain.links[1].layer.op, Op::add);
  EXPECT_EQ(chain.links[1].node, 3u);
  EXPECT_EQ(chain.links[1].inputs, (std::vector<std::size_t>{first, first}));
}

TEST(Chain, LayersOfATableReadWhatTheOneBeforeWrote) {
  const LayerTable table =
      read_layer_table("name,op,in_channels,out_channels,repeat\na,linear,8,8,3\nb,linear,8,8,1\n", "t");
  const LayerChain chain = chain_of(table.graph);
  ASSERT_EQ(chain.links.size(), 2u);
  EXPECT_EQ(chain.links[1].inputs, chain.links[0].outputs);
  EXPECT_NE(chain.links[0].inputs, chain.links[0].outputs);
  EXPECT_EQ(chain.links[0].repeat, 3.0);
}

TEST(Chain, LayerWithoutEdgesBehindOneWithoutOutputsReadsABufferOfItsOwn) {
  Graph graph;
  graph.tensors.emplace_back();
  append(graph, Op::linear, {0});
  graph.nodes.back().outputs.clear();
  add_layer(graph, linear());
  const LayerChain chain = chain_of(graph);
  ASSERT_EQ(chain.links.size(), 2u);
  EXPECT_EQ(chain.links[1].inputs.size(), 1u);
  EXPECT_NE(chain.links[1].inputs, chain.links[0].inputs);
}

TEST(Chain, LayerThatCannotBeMeasuredHasItsReason) {
  const LayerTable table = read_layer_table("op,in_channels,out_channels,w_bits\nlinear,8,8,4:4|8:4\n", "t");
  EXPECT_NE(chain_of(table.graph).links[0].refusal.find("several widths"), std::string::npos);
}

// Whatever the graph: a buffer's block is large enough, and nothing else is written to it before its last reading.
TEST(Chain, BuffersShareABlockOnlyWhenNoneIsNeededAnyMore) {
  std::mt19937 random(1);
  for (int graph_number = 0; graph_number < 200; ++graph_number) {
    Graph graph;
    graph.tensors.emplace_back();
    for (int i = 0; i < 12; ++i) {
      const auto any = [&] { return random() % graph.tensors.size(); };
      append(graph, i % 3 == 2 ? Op::add : Op::linear, i % 3 == 2 ? std::vector{any(), any()} : std::vector{any()});
    }
    const LayerChain chain = chain_of(graph);
    std::vector<std::size_t> bytes;
    for (std::size_t i = 0; i < chain.buffers; ++i) bytes.push_back(1 + random() % 100);
    const BufferPlan plan = plan_buffers(chain, bytes);
    std::vector<std::optional<std::size_t>> holds(plan.block_bytes.size());  // which buffer a block holds
    holds[plan.block_of[0]] = 0;
    for (const LayerChain::Link& link : chain.links) {
      for (const std::size_t input : link.inputs) ASSERT_EQ(holds[plan.block_of[input]], input);
      const std::size_t output = link.outputs.front();
      for (const std::size_t input : link.inputs) ASSERT_NE(plan.block_of[input], plan.block_of[output]);
      holds[plan.block_of[output]] = output;
      ASSERT_GE(plan.block_bytes[plan.block_of[output]], bytes[output]);
    }
  }
}

TEST(Chain, OneAfterTheOtherNeedsTwoBlocks) {
  Graph graph;
  graph.tensors.emplace_back();
  TensorId last = 0;
  for (int i = 0; i < 5; ++i) last = append(graph, Op::linear, {last});
  const LayerChain chain = chain_of(graph);
  EXPECT_EQ(plan_buffers(chain, std::vector<std::size_t>(chain.buffers, 10)).block_bytes,
            (std::vector<std::size_t>{10, 10}));
}

TEST(Chain, RunIsTimedOverLayersWithAKernelAlone) {
  Graph graph;
  graph.tensors.emplace_back();
  append(graph, Op::add, {append(graph, Op::linear, {0})});
  std::atomic<int> made = 0;
  LayerTimer timer(std::make_unique<testing::FakeLibrary>(made), testing::quick());
  const auto timing = timer.time_chain(chain_of(graph));
  ASSERT_TRUE(timing.has_value()) << timing.error().reason;
  EXPECT_GT(timing->timing.seconds, 0.0);
  EXPECT_GE(timing->timing.accepted, 20.0) << "ten a pass";
  EXPECT_GT(timing->layer_seconds[0], 0.0);
  EXPECT_EQ(timing->layer_seconds[1], 0.0);
  EXPECT_EQ(timing->refusals[1], "linear layers alone");
  graph.nodes.erase(graph.nodes.begin());
  EXPECT_FALSE(timer.time_chain(chain_of(graph)).has_value()) << "nothing ran";
}

}  // namespace
}  // namespace hwcost
