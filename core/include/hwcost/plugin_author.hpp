// A plugin in C++: a model struct as in-tree backends have it (model_backend.hpp), and one line.
//
//   HWCOST_PLUGIN("systolic", "a systolic array", systolic::Model)
//
// at file scope in one .cpp file of a shared object that links hwcost::hwcost.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <deque>
#include <exception>
#include <memory>
#include <span>
#include <vector>

#include "hwcost/export.hpp"
#include "hwcost/model_backend.hpp"
#include "hwcost/plugin.h"

// NOLINTBEGIN(bugprone-macro-parentheses): the name of a base class takes none
// A type without linkage and a static of the function: what the loader merges by name would otherwise be one for all
// plugins that call their model alike.
#define HWCOST_PLUGIN(name, summary, Model)                                       \
  namespace {                                                                     \
  struct HwcostPluginModel : Model {};                                            \
  }                                                                               \
  extern "C" const hwcost_plugin* hwcost_plugin_entry(void) {                     \
    try {                                                                         \
      static const hwcost::plugin_author::Definition definition =                 \
          hwcost::plugin_author::definition_of<HwcostPluginModel>(name, summary); \
      return &definition.plugin;                                                  \
    } catch (...) {                                                               \
      return nullptr;                                                             \
    }                                                                             \
  }
// NOLINTEND(bugprone-macro-parentheses)

namespace hwcost {

// The same in the plugin's struct.
HWCOST_EXPORT hwcost_traits c_traits(const BackendTraits& traits);

namespace plugin_author {

// Runs f() and lets nothing that it throws cross the border: 0, or 1 and the reason.
template <class F>
std::int32_t inside(hwcost_message* why_not, F&& f) noexcept {
  try {
    f();
    return 0;
  } catch (const std::exception& error) {
    std::snprintf(why_not->text, why_not->size, "%s", error.what());
  } catch (...) {
    std::snprintf(why_not->text, why_not->size, "an exception that is no std::exception");
  }
  return 1;
}

inline void say(hwcost_message* message, const std::string& words) {
  std::snprintf(message->text, message->size, "%s", words.c_str());
}

// Keeps what the parameters' texts point to.
struct ParameterList {
  std::deque<Key> keys;
  std::vector<hwcost_parameter> parameters;
};

template <class M>
class Border {
 public:
  static ParameterList parameters() {
    ParameterList list;
    Params params{};
    Params::visit(params, [&](const Key& key, double&) {
      const Key& kept = list.keys.emplace_back(key);
      list.parameters.push_back({kept.name.c_str(), kept.unit.c_str(), kept.low, kept.high, kept.required});
    });
    return list;
  }

  static void* create(const double* values, hwcost_traits* traits, hwcost_message* why_not) noexcept {
    std::unique_ptr<Model> model;
    inside(why_not, [&] {
      Params params{};
      std::size_t next = 0;
      Params::visit(params, [&](const Key&, double& member) {
        const double value = values[next++];
        if (!std::isnan(value)) member = value;
      });
      finish_parameters(params);
      model = std::make_unique<Model>("", params);
      hwcost_traits own = c_traits(model->traits());
      own.struct_size = traits->struct_size;
      std::memcpy(traits, &own, std::min(own.struct_size, sizeof own));
    });
    return model.release();
  }
  static void destroy(void* model) noexcept { delete static_cast<Model*>(model); }

  static std::int32_t estimate_batch(const void* model, const hwcost_layers* layers, const hwcost_costs* costs,
                                     hwcost_message* why_not) noexcept {
    return inside(why_not, [&] {
      std::fill_n(costs->status, layers->rows, std::uint8_t{hwcost_unmodelled});
      const auto op = op_named(layers->op);
      if (!op) return;
      with_family(info(*op).family, [&]<class D>() {
        if constexpr (PricesFamily<M, D>) price_rows<D>(*static_cast<const Model*>(model), *op, *layers, *costs);
      });
    });
  }

