// What was measured: of which layer, on which machine, how, and what came out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hwcost/export.hpp"
#include "hwcost/layer.hpp"
#include "hwcost/measure/timing.hpp"

namespace hwcost {

// Where a layer's operands are when it starts.
enum class Buffers : std::uint8_t {
  warm,     // the same buffers every time: as near as the caches allow
  rotated,  // copies in turn, more than the second-level cache holds: as within a network
  cold,     // in memory
};
HWCOST_EXPORT std::string_view to_text(Buffers buffers);
HWCOST_EXPORT std::optional<Buffers> buffers_named(std::string_view text);

// What a time depends on beside the layer. Two machines are the same where all of it is.
struct Fingerprint {
  std::string processor;  // "Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz"
  std::string isa;        // that the kernels may use: "avx512_core_vnni"
  std::string caches;     // "L1d 32K, L2 1024K, L3 36608K"
  std::string library;    // with version and build: "oneDNN 2.6.3 OpenMP"
  std::string governor;   // of the processor's frequency: "performance"; "unknown" where the system does not tell

  // The one list of the members: calls f(name, member).
  template <class Self, class F>
  static constexpr void visit(Self& m, F&& f) {
    f("processor", m.processor);
    f("isa", m.isa);
    f("caches", m.caches);
    f("library", m.library);
    f("governor", m.governor);
  }
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// Processor, caches and governor of the machine that the program runs on; isa and library are for whoever runs kernels.
HWCOST_EXPORT Fingerprint host_fingerprint();

// The layer without what its time does not depend on (its name, how often it runs, ...) or the reason why it cannot be
// measured as one layer: its channels have several widths, or it is of an unknown operator.
HWCOST_EXPORT Expected<Layer, Unsupported> measurable(const Layer& layer);

// Which measurement: there is at most one of a key.
struct MeasurementKey {
  Layer layer;  // as measurable() gives it
  Buffers buffers = Buffers::rotated;
  int threads = 1;
  Fingerprint machine;
  friend bool operator==(const MeasurementKey&, const MeasurementKey&) = default;
};

struct Measurement {
  MeasurementKey key;
  Timing timing;
  double creation_seconds = 0.0;  // making the kernel, once a layer
  double reorder_seconds = 0.0;   // bringing the weights into the kernel's layout, once a layer
  std::string kernel;             // the library's own name of it
  std::string remarks;            // a slow fallback, what the instrument lacked; empty: nothing to remark
  std::string measured_at;        // UTC: "2026-03-01T12:00:00Z"
  friend bool operator==(const Measurement&, const Measurement&) = default;
};

// Adds a remark to others.
HWCOST_EXPORT void add_remark(std::string& remarks, const std::string& remark);

// The remark that what was timed is not quite the layer, which must come first; and the reason that it gave, empty
// where there is no such remark.
HWCOST_EXPORT std::string approximation_remark(const std::string& reason);
HWCOST_EXPORT std::string approximation_of(const Measurement& measurement);

// The layer with integers of fewer bits made this wide (0 bit, a pruned channel's, stays), for machines that have none.
HWCOST_EXPORT Layer widened(Layer layer, double least_integer_bits);

// Now, as `measured_at` has it.
HWCOST_EXPORT std::string utc_now();

}  // namespace hwcost
