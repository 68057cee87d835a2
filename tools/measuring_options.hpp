// The options of commands that measure or look measurements up. Without the component onednn there are none of them.
#pragma once

#include <CLI/CLI.hpp>

#include <memory>
#include <vector>

#include "hwcost/machine.hpp"
#include "hwcost/registry.hpp"
#include "model_file.hpp"

namespace hwcost::command {

class MeasuringChoices {
 public:
  MeasuringChoices();
  ~MeasuringChoices();
  MeasuringChoices(const MeasuringChoices&) = delete;
  MeasuringChoices& operator=(const MeasuringChoices&) = delete;

  // --store, --measure, --threads, --buffers. `this` must outlive the parsing.
  void add_to(CLI::App& command);
  // The file of --store; empty where it was not given.
  [[nodiscard]] std::string store() const;
  // What a layer table's rows are: kernels, where they are looked up in the store.
  [[nodiscard]] TableRows rows() const { return store().empty() ? TableRows::layers : TableRows::kernels; }
  // The same backends, the measured ones over the store that was chosen.
  [[nodiscard]] Registry over(const Registry& registry) const;
  // Throws CLI::ValidationError where an option of these was given and none of the machines, nor of those that they
  // fall back to, is measured: it would do nothing.
  void require_measured(const std::vector<Machine>& machines) const;

 private:
  struct Values;
  std::unique_ptr<Values> values_;
};

}  // namespace hwcost::command
