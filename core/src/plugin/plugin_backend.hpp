// A plugin's model as a Backend.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hwcost/backend.hpp"
#include "hwcost/column_blocks.hpp"
#include "hwcost/description.hpp"
#include "plugin_library.hpp"

namespace hwcost {

// A scalar price is a batch of one row. What the plugin answers is checked, row by row.
class PluginBackend final : public Backend {
 public:
  // Throws InputError: a fault in the description; or at its `backend`, where the plugin makes no model of it.
  PluginBackend(std::shared_ptr<const PluginLibrary> library, const Description& description);

  [[nodiscard]] const BackendTraits& traits() const override { return traits_; }
  [[nodiscard]] Expected<Estimate, Unsupported> estimate(const Layer& layer) const override;
  void estimate_batch(const LayerColumns& in, const CostColumns& out) const override;
  // Straight-through: where the plugin has such derivatives.
  [[nodiscard]] Expected<CostGradient, Unsupported> gradient(const Layer& layer, GradientMode mode) const override;
  [[nodiscard]] Expected<CostGradient, Unsupported> gradient_by(const Layer& layer, GradientMode mode,
                                                                std::uint64_t members) const override;

 private:
  struct Destroyer {
    const PluginLibrary* library;
    void operator()(void* model) const;
  };

  static constexpr std::size_t kBlock = 256;  // rows that the plugin is asked about at a time

  // What a row of a batch asks the plugin: nothing where its extents are no counts or all its channels are pruned; of a
  // layer without work, only whether it runs.
  enum class Question : std::uint8_t { without_counts, pruned, of_nothing, of_cost };
  static constexpr bool is_asked(Question question) { return question >= Question::of_nothing; }
  template <class D>
  static Question question_of(Op op, const D& dims, const Widths<>& widths);

  template <class D>
  Expected<Estimate, Unsupported> estimate_family(const Layer& layer, const D& dims) const;
  template <class D>
  Expected<Estimate, Unsupported> one_width(const Layer& layer, const D& dims, double weight_bits) const;
  template <class D>
  void batch_family(const LayerColumns& in, const CostColumns& out) const;
  void ask_about(const ColumnSlice& rows, std::span<const Question> questions, const CostColumns& out) const;
  template <class D>
  Expected<CostGradient, Unsupported> straight_through(const Layer& layer, const D& dims, const Cost<>& value) const;
  // Why the one row is approximated or refused; empty where the plugin does not say.
  [[nodiscard]] std::string explanation(const hwcost_layers& layers) const;
  [[nodiscard]] std::string fault(const std::string& what) const;
  [[nodiscard]] Unsupported at_fault(const std::string& what) const;

  // In this order: the model goes before the library that destroys it.
  std::shared_ptr<const PluginLibrary> library_;
  std::unique_ptr<void, Destroyer> model_;
  BackendTraits traits_;
};

}  // namespace hwcost
