#include "counts.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "tile_loop.hpp"

namespace hwcost::cpu_int8 {
namespace {

constexpr double kStepDepth = 4.0;  // input channels of one multiply-add

double tiles(double x, double tile) { return std::ceil(x / tile); }
double rounded_up_to(double x, double step) { return std::ceil(x / step) * step; }
double when(bool condition, double x) { return condition ? x : 0.0; }
bool divides(double step, double x) { return std::fmod(x, step) == 0.0; }

// Share of what no longer fits, from 0 at `low` to 1 at `high`: caches spill gradually.
double share_beyond(double size, double low, double high) { return std::clamp((size - low) / (high - low), 0.0, 1.0); }

// A layer's bytes, one an element.
struct Bytes {
  double input, output, weights;
};

// What a layer touches spills from L2 between 0.8 and 1.5 of its size; of the shared L3 the neighbours leave between an
// eighth and two thirds.
void add_spill(const Structure& machine, double bytes, Counts& c) {
  c[Term::beyond_l2] = bytes * share_beyond(bytes, 0.8 * machine.l2, 1.5 * machine.l2);
  c[Term::beyond_l3] = bytes * share_beyond(bytes, machine.l3 / 8.0, machine.l3 * 2.0 / 3.0);
}
void add_bytes(const Structure& machine, const Bytes& bytes, Counts& c) {
  c[Term::input] = bytes.input;
  c[Term::output] = bytes.output;
  c[Term::weight] = bytes.weights;
  add_spill(machine, bytes.input + bytes.output + bytes.weights, c);
}
double outgrown_l2(const Structure& machine, double weights) {
  return weights * share_beyond(weights, machine.l2 / 2.0, 1.2 * machine.l2);
}

// A convolution in the numbers that its kernels work with.
struct Shape {
  explicit Shape(const Convolution<>& d)
      : batch(d.batch),
        groups(d.groups),
        in(d.in_channels / d.groups),
        out(d.out_channels / d.groups),
        in_pixels(d.in_height * d.in_width),
        pixels(d.out_height * d.out_width),
        across{d.out_width, d.in_width, d.kernel_width, d.stride_width, d.dilation_width, d.pad_left},
        down{d.out_height, d.in_height, d.kernel_height, d.stride_height, d.dilation_height, d.pad_top},
        bytes{d.batch * d.in_channels * in_pixels, d.batch * d.out_channels * pixels,
              d.out_channels * in * d.kernel_height * d.kernel_width} {}

  double batch, groups;
  double in, out;  // channels of a group
  double in_pixels, pixels;
  Taps across, down;
  Bytes bytes;

