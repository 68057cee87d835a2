#include "tile_loop.hpp"

#include <algorithm>
#include <cmath>

namespace hwcost::cpu_int8 {
namespace {

constexpr double kBytesPerStep = 4.0;    // input channels of one multiply-add
constexpr double kDepthUnrolled = 16.0;  // input channels of one turn of the inner loop

double rounded_up_to(double x, double step) { return std::ceil(x / step) * step; }

// Rows of a register tile of `vectors` vectors: as many as registers allow, fewer where the last tile would be small,
// such that their inputs stay in L1.
double tile_rows(const Structure& machine, double rows, double vectors, double depth) {
  const int most = static_cast<int>((machine.registers - 1.0 - vectors) / vectors);
  double best = 0.0;
  int chosen = 1;
  for (int tile = most; tile >= 1; --tile) {
    if (tile * depth > machine.l1) continue;
    const double merit = rows / rounded_up_to(rows, tile) * (vectors * tile) / (vectors + tile);
    if (merit > best) {
      best = merit;
      chosen = tile;
    }
  }
  return chosen;
}

// A pass over the rows of one row of outputs with so many vectors of channels.
struct Pass {
  double vectors, tile, rows, depth;
  bool prefetches;  // the next weights while it multiplies, at a load each
};

// Cycles of one step, four input channels deep: what ports and latency allow.
double step(const Structure& machine, const Pass& pass, double rows) {
  const double loads = rows + pass.vectors * (pass.prefetches ? 2.0 : 1.0);
  return std::max(
      {rows * pass.vectors / machine.ports * machine.instructions, loads / machine.load_ports, machine.latency});
}

// Instructions of a tile's body: its first turn, and what is left behind the last whole one.
double body(const Pass& pass, double rows) {
  const double steps = (pass.depth >= kDepthUnrolled ? kDepthUnrolled / kBytesPerStep : 0.0) +
                       std::ceil(std::fmod(pass.depth, kDepthUnrolled) / kBytesPerStep);
  return (rows * pass.vectors + rows + pass.vectors) * steps;
}

// Adds what one tap costs in all tiles: those that it reads inputs in, whole or in part. A tile has the instructions of
// all its rows whether the tap is valid in all of them or not.
void add_tap(const Structure& machine, const Pass& pass, const Taps::Range& valid, TileLoop& loop) {
  if (valid.size() <= 0.0) return;
  const double steps = std::ceil(pass.depth / kBytesPerStep);
  const double whole_tiles = std::floor(pass.rows / pass.tile);
  const auto add = [&](double tiles, double valid_rows, double index) {
    if (tiles <= 0.0 || valid_rows <= 0.0) return;
    const double rows = index < whole_tiles ? pass.tile : pass.rows - whole_tiles * pass.tile;
    loop.cycles += tiles * steps * step(machine, pass, valid_rows);
    loop.instructions += tiles * body(pass, rows);
  };
  const double first = std::floor(valid.first / pass.tile);
  const double last = std::floor((valid.last - 1.0) / pass.tile);
  loop.rows += valid.size();
  if (first == last) return add(1.0, valid.size(), first);
  add(1.0, (first + 1.0) * pass.tile - valid.first, first);
  add(last - first - 1.0, pass.tile, first + 1.0);
  add(1.0, valid.last - last * pass.tile, last);
}

// Instructions of the variants of a pass's loop: those of its first two and last two tiles, and at either end one for
// every column of padding.
double variants(const Pass& pass, const Taps& row) {
  const double tiles = std::ceil(pass.rows / pass.tile);
  const double rest = pass.rows - (tiles - 1.0) * pass.tile;
  double sum = 0.0;
  const int counted = static_cast<int>(std::min(tiles, 4.0));
  for (int i = 0; i < counted; ++i) {
    const bool is_last = i == counted - 1;
    const double padded = (i == 0 ? row.padded_before() : 0.0) + (is_last ? row.padded_behind() : 0.0);
    sum += (1.0 + padded) * body(pass, is_last ? rest : pass.tile);
  }
  return sum;
}

// One block of channels.
TileLoop one_block(const Structure& machine, double channels, double depth, const Taps& row) {
  TileLoop loop;
  loop.calls = 1.0;
  const double full = std::floor(channels / machine.lanes);
  const bool has_masked = full * machine.lanes < channels;
  const double widest = std::max(full, 1.0);
  const double tile = tile_rows(machine, row.outputs, widest, depth);
  const bool prefetches = tile * (widest + 1.0) >= machine.registers || std::fmod(depth, kBytesPerStep) > 0.0;
  for (const double vectors : {full, has_masked ? 1.0 : 0.0}) {
    if (vectors == 0.0) continue;
    const Pass pass{vectors, tile, row.outputs, depth, prefetches};
    for (int k = 0; k < std::min(row.taps, kMostTaps); ++k) add_tap(machine, pass, row.valid(k), loop);
    loop.code += variants(pass, row);
  }
  return loop;
}

}  // namespace

Taps::Range Taps::valid(double k) const {
  const double shift = pad - k * dilation;  // an output reads the input output · stride - shift
  const double first = std::clamp(std::ceil(shift / stride), 0.0, outputs);
  const double last = std::clamp(std::floor((inputs - 1.0 + shift) / stride) + 1.0, first, outputs);
  return {first, last};
}

double Taps::pairs() const {
  double sum = 0.0;
  for (int k = 0; k < std::min(taps, kMostTaps); ++k) sum += valid(k).size();
  return sum;
}

double Taps::padded_before() const { return std::ceil(pad / stride); }

double Taps::padded_behind() const {
  const double overhang = (outputs - 1.0) * stride + (taps - 1.0) * dilation + 1.0 - inputs - pad;
  return std::ceil(std::max(overhang, 0.0) / stride);
}

TileLoop& TileLoop::operator+=(const TileLoop& other) {
  calls += other.calls;
  cycles += other.cycles;
  rows += other.rows;
  instructions += other.instructions;
  code = std::max(code, other.code);
  return *this;
}

TileLoop operator*(double times, TileLoop loop) {
  loop.calls *= times;
  loop.cycles *= times;
  loop.rows *= times;
  loop.instructions *= times;
  return loop;
}

TileLoop tile_loop(const Structure& machine, double channels, double depth, double block, const Taps& row) {
  const double blocks = std::floor(channels / block);
  const double rest = channels - blocks * block;
  TileLoop loop;
  if (blocks > 0.0) loop += blocks * one_block(machine, block, depth, row);
  if (rest > 0.0) loop += one_block(machine, rest, depth, row);
  return loop;
}

}  // namespace hwcost::cpu_int8
