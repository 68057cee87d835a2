#include "measuring_options.hpp"

#ifdef HWCOST_WITH_ONEDNN
#include "hwcost/measure/onednn.hpp"
#include "measuring_flags.hpp"
#endif

namespace hwcost::command {

#ifdef HWCOST_WITH_ONEDNN

struct MeasuringChoices::Values : OneDnnOptions {
  CLI::App* command = nullptr;
};

MeasuringChoices::MeasuringChoices() : values_(std::make_unique<Values>()) {}
MeasuringChoices::~MeasuringChoices() = default;

void MeasuringChoices::add_to(CLI::App& command) {
  values_->command = &command;
  command.add_option("--store", values_->store, "Measurements, for machines that are measured (host-onednn)")
      ->type_name("FILE.db")
      ->check(not_empty());
  add_choice(command, "--measure", values_->policy, kMeasurePolicies, "What is measured anew, into the store (never)");
  add_measuring_flags(command, values_->measuring);
}

std::string MeasuringChoices::store() const { return values_->store; }

Registry MeasuringChoices::over(const Registry& registry) const {
  if (values_->policy != MeasurePolicy::never && values_->store.empty()) throw CLI::RequiredError("--store");
  return values_->store.empty() ? registry : with_entry(registry, onednn_entry(*values_));
}

void MeasuringChoices::require_measured(const std::vector<Machine>& machines) const {
  for (const Machine& machine : machines) {
    for (const Machine* each = &machine; each != nullptr; each = each->fallback.get()) {
      if (is_measured(each->description)) return;
    }
  }
  for (const char* option : {"--store", "--measure", "--threads", "--buffers"}) {
    if (values_->command->count(option) > 0)
      throw CLI::ValidationError(option, "is for machines that are measured, as host-onednn: none is named");
  }
}

#else

struct MeasuringChoices::Values {};

MeasuringChoices::MeasuringChoices() = default;
MeasuringChoices::~MeasuringChoices() = default;
void MeasuringChoices::add_to(CLI::App&) {}
std::string MeasuringChoices::store() const { return {}; }
Registry MeasuringChoices::over(const Registry& registry) const { return registry; }
void MeasuringChoices::require_measured(const std::vector<Machine>&) const {}

#endif

}  // namespace hwcost::command
