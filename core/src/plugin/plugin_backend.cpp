#include "plugin_backend.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "hwcost/column_blocks.hpp"
#include "hwcost/mixed_widths.hpp"
#include "hwcost/model_backend.hpp"
#include "hwcost/plugin_author.hpp"
#include "layer_row.hpp"
#include "plugin_traits.hpp"

namespace hwcost {
namespace {

// Room for the answers to so many rows at a time; on the stack, so that pricing allocates nothing.
template <std::size_t Rows>
class Answers {
 public:
  Answers() {
    for (std::size_t part = 0; part < parts_.size(); ++part) columns_[part] = parts_[part].data();
  }
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  // To be given to the plugin, all answers 0.
  [[nodiscard]] hwcost_costs clean(std::size_t rows) {
    for (auto& part : parts_) std::fill_n(part.begin(), rows, 0.0);
    std::fill_n(status_.begin(), rows, std::uint8_t{hwcost_priced});
    return {sizeof(hwcost_costs), columns_.data(), columns_.size(), status_.data()};
  }

  // Its status is one, and its parts can be a cost where the layer is to have one: it `costs`.
  [[nodiscard]] bool is_sound(std::size_t row, bool costs) const {
    if (status_[row] > hwcost_unmodelled) return false;
    if (status_[row] > hwcost_approximated || !costs) return true;
    bool sound = true;
    for (const auto& part : parts_) sound &= (part[row] >= 0.0) & (part[row] < std::numeric_limits<double>::infinity());
    return sound;
  }
  // What is wrong with a row that is not sound.
  [[nodiscard]] std::string fault(std::size_t row) const {
    if (status_[row] > hwcost_unmodelled) return fmt::format("it answers with the unknown status {}", status_[row]);
    std::string words;
    std::size_t part = 0;
    Cost<> names;
    Cost<>::visit(names, [&](std::string_view name, double) {
      const double value = parts_[part++][row];
      if (words.empty() && !(value >= 0.0 && std::isfinite(value)))
        words = fmt::format("it prices a layer at {} {}", name, value);
    });
    return words;
  }

  [[nodiscard]] int status(std::size_t row) const { return status_[row]; }
  [[nodiscard]] Cost<> cost(std::size_t row) const {
    Cost<> cost;
    std::size_t part = 0;
    Cost<>::visit(cost, [&](std::string_view, double& value) { value = parts_[part++][row]; });
    return cost.settled();
  }