  static void explain(const void* model, const hwcost_layers* layers, std::size_t row, hwcost_message* why) noexcept {
    inside(why, [&] {
      const auto estimate = static_cast<const Model*>(model)->estimate(layer(*layers, row));
      say(why, estimate ? estimate->approximation : estimate.error().reason);
    });
  }

  static std::int32_t gradient(const void* model, const hwcost_layers* layers, const hwcost_derivatives* derivatives,
                               hwcost_message* why_not) noexcept {
    bool refused = false;
    const std::int32_t failed = inside(why_not, [&] {
      const auto gradient =
          static_cast<const Model*>(model)->gradient(layer(*layers, 0), GradientMode::straight_through);
      refused = !gradient;
      if (refused) return say(why_not, gradient.error().reason);
      double* partials = derivatives->partials;
      for (const Cost<>& partial : gradient->partial) {
        std::size_t part = 0;
        Cost<>::visit(partial, [&](std::string_view, double value) { partials[part++] = value; });
        partials += derivatives->part_count;
      }
    });
    return failed != 0 || refused ? 1 : 0;
  }

 private:
  using Model = ModelBackend<M>;
  using Params = typename Model::Params;

  // The layers as columns of C++; holds the pointers that it lends.
  class Columns {
   public:
    Columns(Op op, std::size_t extents, const hwcost_layers& layers) : op_(op), rows_(layers.rows), width_(extents) {
      std::copy_n(layers.extents, extents, pointers_.begin());
      for (std::size_t k = 0; k < kMemberCount<Widths<>>; ++k) pointers_[width_++] = layers.widths[k];
    }
    Columns(const Columns&) = delete;
    Columns& operator=(const Columns&) = delete;
    [[nodiscard]] LayerColumns get() const { return {op_, rows_, std::span(pointers_).first(width_)}; }

   private:
    Op op_;
    std::size_t rows_;
    std::size_t width_;
    std::array<const double*, kMostColumns> pointers_;
  };

  template <class D>
  static void price_rows(const Model& model, Op op, const hwcost_layers& layers, const hwcost_costs& costs) {
    const Columns columns(op, kMemberCount<D>, layers);
    const LayerColumns in = columns.get();
    for (std::size_t row = 0; row < layers.rows; ++row) {
      const auto [status, cost] =
          model.price(op, struct_at<D>(in, 0, row), struct_at<Widths<>>(in, kMemberCount<D>, row));
      costs.status[row] = static_cast<std::uint8_t>(status);
      std::size_t part = 0;
      Cost<>::visit(cost, [&](std::string_view, double value) { costs.parts[part++][row] = value; });
    }
  }

  static Layer layer(const hwcost_layers& layers, std::size_t row) {
    const Op op = op_named(layers.op).value();
    const Columns columns(op, column_count(info(op).family) - kMemberCount<Widths<>>, layers);
    return layer_at(columns.get(), row);
  }
};

// A plugin and what its fields point to.
struct Definition {
  ParameterList list;
  hwcost_plugin plugin;
};

template <class M>
Definition definition_of(const char* name, const char* summary) {
  Definition definition{Border<M>::parameters(), {}};
  definition.plugin = {.abi = HWCOST_PLUGIN_ABI,
                       .layout = HWCOST_LAYOUT,
                       .struct_size = sizeof(hwcost_plugin),
                       .name = name,
                       .summary = summary,
                       .parameters = definition.list.parameters.data(),
                       .parameter_count = definition.list.parameters.size(),
                       .parameter_size = sizeof(hwcost_parameter),
                       .create = Border<M>::create,
                       .destroy = Border<M>::destroy,
                       .estimate_batch = Border<M>::estimate_batch,
                       .explain = Border<M>::explain,
                       .gradient = Border<M>::gradient};
  return definition;
}

}  // namespace plugin_author
}  // namespace hwcost
