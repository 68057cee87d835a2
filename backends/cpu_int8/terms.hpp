// What the time of an int8 layer on a CPU is a sum of: kernel classes, countable terms, and a price for each term of
// each class. Private to this backend and its tests.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hwcost::cpu_int8 {

// Families of kernels that the library chooses from. `brgemm` is batch-reduce matrix multiplication, `direct` a
// convolution generated for its shape, `gemm` a plain matrix multiplication, behind im2col for convolutions.
enum class Kernel : std::uint8_t {
  brgemm_pointwise,
  brgemm_spatial,
  brgemm_depthwise,
  brgemm_linear,
  brgemm_matmul,
  direct_pointwise,
  direct_spatial,
  direct_depthwise,
  gemm_grouped,
  gemm_linear,
  gemm_matmul,
  reference,
};
inline constexpr std::array<std::string_view, 12> kKernelNames{
    "brgemm_pointwise", "brgemm_spatial",   "brgemm_depthwise", "brgemm_linear", "brgemm_matmul", "direct_pointwise",
    "direct_spatial",   "direct_depthwise", "gemm_grouped",     "gemm_linear",   "gemm_matmul",   "reference"};
inline constexpr std::size_t kKernelCount = kKernelNames.size();

enum class Term : std::uint8_t {
  layer,           // 1: setting up
  call,            // of the inner kernel
  cycle,           // of its multiply-add loop as the ports allow: see counts.hpp
  load,            // broadcasts of inputs
  tile,            // register tiles
  tile_cycle,      // cycles with rows rounded up to whole tiles
  visit,           // of a vector of channels by a tap of a tile
  block,           // the same of up to four vectors
  row,             // output rows, of direct kernels for every block of vectors
  row_vector,      // the same for every vector of channels
  tap,             // rows of input by columns of the kernel
  entry,           // of the list of products that one call adds up
  vector,          // of outputs, stored
  masked,          // of vectors that are not full
  sliced,          // vectors of outputs that are a group's slice of all channels: other groups write to the same lines
  sliced_masked,   // the same of vectors that are not full
  decode,          // instructions that no longer stay decoded
  depth_tail,      // rows whose depth is no multiple of 16
  byte_tail,       // rows whose depth is no multiple of 4
  strided,         // cycles of strided layers
  pixel,           // outputs, whatever their channels
  column,          // of the second matrix
  copied,          // elements that im2col copies
  copied_strided,  // the same with strides
  mac,             // multiply-accumulates, one by one
  input,
  output,
  weight,     // bytes
  reread,     // bytes of weights, once for every 64 outputs
  refetch,    // bytes of weights that outgrow L2, for every image
  beyond_l1,  // bytes read again: rows under the kernel outgrow L1
  wide_row,   // the same as they outgrow L2
  beyond_l2,  // bytes of a layer that outgrows L2
  beyond_l3,  // the same of L3
};
inline constexpr std::size_t kTermCount = static_cast<std::size_t>(Term::beyond_l3) + 1;

// Which of a cost's causes a term belongs to, and what of a layer it grows with: derivatives by extents follow that.
enum class Cause : std::uint8_t { overhead, compute, memory };
enum class Growth : std::uint8_t { none, macs, output, input, weights };
struct TermInfo {
  std::string_view name;
  std::string_view unit;  // of its price
  Cause cause;
  Growth growth;
  [[nodiscard]] constexpr bool is_bytes() const { return unit == "cycle/byte"; }
};
inline constexpr std::array<TermInfo, kTermCount> kTerms{{
    {"layer", "cycle", Cause::overhead, Growth::none},
    {"call", "cycle", Cause::overhead, Growth::output},
    {"cycle", "", Cause::compute, Growth::macs},
    {"load", "cycle", Cause::compute, Growth::macs},
    {"tile", "cycle", Cause::compute, Growth::output},
    {"tile_cycle", "", Cause::compute, Growth::macs},
    {"visit", "cycle", Cause::compute, Growth::macs},
    {"block", "cycle", Cause::compute, Growth::macs},
    {"row", "cycle/row", Cause::overhead, Growth::output},
    {"row_vector", "cycle/row", Cause::overhead, Growth::output},
    {"tap", "cycle", Cause::overhead, Growth::macs},
    {"entry", "cycle", Cause::overhead, Growth::macs},
    {"vector", "cycle", Cause::compute, Growth::output},
    {"masked", "cycle", Cause::compute, Growth::output},
    {"sliced", "cycle", Cause::memory, Growth::output},
    {"sliced_masked", "cycle", Cause::memory, Growth::output},
    {"decode", "cycle/instruction", Cause::compute, Growth::macs},
    {"depth_tail", "cycle/row", Cause::compute, Growth::macs},
    {"byte_tail", "cycle/row", Cause::compute, Growth::macs},
    {"strided", "", Cause::compute, Growth::macs},
    {"pixel", "cycle/pixel", Cause::compute, Growth::output},
    {"column", "cycle/column", Cause::compute, Growth::weights},
    {"copied", "cycle/element", Cause::memory, Growth::macs},
    {"copied_strided", "cycle/element", Cause::memory, Growth::macs},
    {"mac", "cycle/MAC", Cause::compute, Growth::macs},
    {"input", "cycle/byte", Cause::memory, Growth::input},
    {"output", "cycle/byte", Cause::memory, Growth::output},
    {"weight", "cycle/byte", Cause::memory, Growth::weights},
    {"reread", "cycle/byte", Cause::memory, Growth::macs},
    {"refetch", "cycle/byte", Cause::memory, Growth::weights},
    {"beyond_l1", "cycle/byte", Cause::memory, Growth::macs},
    {"wide_row", "cycle/byte", Cause::memory, Growth::macs},
    {"beyond_l2", "cycle/byte", Cause::memory, Growth::input},
    {"beyond_l3", "cycle/byte", Cause::memory, Growth::input},
}};
constexpr const TermInfo& info(Term term) { return kTerms[static_cast<std::size_t>(term)]; }