 private:
  static_assert(Cost<>::kCount == hwcost_part_count);
  std::array<std::array<double, Rows>, hwcost_part_count> parts_;
  std::array<double*, hwcost_part_count> columns_;
  std::array<std::uint8_t, Rows> status_;
};

// Columns, none of them broadcast, as the plugin reads them.
hwcost_layers in_c(const LayerColumns& in) {
  const std::size_t extents = in.columns.size() - kMemberCount<Widths<>>;
  return {sizeof(hwcost_layers),
          name(in.op).data(),
          static_cast<std::uint32_t>(info(in.op).family),
          in.size,
          in.columns.data(),
          extents,
          in.columns.data() + extents,
          kMemberCount<Widths<>>};
}

// Why no row has a price; nothing where they are answered.
template <std::size_t Rows>
std::optional<std::string> ask(const hwcost_plugin& plugin, const void* model, const hwcost_layers& layers,
                               Answers<Rows>& answers) {
  PluginWords words;
  const hwcost_costs costs = answers.clean(layers.rows);
  std::int32_t failed = 0;
  auto thrown = what_is_thrown([&] { failed = plugin.estimate_batch(model, &layers, &costs, words.message()); });
  if (thrown || failed == 0) return thrown;
  return words.text("it fails, without a reason");
}

std::vector<double> values_of(const PluginLibrary& library, const Description& description) {
  std::vector<double> values;
  std::vector<std::string> known;
  for (std::size_t k = 0; k < library.plugin().parameter_count; ++k) {
    const hwcost_parameter& p = library.parameter(k);
    const auto value = description.read(p.name, p.unit, p.low, p.high, p.required != 0);
    values.push_back(value.value_or(std::numeric_limits<double>::quiet_NaN()));
    known.emplace_back(p.name);
  }
  description.require_only(known);
  return values;
}

}  // namespace

void PluginBackend::Destroyer::operator()(void* model) const {
  (void)what_is_thrown([&] { library->plugin().destroy(model); });
}

PluginBackend::PluginBackend(std::shared_ptr<const PluginLibrary> library, const Description& description)
    : library_(std::move(library)), model_(nullptr, Destroyer{library_.get()}) {
  const std::vector<double> values = values_of(*library_, description);
  hwcost_traits traits = c_traits(BackendTraits{});
  PluginWords words;
  const auto thrown =
      what_is_thrown([&] { model_.reset(library_->plugin().create(values.data(), &traits, words.message())); });
  const SourcePlace& place = description.backend_place();
  if (thrown) throw InputError(place, fault(*thrown));
  if (!model_) {
    throw InputError(place, fmt::format("plugin '{}' makes no model of it: {}", library_->plugin().name,
                                        words.text("no reason is given")));
  }
  const std::string wrong = wrong_trait(traits);
  if (!wrong.empty()) throw InputError(place, fault(wrong));
  traits_ = traits_from(traits);
}

std::string PluginBackend::fault(const std::string& what) const {
  return fmt::format("plugin '{}' is at fault: {}", library_->plugin().name, what);
}

std::string PluginBackend::explanation(const hwcost_layers& layers) const {
  PluginWords words;
  const auto thrown = what_is_thrown([&] { library_->plugin().explain(model_.get(), &layers, 0, words.message()); });
  return thrown ? fault(*thrown) : words.text("");
}

Unsupported PluginBackend::at_fault(const std::string& what) const { return {fault(what), Unsupported::Cause::faulty}; }

Expected<Estimate, Unsupported> PluginBackend::estimate(const Layer& layer) const {
  return std::visit([&](const auto& dims) { return estimate_family(layer, dims); }, layer.dims);
}

template <class D>
Expected<Estimate, Unsupported> PluginBackend::estimate_family(const Layer& layer, const D& dims) const {
  if (info(layer.op).family != D::kFamily) return tl::unexpected(other_family(layer));
  if (layer.op == Op::custom) return tl::unexpected(unmodelled(layer.op, layer.custom_op, library_->plugin().name));
  if (traits_.integers_only) {
    if (auto refusal = floating_operand(layer)) return tl::unexpected(std::move(*refusal));
  }
  return over_widths(layer.precision.weight, dims, traits_.widths_add_up,
                     [&](const D& part, double weight_bits) { return one_width(layer, part, weight_bits); });
}

template <class D>
Expected<Estimate, Unsupported> PluginBackend::one_width(const Layer& layer, const D& dims, double weight_bits) const {
  const Work<> w = work(layer.op, dims);
  const Widths<> widths{layer.precision.input.bits, weight_bits};
  if (auto reason = no_numbers(w, widths)) return tl::unexpected(std::move(*reason));
  if (detail::is_pruned(dims, widths)) return Estimate{};
  const LayerRow row(layer.op, dims, layer.precision, weight_bits);
  const LayerColumns columns = row.columns();
  const hwcost_layers layers = in_c(columns);
  Answers<1> answers;
  if (const auto failure = ask(library_->plugin(), model_.get(), layers, answers))
    return tl::unexpected(at_fault(*failure));
  if (!answers.is_sound(0, !is_empty(w))) return tl::unexpected(at_fault(answers.fault(0)));
  if (answers.status(0) == hwcost_unmodelled)
    return tl::unexpected(unmodelled(layer.op, layer.custom_op, library_->plugin().name));
  const Cost<> cost = is_empty(w) ? Cost<>{} : answers.cost(0);
  if (answers.status(0) == hwcost_priced) return Estimate{cost, {}};
  std::string words = explanation(layers);
  if (words.empty()) return tl::unexpected(at_fault("it does not say why a layer is refused or approximated"));
  if (answers.status(0) == hwcost_unsupported) return tl::unexpected(Unsupported{std::move(words), {}});
  return Estimate{cost, std::move(words)};
}

template <class D>
PluginBackend::Question PluginBackend::question_of(Op op, const D& dims, const Widths<>& widths) {
  const Work<> w = work(op, dims);
  if (op == Op::custom || !detail::is_countable(w) || !detail::are_widths(widths)) return Question::without_counts;
  if (detail::is_pruned(dims, widths)) return Question::pruned;
  return is_empty(w) ? Question::of_nothing : Question::of_cost;
}

void PluginBackend::estimate_batch(const LayerColumns& in, const CostColumns& out) const {
  for_each_dense_block(in, out, [this](const LayerColumns& block, const CostColumns& rows) {
    with_family(info(block.op).family, [&]<class D>() { batch_family<D>(block, rows); });
  });
}

// What the plugin need not be asked about is answered here; it is asked about what lies between, a block at a time.
template <class D>
void PluginBackend::batch_family(const LayerColumns& in, const CostColumns& out) const {
  std::array<Question, kBlock> questions;
  for (std::size_t first = 0; first < in.size; first += kBlock) {
    const std::size_t count = std::min(kBlock, in.size - first);
    for (std::size_t k = 0; k < count; ++k) {
      questions[k] =
          question_of(in.op, struct_at<D>(in, 0, first + k), struct_at<Widths<>>(in, kMemberCount<D>, first + k));
    }
    for (std::size_t k = 0; k < count;) {
      if (!is_asked(questions[k])) {
        const bool refused = questions[k] == Question::without_counts;
        out.put(first + k++, {}, refused ? Status::unsupported : Status::priced, traits_.clock_hertz);
        continue;
      }
      const std::size_t start = k;
      while (k < count && is_asked(questions[k])) ++k;
      ask_about(ColumnSlice(in, first + start, k - start), std::span(questions).subspan(start, k - start),
                out.rows(first + start, k - start));
    }
  }
}

void PluginBackend::ask_about(const ColumnSlice& rows, std::span<const Question> questions,
                              const CostColumns& out) const {
  const LayerColumns columns = rows.columns();
  const hwcost_layers layers = in_c(columns);
  Answers<kBlock> answers;
  const bool failed = ask(library_->plugin(), model_.get(), layers, answers).has_value();
  for (std::size_t k = 0; k < questions.size(); ++k) {
    const bool empty = questions[k] == Question::of_nothing;
    const bool refused = failed || !answers.is_sound(k, !empty) || answers.status(k) > hwcost_approximated;
    const Status status = refused                                    ? Status::unsupported
                          : answers.status(k) == hwcost_approximated ? Status::approximated
                                                                     : Status::priced;
    out.put(k, refused || empty ? Cost<>{} : answers.cost(k), status, traits_.clock_hertz);
  }
}

Expected<CostGradient, Unsupported> PluginBackend::gradient(const Layer& layer, GradientMode mode) const {
  return gradient_by(layer, mode, kEveryMember);
}

Expected<CostGradient, Unsupported> PluginBackend::gradient_by(const Layer& layer, GradientMode mode,
                                                               std::uint64_t members) const {
  if (mode == GradientMode::relaxed) return relaxed_gradient(*this, layer, members);
  if (library_->plugin().gradient == nullptr) {
    return tl::unexpected(Unsupported{
        fmt::format("plugin '{}' has no straight-through derivatives; relaxed ones need none", library_->plugin().name),
        {}});
  }
  if (layer.precision.weight.is_mixed())
    return tl::unexpected(Unsupported{"a gradient needs one width for all output channels", {}});
  auto here = estimate(layer);
  if (!here) return tl::unexpected(std::move(here.error()));
  return std::visit([&](const auto& dims) { return straight_through(layer, dims, here->cost); }, layer.dims);
}

template <class D>
Expected<CostGradient, Unsupported> PluginBackend::straight_through(const Layer& layer, const D& dims,
                                                                    const Cost<>& value) const {
  const double weight_bits = layer.precision.weight.uniform.bits;
  CostGradient gradient{value, std::vector<Cost<>>(kMemberCount<D> + kMemberCount<Widths<>>)};
  if (detail::is_pruned(dims, Widths<>{.weight_bits = weight_bits})) return gradient;
  const LayerRow row(layer.op, dims, layer.precision, weight_bits);
  const LayerColumns columns = row.columns();
  const hwcost_layers layers = in_c(columns);
  std::vector<double> partials(gradient.partial.size() * hwcost_part_count);
  const hwcost_derivatives derivatives{sizeof(hwcost_derivatives), partials.data(), gradient.partial.size(),
                                       hwcost_part_count};
  PluginWords words;
  std::int32_t failed = 0;
  const auto thrown = what_is_thrown(
      [&] { failed = library_->plugin().gradient(model_.get(), &layers, &derivatives, words.message()); });
  if (thrown) return tl::unexpected(at_fault(*thrown));
  if (failed != 0) return tl::unexpected(Unsupported{words.text(fault("it gives no derivatives and no reason")), {}});
  std::size_t k = 0;
  bool finite = true;
  for (Cost<>& partial : gradient.partial) {
    Cost<>::visit(partial, [&](std::string_view, double& part) {
      part = partials[k++];
      finite = finite && std::isfinite(part);
    });
  }
  if (!finite) return tl::unexpected(at_fault("it gives a derivative that is infinite or not a number"));
  return gradient;
}

}  // namespace hwcost
