// How layers are measured, as options say it. Only with the component onednn.
#pragma once

#include <map>
#include <string>

#include "command.hpp"
#include "hwcost/measure/measured_backend.hpp"

namespace hwcost::command {

inline const std::map<std::string, MeasurePolicy> kMeasurePolicies{
    {"never", MeasurePolicy::never}, {"missing", MeasurePolicy::missing}, {"always", MeasurePolicy::always}};
inline const std::map<std::string, Buffers> kBuffers{
    {"warm", Buffers::warm}, {"rotated", Buffers::rotated}, {"cold", Buffers::cold}};

inline bool is_measured(const Description& description) { return description.backend() == "onednn"; }

inline void add_measuring_flags(CLI::App& command, MeasuringOptions& options) {
  constexpr int kMostThreads = 1024;
  command.add_option("--threads", options.threads, "Threads that a kernel may use (1)")
      ->check(whole_number(1, kMostThreads))
      ->type_name("N");
  add_choice(command, "--buffers", options.buffers, kBuffers, "Where operands are when a layer starts (rotated)");
}

}  // namespace hwcost::command
