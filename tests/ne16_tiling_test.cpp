// The tiles that NE16's backend chooses, against every tiling there is, each priced tile by tile.
#include <gtest/gtest.h>

#include "support/ne16_reference.hpp"

namespace hwcost {
namespace {

using testing::Ne16Memory;
using testing::Ne16Reference;
using testing::Ne16Tile;
using testing::RandomNe16;

double figure(const Backend& backend, const Layer& layer, std::string_view name) {
  const auto parts = backend.mapping(layer);
  for (const MappingFigure& detail : parts.at(0).figures) {
    if (detail.name == name) return detail.value;
  }
  ADD_FAILURE() << "no detail " << name;
  return 0.0;
}
Ne16Tile chosen_tile(const Backend& backend, const Layer& layer) {
  return {figure(backend, layer, "tile_height"), figure(backend, layer, "tile_width"),
          figure(backend, layer, "tile_channels")};
}

std::string text_of(const Ne16Memory& m, const Layer& layer) {
  std::string text =
      fmt::format("L1 {}, L2 {}, DMA {}, L3 {}, set-up {}, programming {}, tile {}, refusals {}, start {};", m.l1_bytes,
                  m.l2_bytes, m.dma_bytes_a_cycle, m.l3_bytes_a_cycle, m.transfer_setup, m.job_programming,
                  m.tile_handling, m.l1_refusals, m.job_start);
  std::visit(
      [&]<class D>(const D& d) {
        for (const auto& member : D::kMembers) {
          if (d.*member.pointer != D{}.*member.pointer) text += fmt::format(" {}={}", member.name, d.*member.pointer);
        }
      },
      layer.dims);
  const auto& r = layer.precision.requantization;
  return text + fmt::format(" w{} o{} scale {}", layer.precision.weight.uniform.bits, layer.precision.output.bits,
                            r ? r->scale_bits : -1.0);
}

struct Seen {
  int priced = 0, without_tile = 0, of_one_tile = 0, of_many_tiles = 0;
};

// What holds for every layer on every machine. `exact`: equal prices are equal to the bit, so ties are too.
void check(const Ne16Memory& memory, const Backend& jobs, const Backend& layers, const Layer& layer, bool exact,
           Seen& seen) {
  SCOPED_TRACE(text_of(memory, layer));
  ASSERT_EQ(contradiction(layer), std::nullopt);
  const Ne16Reference reference(memory, jobs, layer);
  const auto best = reference.best();
  const auto estimate = layers.estimate(layer);
  ASSERT_EQ(estimate.has_value(), best.has_value());
  if (!best) {
    ASSERT_NE(estimate.error().reason.find("no tile of it fits L1"), std::string::npos) << estimate.error().reason;
    ASSERT_TRUE(layers.mapping(layer).empty());
    ++seen.without_tile;
    return;
  }
  ++seen.priced;
  ++(best->tile == reference.whole() ? seen.of_one_tile : seen.of_many_tiles);
  const double expected = reference.times() * best->cycles;
  ASSERT_NEAR(estimate->cost.latency().value, expected, 1e-9 * expected);
  const Ne16Tile tile = chosen_tile(layers, layer);
  if (exact) {
    ASSERT_EQ(tile.height, best->tile.height);
    ASSERT_EQ(tile.width, best->tile.width);
    ASSERT_EQ(tile.channels, best->tile.channels);
  }
  ASSERT_NEAR(reference.cycles(tile), best->cycles, 1e-9 * best->cycles);
  ASSERT_LE(reference.l1_bytes(tile), memory.l1_bytes);
  ASSERT_EQ(figure(layers, layer, "l1_bytes"), reference.l1_bytes(tile));
}

// Twelve layers on a machine; a machine is made anew, so nothing is remembered from another one.
template <class MakeMemory, class MakeLayer>
Seen check_many(int machines, bool exact, MakeMemory&& make_memory, MakeLayer&& make_layer) {
  Seen seen;
  for (int m = 0; m < machines && !::testing::Test::HasFatalFailure(); ++m) {
    const Ne16Memory memory = make_memory();
    const Machine jobs = memory.jobs();
    const Machine layers = memory.layers();
    for (int i = 0; i < 12 && !::testing::Test::HasFatalFailure(); ++i)
      check(memory, *jobs.backend, *layers.backend, make_layer(), exact, seen);
  }
  return seen;
}

TEST(Ne16Tiling, ChosenTileIsThatOfAnExhaustiveSearch) {
  RandomNe16 random(1);
  const Seen seen = check_many(
      70, true, [&] { return random.exact_memory(); }, [&] { return random.layer(); });
  EXPECT_GE(seen.priced, 500);
  EXPECT_GE(seen.without_tile, 20);
  EXPECT_GE(seen.of_one_tile, 80);
  EXPECT_GE(seen.of_many_tiles, 200);
}

// Bandwidths that round, accesses to L1 that are refused: prices that are equal but for rounding may swap tiles.
TEST(Ne16Tiling, PriceIsTheLeastOnMachinesWhoseQuotientsRound) {
  RandomNe16 random(2);
  const Seen seen = check_many(
      50, false, [&] { return random.memory(); }, [&] { return random.layer(20); });
  EXPECT_GE(seen.priced, 300);
}

// A 1x1 convolution with a stride reads fewer than stride inputs an output: 3 outputs, 5 inputs. L1 is such that
// weights decide how much of it there is for pixels.
TEST(Ne16Tiling, StridedPointwiseLayersTakeTheLargeTilesThatTheirFewInputsAllow) {
  RandomNe16 random(3);
  Convolution<> d;
  const auto memory = [&] {
    Ne16Memory m = random.exact_memory();
    d.in_channels = 16.0 * random.upto(16);
    d.out_channels = 32.0 + random.upto(200);
    d.stride_height = d.stride_width = random.upto(3) + 1.0;
    m.l1_bytes = std::floor(4096.0 + d.in_channels * d.out_channels * random.real(0.3, 3.0));
    m.tile_handling = random.pick({1000, 10000});
    m.dma_bytes_a_cycle = 64.0;
    m.transfer_setup = 0.0;
    return m;
  };
  const auto make_layer = [&] {
    Layer layer = random.layer();
    d.out_height = 3.0 + random.upto(30);
    d.out_width = 3.0 + random.upto(30);
    d.in_height = (d.out_height - 1.0) * d.stride_height + 1.0;
    d.in_width = (d.out_width - 1.0) * d.stride_width + 1.0;
    layer.op = Op::conv2d;
    layer.dims = d;
    return layer;
  };
  const Seen seen = check_many(60, true, memory, make_layer);
  EXPECT_GE(seen.of_many_tiles, 300);
}

// Where starting a job costs nothing, tiles are free but for what surrounds them, and a job of the queue saves a cycle.
TEST(Ne16Tiling, SmallTilesWinWhereNothingButTheFirstLoadCosts) {
  RandomNe16 random(4);
  const auto memory = [&] {
    Ne16Memory m;
    m.job_start = m.transfer_setup = m.tile_handling = m.layer_handling = 0.0;
    m.dma_bytes_a_cycle = random.pick({4, 16, 1024});
    m.l1_bytes = random.pick({20000, 120000, 1e6});
    return m;
  };
  const Seen seen = check_many(20, true, memory, [&] { return random.layer(15); });
  EXPECT_GE(seen.of_many_tiles, 150);
}

}  // namespace
}  // namespace hwcost