// The terms of each class; a description has a price for those that matter on its machine.
struct Price {
  Kernel kernel;
  Term term;
};
namespace detail {
using enum Kernel;
using enum Term;
template <std::size_t... N>
constexpr auto joined(const std::array<Price, N>&... parts) {
  std::array<Price, (N + ...)> all{};
  std::size_t next = 0;
  const auto append = [&](const auto& part) {
    for (const Price& price : part) all[next++] = price;
  };
  (append(parts), ...);
  return all;
}
template <std::size_t N>
constexpr std::array<Price, N> of(Kernel kernel, const std::array<Term, N>& terms) {
  std::array<Price, N> prices{};
  for (std::size_t i = 0; i < N; ++i) prices[i] = {kernel, terms[i]};
  return prices;
}
inline constexpr std::array kBrgemm{layer,      call,  cycle,  decode, entry,   vector,    masked,
                                    depth_tail, input, output, weight, refetch, beyond_l2, beyond_l3};
inline constexpr std::array kBrgemmConvolution{layer,  call,    cycle,         decode,     entry, vector,
                                               masked, sliced,  sliced_masked, depth_tail, input, output,
                                               weight, refetch, beyond_l2,     beyond_l3};
inline constexpr std::array kDirect{layer,     cycle,   load,  row,    row_vector, tap,    vector,    masked,
                                    byte_tail, strided, input, output, weight,     reread, beyond_l2, beyond_l3};
inline constexpr std::array kGemm{layer,  call,  cycle,  vector, tile,      tile_cycle,
                                  column, input, output, weight, beyond_l2, beyond_l3};
}  // namespace detail

inline constexpr auto kPrices = detail::joined(
    detail::of(Kernel::brgemm_pointwise, detail::kBrgemmConvolution),
    detail::of(Kernel::brgemm_spatial, detail::kBrgemmConvolution),
    detail::of(Kernel::brgemm_depthwise,
               std::array{Term::layer, Term::cycle, Term::row, Term::tap, Term::visit, Term::block, Term::vector,
                          Term::masked, Term::beyond_l1, Term::wide_row, Term::beyond_l2, Term::beyond_l3}),
    detail::of(Kernel::brgemm_linear, detail::kBrgemm), detail::of(Kernel::brgemm_matmul, detail::kBrgemm),
    detail::of(Kernel::direct_pointwise, detail::kDirect), detail::of(Kernel::direct_spatial, detail::kDirect),
    detail::of(Kernel::direct_depthwise, std::array{Term::layer, Term::cycle, Term::row, Term::row_vector, Term::block,
                                                    Term::vector, Term::beyond_l2, Term::beyond_l3}),
    detail::of(Kernel::gemm_grouped, std::array{Term::layer, Term::call, Term::cycle, Term::copied,
                                                Term::copied_strided, Term::pixel, Term::output}),
    detail::of(Kernel::gemm_linear, detail::kGemm), detail::of(Kernel::gemm_matmul, detail::kGemm),
    detail::of(Kernel::reference, std::array{Term::layer, Term::mac, Term::output}));

}  // namespace hwcost::cpu_int8