  [[nodiscard]] double runs() const { return batch * groups; }
  [[nodiscard]] double taps() const { return across.taps * down.taps; }
  [[nodiscard]] double strides() const { return across.stride * down.stride; }
  [[nodiscard]] bool is_pointwise() const { return taps() == 1.0 && across.pad == 0.0 && down.pad == 0.0; }
  [[nodiscard]] bool is_depthwise() const { return groups > 1.0 && in == 1.0 && out == 1.0; }
};

// Channels of the block of weights that a batch-reduce kernel works on: the widest of those that the library allows.
double channel_block(const Structure& machine, const Shape& s) {
  const double vector = machine.lanes;
  const double padded = rounded_up_to(s.out, vector);
  bool four = divides(4.0 * vector, padded);
  bool three = false;
  if (s.is_pointwise()) {
    four = four && s.pixels >= 4.0 * vector * s.strides();
    three = s.out >= 0.95 * rounded_up_to(s.out, 3.0 * vector);
  } else {
    four = four && padded < 48.0 * vector;
    three = divides(3.0 * vector, padded) && padded <= 96.0 * vector && s.in_pixels > 81.0 * s.strides();
  }
  return vector * (four ? 4.0 : three ? 3.0 : s.out > vector ? 2.0 : 1.0);
}

void add_loop(const Structure& machine, const TileLoop& loop, double runs, double depth, Counts& c) {
  c[Term::call] = runs * loop.calls;
  c[Term::cycle] = runs * loop.cycles;
  // What was decoded is thrown out gradually too.
  c[Term::decode] = runs * loop.instructions * share_beyond(loop.code, 0.45 * machine.decoded, machine.decoded);
  c[Term::depth_tail] = when(!divides(16.0, depth), runs * loop.rows);
}

// Rows of outputs, or of all outputs where they lie one behind the other, in blocks whose inputs fit in L1.
TileLoop pointwise_loop(const Structure& machine, const Shape& s, double block) {
  constexpr double kMostRows = 1001.0;
  const bool is_flat = s.strides() == 1.0;
  const double rows = is_flat ? s.pixels : s.across.outputs;
  const double fitting = std::floor(machine.l1 / rounded_up_to(s.in, 64.0));
  const double part = tiles(rows, tiles(rows, std::clamp(fitting, 1.0, kMostRows)));
  const double parts = std::floor(rows / part);
  const auto of_rows = [&](double n) { return tile_loop(machine, s.out, s.in, block, Taps{n, n}); };
  TileLoop loop = parts * of_rows(part);
  if (rows > parts * part) loop += of_rows(rows - parts * part);
  return (is_flat ? 1.0 : s.down.outputs) * loop;
}

void count_brgemm(const Structure& machine, const Shape& s, Counts& c) {
  const double block = channel_block(machine, s);
  if (s.is_pointwise()) {
    add_loop(machine, pointwise_loop(machine, s, block), s.runs(), s.in, c);
  } else {
    const TileLoop row = tile_loop(machine, s.out, s.in, block, s.across);
    add_loop(machine, row, s.runs() * s.down.pairs(), s.in, c);
    c[Term::call] = s.runs() * s.down.outputs * row.calls;
  }
  c[Term::entry] = s.runs() * s.down.outputs * s.taps() * tiles(s.out, block);
  c[Term::vector] = s.runs() * s.pixels * tiles(s.out, machine.lanes);
  c[Term::masked] = when(!divides(machine.lanes, s.out), s.runs() * s.pixels);
  c[Term::sliced] = when(s.groups > 1.0, c[Term::vector]);
  c[Term::sliced_masked] = when(s.groups > 1.0, c[Term::masked]);
  c[Term::refetch] = s.batch * outgrown_l2(machine, s.bytes.weights);
  add_bytes(machine, s.bytes, c);
}

// A kernel that works on up to four vectors of channels and as many outputs of a row as the registers then hold.
void count_brgemm_depthwise(const Structure& machine, const Shape& s, Counts& c) {
  constexpr double kOtherRegisters = 6.0;
  const double channels = s.groups;
  const double vectors = tiles(channels, machine.lanes);
  const double together = std::min(4.0, vectors);
  const double tile = std::clamp(std::floor((machine.registers - kOtherRegisters) / together), 1.0, s.across.outputs);
  double visits = 0.0;  // tiles by taps that read an input in them
  for (int k = 0; k < std::min(s.across.taps, kMostTaps); ++k) {
    const Taps::Range valid = s.across.valid(k);
    if (valid.size() > 0.0) visits += std::floor((valid.last - 1.0) / tile) - std::floor(valid.first / tile) + 1.0;
  }
  const double rows = s.batch * s.down.outputs;
  const double row_taps = s.batch * s.down.pairs();
  const double window = s.across.inputs * channels * s.down.taps;  // bytes of the rows under the kernel
  const double read = row_taps * s.across.outputs * channels;
  c[Term::cycle] = row_taps * vectors * s.across.pairs() * machine.instructions / machine.ports;
  c[Term::row] = rows;
  c[Term::tap] = row_taps * s.across.taps;
  c[Term::visit] = row_taps * visits * vectors;
  c[Term::block] = row_taps * visits * tiles(vectors, together);
  c[Term::vector] = s.batch * s.pixels * vectors;
  c[Term::masked] = when(!divides(machine.lanes, channels), row_taps * visits);
  c[Term::beyond_l1] = read * share_beyond(window, machine.l1 / 2.0, 2.0 * machine.l1);
  c[Term::wide_row] = read * share_beyond(window, machine.l1, machine.l2);
  add_spill(machine, s.bytes.input + s.bytes.output, c);
}

// Registers of a direct kernel that hold sums; without a single instruction for it, a multiply-add needs three more.
double sum_registers(const Structure& machine) { return machine.registers - (machine.instructions > 1.0 ? 4.0 : 2.0); }

// Vectors that a direct kernel works on together: the most of four, three and two that divide all of them and of which
// `fits` says that outputs may be tiled so.
template <class Fits>
double vectors_together(double vectors, Fits&& fits) {
  for (int together = 4; together > 1; --together) {
    if (divides(together, vectors) && fits(together)) return together;
  }
  return 1.0;
}

// A call for each row of outputs and block of vectors. Where taps overlap, small kernels keep a row's inputs in
// registers.
void count_direct_depthwise(const Structure& machine, const Shape& s, Counts& c) {
  const Taps& row = s.across;
  const double vectors = tiles(s.groups, machine.lanes);
  const double together = vectors_together(vectors, [](double) { return true; });
  const double blocks = vectors / together;
  const double registers = sum_registers(machine) + 1.0;
  const bool keeps_inputs = row.stride < row.taps && row.taps < 4.0 && row.dilation == 1.0;
  const double tile =
      keeps_inputs ? (registers + 1.0 - row.taps + row.stride) / (together + row.stride) : registers / together;
  const double rows = s.batch * s.down.outputs;
  const double row_taps = s.batch * s.down.pairs();
  c[Term::cycle] = row_taps * vectors * row.pairs() * machine.instructions / machine.ports;
  c[Term::row] = rows * blocks;
  c[Term::row_vector] = rows * vectors;
  c[Term::block] = row_taps * row.taps * tiles(row.outputs, std::max(std::floor(tile), 1.0)) * blocks;
  c[Term::vector] = s.batch * s.pixels * vectors;
  add_spill(machine, s.bytes.input + s.bytes.output, c);
}

// Channels of groups are blocked by a whole vector, a half or a quarter, as they divide.
double direct_block(const Structure& machine, const Shape& s) {
  double block = machine.lanes;
  while (s.groups > 1.0 && block > kStepDepth && !(divides(block, s.in) && divides(block, s.out))) block /= 2.0;
  return block;
}

// Blocks of vectors that share the broadcasts of inputs. Tiles of a row are to hold its padding, and to leave no single
// output over; 1x1 kernels do without.
double direct_blocks(const Structure& machine, const Shape& s, Kernel kernel, double vectors) {
  if (kernel == Kernel::direct_pointwise) return tiles(vectors, 4.0);
  const auto fits = [&](double together) {
    const double tile = std::min(s.across.outputs, std::floor(sum_registers(machine) / (together + 1.0)));
    return tile >= 1.0 && s.across.pad <= tile && std::fmod(s.across.outputs, tile) != 1.0;
  };
  return vectors / vectors_together(vectors, fits);
}

void count_direct(const Structure& machine, const Shape& s, Counts& c) {
  const double block = direct_block(machine, s);
  const double depth = s.groups > 1.0 ? rounded_up_to(s.in, block) : s.in;
  const double steps = tiles(depth, kStepDepth);
  const double vectors = tiles(s.out, block);
  const double blocks = direct_blocks(machine, s, c.kernel, vectors);
  const double pairs = s.runs() * s.down.pairs() * s.across.pairs();
  c[Term::cycle] = pairs * steps * vectors * machine.instructions / machine.ports;
  c[Term::load] = pairs * steps * blocks;
  c[Term::row] = s.runs() * s.down.outputs * blocks;
  c[Term::row_vector] = s.runs() * s.down.outputs * vectors;
  c[Term::tap] = s.runs() * s.down.pairs() * s.across.taps * blocks;
  c[Term::vector] = s.runs() * s.pixels * vectors;
  c[Term::masked] = when(!divides(block, s.out), s.runs() * s.pixels);
  c[Term::byte_tail] = when(!divides(kStepDepth, s.in), pairs * blocks);
  c[Term::strided] = when(s.across.stride > 1.0, c[Term::cycle]);
  c[Term::reread] = s.runs() * tiles(s.pixels, 64.0) * s.out * s.in * s.taps();
  add_bytes(machine, s.bytes, c);
}

// im2col, then a multiplication for every image and group.
void count_gemm_grouped(const Structure& machine, const Shape& s, Counts& c) {
  const double depth = s.in * s.taps();
  const double columns = s.runs() * s.pixels * depth;
  const bool is_strided = s.across.stride > 1.0;
  c[Term::call] = s.runs();
  c[Term::cycle] = s.runs() * s.pixels * tiles(s.out, machine.lanes) * tiles(depth, kStepDepth) * machine.instructions /
                   machine.ports;
  c[Term::copied] = when(s.taps() > 1.0 && !is_strided, columns);
  c[Term::copied_strided] = when(is_strided, columns);
  c[Term::pixel] = s.runs() * s.pixels;
  c[Term::output] = s.bytes.output;
}

// `products` products [rows x depth] · [depth x columns].
struct Product {
  double products, rows, depth, columns;
  Bytes bytes;
};
Product product(const Linear<>& d) {
  const double rows = d.batch * d.tokens;
  return {1.0,
          rows,
          d.in_channels,
          d.out_channels,
          {rows * d.in_channels, rows * d.out_channels, d.in_channels * d.out_channels}};
}
Product product(const MatMul<>& d) {
  return {d.batch,
          d.rows,
          d.depth,
          d.columns,
          {d.batch * d.rows * d.depth, d.batch * d.rows * d.columns, d.batch / d.shared_batch * d.depth * d.columns}};
}

void count_brgemm(const Structure& machine, const Product& p, Counts& c) {
  const TileLoop loop = tile_loop(machine, p.columns, p.depth, 4.0 * machine.lanes, Taps{p.rows, p.rows});
  add_loop(machine, loop, p.products, p.depth, c);
  c[Term::decode] = 0.0;  // the list of products has one entry: its loop stays decoded
  c[Term::vector] = p.products * p.rows * tiles(p.columns, machine.lanes);
  c[Term::masked] = when(!divides(machine.lanes, p.columns), p.products * p.rows);
  c[Term::refetch] = outgrown_l2(machine, p.bytes.weights);
  add_bytes(machine, p.bytes, c);
}

// Vectors of columns; those left over are done in pieces of 8, 4, 2 and 1, which take as long: one for each bit set in
// their number.
double vectors_and_pieces(const Structure& machine, double columns) {
  const double vectors = std::floor(columns / machine.lanes);
  const double rest = std::ceil(columns - vectors * machine.lanes);
  return vectors + std::popcount(static_cast<unsigned>(rest));
}

void count_gemm(const Structure& machine, const Product& p, Counts& c) {
  const double vectors = vectors_and_pieces(machine, p.columns);
  const double steps = tiles(p.depth, kStepDepth) * machine.instructions / machine.ports;
  constexpr double kTileRows = 4.0;
  c[Term::call] = p.products;
  c[Term::cycle] = p.products * p.rows * vectors * steps;
  c[Term::vector] = p.products * p.rows * vectors;
  c[Term::tile] = p.products * tiles(p.rows, kTileRows) * tiles(p.columns, 3.0 * machine.lanes);
  c[Term::tile_cycle] = p.products * rounded_up_to(p.rows, kTileRows) * vectors * steps;
  c[Term::column] = p.products * p.columns;
  add_bytes(machine, p.bytes, c);
}

Counts counts_of(const Structure& machine, Kernel kernel, const Product& p) {
  Counts c{kernel, {}};
  c[Term::layer] = 1.0;
  if (machine.brgemm != 0.0) {
    count_brgemm(machine, p, c);
  } else {
    count_gemm(machine, p, c);
  }
  return c;
}

// Batch-reduce kernels leave out groups of few channels, and rows of little work in tall images.
bool has_brgemm(const Structure& machine, const Shape& s) {
  if (machine.brgemm == 0.0 || (s.groups > 1.0 && s.in <= machine.lanes)) return false;
  return s.is_pointwise() || s.in > 128.0 || s.down.outputs < 100.0 ||
         s.in * channel_block(machine, s) * s.across.outputs > 8192.0;
}

Kernel kernel_of(const Structure& machine, const Shape& s) {
  if (s.is_depthwise()) return machine.brgemm != 0.0 ? Kernel::brgemm_depthwise : Kernel::direct_depthwise;
  if (has_brgemm(machine, s)) return s.is_pointwise() ? Kernel::brgemm_pointwise : Kernel::brgemm_spatial;
  if (s.groups == 1.0) return s.is_pointwise() ? Kernel::direct_pointwise : Kernel::direct_spatial;
  if (divides(kStepDepth, s.in) && divides(kStepDepth, s.out)) return Kernel::direct_spatial;
  return machine.lanes > 8.0 ? Kernel::gemm_grouped : Kernel::reference;
}

}  // namespace

Kernel kernel_of(const Structure& machine, const Convolution<>& d) { return kernel_of(machine, Shape(d)); }
Kernel kernel_of(const Structure& machine, const Linear<>&) {
  return machine.brgemm != 0.0 ? Kernel::brgemm_linear : Kernel::gemm_linear;
}
Kernel kernel_of(const Structure& machine, const MatMul<>&) {
  return machine.brgemm != 0.0 ? Kernel::brgemm_matmul : Kernel::gemm_matmul;
}

Counts counts(const Structure& machine, const Convolution<>& d) {
  const Shape s(d);
  Counts c{kernel_of(machine, s), {}};
  c[Term::layer] = 1.0;
  switch (c.kernel) {
    case Kernel::brgemm_depthwise:
      count_brgemm_depthwise(machine, s, c);
      break;
    case Kernel::direct_depthwise:
      count_direct_depthwise(machine, s, c);
      break;
    case Kernel::direct_pointwise:
    case Kernel::direct_spatial:
      count_direct(machine, s, c);
      break;
    case Kernel::gemm_grouped:
      count_gemm_grouped(machine, s, c);
      break;
    case Kernel::reference:
      c[Term::mac] = s.runs() * s.down.pairs() * s.across.pairs() * s.in * s.out;
      c[Term::output] = s.bytes.output;
      break;
    default:
      count_brgemm(machine, s, c);
  }
  return c;
}

Counts counts(const Structure& machine, const Linear<>& d) {
  return counts_of(machine, kernel_of(machine, d), product(d));
}
Counts counts(const Structure& machine, const MatMul<>& d) {
  return counts_of(machine, kernel_of(machine, d), product(d));
}

}  // namespace hwcost::cpu_int8
