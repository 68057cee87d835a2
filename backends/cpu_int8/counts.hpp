// What a kernel does for a layer, term by term, and which kernel the library takes. Private to this backend.
//
// The facts are those of oneDNN 2.6 with one thread, warm caches, u8 activations, s8 weights, nhwc layout; they were
// found by reading and by timing, and are written here in a form of their own.
#pragma once

#include <array>

#include "hwcost/dims.hpp"
#include "terms.hpp"

namespace hwcost::cpu_int8 {

// The machine as kernels see it.
struct Structure {
  double lanes{};         // 32-bit sums in a vector
  double registers{};     // vector registers
  double instructions{};  // that a multiply-add of four bytes takes: 1 with VNNI, 3 without
  double ports{};         // multiply-adds that may start in a cycle
  double load_ports{};
  double latency{};         // cycles of one multiply-add
  double brgemm{};          // 1: the library has batch-reduce kernels for it
  double decoded{};         // instructions that the cache of decoded ones holds
  double l1{}, l2{}, l3{};  // bytes
};

struct Counts {
  Kernel kernel{};
  std::array<double, kTermCount> terms{};
  double& operator[](Term term) { return terms[static_cast<std::size_t>(term)]; }
  double operator[](Term term) const { return terms[static_cast<std::size_t>(term)]; }
};

// Most taps along one side of a kernel that are counted: no network has more.
inline constexpr double kMostTaps = 1024.0;

// The kernel that runs the layer. Transposed and three-dimensional convolutions are none of these.
Kernel kernel_of(const Structure& machine, const Convolution<>& d);
Kernel kernel_of(const Structure& machine, const Linear<>& d);
Kernel kernel_of(const Structure& machine, const MatMul<>& d);

Counts counts(const Structure& machine, const Convolution<>& d);
Counts counts(const Structure& machine, const Linear<>& d);
Counts counts(const Structure& machine, const MatMul<>& d);

}  // namespace hwcost::cpu_int8
