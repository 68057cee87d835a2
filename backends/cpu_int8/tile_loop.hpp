// The loop of a batch-reduce kernel over register tiles. Private to this backend.
#pragma once

#include "counts.hpp"

namespace hwcost::cpu_int8 {

// Outputs along a row and the taps of the kernel's columns: which of them read an input and which only padding.
struct Taps {
  double outputs = 1.0, inputs = 1.0;
  double taps = 1.0, stride = 1.0, dilation = 1.0, pad = 0.0;

  // The outputs of which tap `k` reads an input: [first, last).
  struct Range {
    double first, last;
    [[nodiscard]] double size() const { return last - first; }
  };
  [[nodiscard]] Range valid(double k) const;
  // Pairs of an output and a tap that reads an input.
  [[nodiscard]] double pairs() const;
  // Columns of padding that the kernel sees at either end, in outputs.
  [[nodiscard]] double padded_before() const;
  [[nodiscard]] double padded_behind() const;
};

// What the kernel does for one row of outputs: rows (outputs) x channels, `depth` input channels deep for each tap.
struct TileLoop {
  double calls = 0.0;         // blocks of channels
  double cycles = 0.0;        // of the multiply-adds
  double rows = 0.0;          // rows by taps, a pass for each group of vectors
  double instructions = 0.0;  // run from the front of a loop that turns only once
  double code = 0.0;          // instructions of all variants of the loop: what has to stay decoded

  TileLoop& operator+=(const TileLoop& other);
  friend TileLoop operator*(double times, TileLoop loop);
};

// Channels are worked on in blocks of `block`, a block in vectors: full ones together, a masked one in a pass of its
// own. `row` holds the outputs and which taps of them are padding.
TileLoop tile_loop(const Structure& machine, double channels, double depth, double block, const Taps& row);

}  // namespace hwcost::cpu_int8
