// A plugin with one fault: as the parameter `fault` says, or built in by HWCOST_FAULT for those that show at loading.
#include <cstdio>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "hwcost/plugin.h"

namespace {

// At loading.
enum class Fault {
  none,
  throwing_entry,
  null_plugin,
  other_abi,
  newer_layout,
  small_struct,
  no_name,
  bad_name,
  taken_name,
  no_explain,
  unknown_unit,
  parameter_twice,
};
#ifndef HWCOST_FAULT
#define HWCOST_FAULT none
#endif
constexpr Fault kFault = Fault::HWCOST_FAULT;

// Of a model: values of the parameter `fault`, which tests name by number in descriptions.
enum ModelFault {
  kNone,
  kThrows,
  kThrowsNumber,
  kNan,
  kNegative,
  kInfinite,
  kUnknownStatus,
  kFails,
  kFailsSilently,
  kNoReason,
  kThrowingReason,
  kManyLines,
  kNoModel,
  kThrowingCreate,
  kNoMetric,
  kStepOfNothing,
  kNanDerivative,
  kThrowingGradient,
  kRefusesGradient,
  kEndlessReason,
};

int fault_of(const void* model) { return *static_cast<const int*>(model); }

void say(hwcost_message* message, const char* text) { std::snprintf(message->text, message->size, "%s", text); }

void* create(const double* values, hwcost_traits* traits, hwcost_message* why_not) {
  const int fault = static_cast<int>(values[0]);
  if (fault == kThrowingCreate) throw std::runtime_error("no model today");
  if (fault == kNoModel) {
    say(why_not, "these numbers\ndo not go together");
    return nullptr;
  }
  if (fault != kNoMetric) traits->metrics = 1u << hwcost_metric_latency_cycles;
  if (fault == kStepOfNothing) traits->out_channel_step = 0.0;
  return new int(fault);
}

void destroy(void* model) { delete static_cast<int*>(model); }

bool is_refused(int fault) {
  return fault == kNoReason || fault == kThrowingReason || fault == kManyLines || fault == kEndlessReason;
}

std::int32_t estimate_batch(const void* model, const hwcost_layers* layers, const hwcost_costs* costs,
                            hwcost_message* why_not) {
  const int fault = fault_of(model);
  if (fault == kThrows) throw std::runtime_error("the ways part");
  if (fault == kThrowsNumber) throw 7;
  if (fault == kFails) say(why_not, "the tables are gone");
  if (fault == kFails || fault == kFailsSilently) return 1;
  for (std::size_t row = 0; row < layers->rows; ++row) {
    double* cycles = &costs->parts[hwcost_part_compute_cycles][row];
    *cycles = 100.0;
    if (fault == kNan) *cycles = std::numeric_limits<double>::quiet_NaN();
    if (fault == kNegative) *cycles = -1.0;
    if (fault == kInfinite) *cycles = std::numeric_limits<double>::infinity();
    if (fault == kUnknownStatus) costs->status[row] = 77;
    if (is_refused(fault)) costs->status[row] = hwcost_unsupported;
  }
  return 0;
}

void explain(const void* model, const hwcost_layers*, std::size_t, hwcost_message* why) {
  const int fault = fault_of(model);
  if (fault == kThrowingReason) throw std::runtime_error("words fail me");
  if (fault == kManyLines) say(why, "  first line\nsecond\tline\n");
  if (fault == kEndlessReason) std::memset(why->text, 'x', why->size);
}

std::int32_t gradient(const void* model, const hwcost_layers*, const hwcost_derivatives* derivatives,
                      hwcost_message* why_not) {
  const int fault = fault_of(model);
  if (fault == kThrowingGradient) throw std::runtime_error("too steep");
  if (fault == kRefusesGradient) {
    say(why_not, "nothing is known beside the cost");
    return 1;
  }
  derivatives->partials[0] = fault == kNanDerivative ? std::numeric_limits<double>::quiet_NaN() : 0.5;
  return 0;
}

const char* name() {
  switch (kFault) {
    case Fault::no_name:
      return nullptr;
    case Fault::bad_name:
      return "two words";
    case Fault::taken_name:
      return "mac_table";
    default:
      return "faulty";
  }
}

const hwcost_plugin* faulty_entry() {
  static const hwcost_parameter parameters[] = {
      {"fault", kFault == Fault::unknown_unit ? "parsec" : "", 0, 100, 1},
      {"fault", "", 0, 100, 0},
  };
  static const hwcost_plugin plugin = {
      kFault == Fault::other_abi ? HWCOST_PLUGIN_ABI + 1 : HWCOST_PLUGIN_ABI,
      kFault == Fault::newer_layout ? HWCOST_LAYOUT + 1 : HWCOST_LAYOUT,
      kFault == Fault::small_struct ? 16 : sizeof(hwcost_plugin),
      name(),
      "does one thing wrong",
      parameters,
      kFault == Fault::parameter_twice ? 2u : 1u,
      sizeof(hwcost_parameter),
      create,
      destroy,
      estimate_batch,
      kFault == Fault::no_explain ? nullptr : explain,
      gradient,
  };
  if (kFault == Fault::throwing_entry) throw std::runtime_error("no entry");
  return kFault == Fault::null_plugin ? nullptr : &plugin;
}

}  // namespace

extern "C" {
#ifdef HWCOST_NO_ENTRY
HWCOST_PLUGIN_EXPORT const hwcost_plugin* hwcost_plugin_exit() { return faulty_entry(); }
#else
const hwcost_plugin* hwcost_plugin_entry(void) { return faulty_entry(); }
#endif
}
