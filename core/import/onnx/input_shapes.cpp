#include "input_shapes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "extents.hpp"
#include "hwcost/error.hpp"
#include "naming.hpp"

namespace hwcost::onnx {
namespace {

// Dimensions that nothing binds, each with the places where it stands.
class FreeDimensions {
 public:
  void add_input(const std::string& input) { add("the shape of '" + input + "'", "the file states none"); }
  void add_axis(std::string_view symbol, std::size_t axis, const std::string& input) {
    const std::string place = fmt::format("axis {} of '{}'", axis, input);
    if (symbol.empty()) return add(place, "");
    add(fmt::format("'{}'", clean_text(symbol)), place);
  }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::string sentence() const {
    std::vector<std::string> texts;
    for (const Entry& entry : entries_) {
      if (texts.size() == kShown) break;
      std::vector<std::string> places(
          entry.places.begin(), entry.places.begin() + std::min<std::ptrdiff_t>(kShown, std::ssize(entry.places)));
      if (places.size() < entry.places.size()) places.emplace_back("...");
      const std::string where = fmt::format("{}", fmt::join(places, ", "));
      texts.push_back(where.empty() ? entry.what : fmt::format("{} ({})", entry.what, where));
    }
    const std::size_t more = entries_.size() - texts.size();
    return fmt::format(
        "free dimensions: {}{}; bind them by --batch (leading axes) or --input-shape (NAME=EXTENT, INPUT=SHAPE)",
        fmt::join(texts, ", "), more == 0 ? "" : fmt::format(" and {} more", more));
  }

 private:
  static constexpr int kShown = 8;
  struct Entry {
    std::string what;
    std::vector<std::string> places;
  };
  void add(const std::string& what, const std::string& place) {
    const auto [found, is_new] = index_.try_emplace(what, entries_.size());
    if (is_new) entries_.push_back({.what = what, .places = {}});
    if (!place.empty()) entries_[found->second].places.push_back(place);
  }
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> index_;
};

class InputBinder {
 public:
  InputBinder(GraphBuilder& builder, const ParameterRoles& roles, const OnnxOptions& options)
      : builder_(builder), roles_(roles), options_(options) {
    for (const ValueInfo& input : builder.model().inputs) {
      if (builder.find(input.name) == nullptr) inputs_.push_back(&input);
    }
  }

  void define() {
    check_options();
    collect_symbols();
    FreeDimensions free;
    std::vector<std::pair<const ValueInfo*, Shape>> shapes;
    for (const ValueInfo* input : inputs_) shapes.emplace_back(input, bound_shape(*input, free));
    if (!free.empty()) fail(free.sentence());
    builder_.bind(symbols_);
    for (auto& [input, shape] : shapes) {
      if (contradicts(*input, shape)) builder_.inputs_changed();
      define(*input, std::move(shape));
    }
    note_parameters();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw InputError({builder_.file(), 0}, what); }

  [[nodiscard]] const std::vector<double>* option(const ValueInfo& input) const {
    const auto found = options_.input_shapes.find(std::string(input.name));
    return found == options_.input_shapes.end() ? nullptr : &found->second;
  }

  // As a count; fails where it is none.
  std::int64_t checked(double extent, const std::string& what) const {
    if (extent >= 1.0 && extent <= kLargestExtent && extent == std::floor(extent)) {
      return static_cast<std::int64_t>(extent);
    }
    fail(fmt::format("{} is {}, wanted a whole number in [1, 2^53]", what, extent));
  }

  // The first extent of an activation, where the batch option says what it is.
  [[nodiscard]] bool takes_batch(const ValueInfo& input, std::size_t axis) const {
    return options_.batch && axis == 0 && !roles_.is_parameter(input.name) && option(input) == nullptr;
  }

  [[nodiscard]] bool is_symbol(std::string_view name) const {
    return std::any_of(inputs_.begin(), inputs_.end(), [&](const ValueInfo* input) {
      return input->shape && std::any_of(input->shape->begin(), input->shape->end(),
                                         [&](const Dimension& d) { return !d.value && d.symbol == name; });
    });
  }

  [[nodiscard]] bool is_input(std::string_view name) const {
    return std::any_of(inputs_.begin(), inputs_.end(), [&](const ValueInfo* input) { return input->name == name; });
  }

  void check_options() const {
    for (const auto& [name, shape] : options_.input_shapes) {
      const auto found = std::find_if(inputs_.begin(), inputs_.end(),
                                      [&, &n = name](const ValueInfo* input) { return input->name == n; });
      if (found == inputs_.end()) {
        if (is_symbol(name)) continue;
        fail(
            fmt::format("a shape is given for '{}', which is no input and no free dimension of one", clean_text(name)));
      }
      const auto& stated = (*found)->shape;
      if (stated && stated->size() != shape.size()) {
        fail(fmt::format("input '{}' has {} dimensions, a shape of {} is given", clean_text(name), stated->size(),
                         shape.size()));
      }
    }
    if (options_.batch) checked(*options_.batch, "the batch");
  }

  // The options that name a dimension, not an input.
  void bind_named_dimensions() {
    for (const auto& [name, shape] : options_.input_shapes) {
      if (is_input(name)) continue;
      if (shape.size() != 1) {
        fail(fmt::format("dimension '{}' is given {} extents, wanted one", clean_text(name), shape.size()));
      }
      bind(name, shape.front(), {});
    }
  }

  void collect_symbols() {
    bind_named_dimensions();
    for (const ValueInfo* input : inputs_) {
      if (!input->shape) continue;
      const std::vector<double>* given = option(*input);
      for (std::size_t k = 0; k < input->shape->size(); ++k) {
        const std::string_view symbol = (*input->shape)[k].symbol;
        if ((*input->shape)[k].value || symbol.empty()) continue;
        if (given != nullptr)
          bind(symbol, (*given)[k], input->name);
        else if (takes_batch(*input, k))
          bind(symbol, *options_.batch, input->name);
      }
    }
  }

  void bind(std::string_view symbol, double extent, std::string_view input) {
    const std::int64_t value = checked(extent, fmt::format("dimension '{}'", clean_text(symbol)));
    const auto [found, is_new] = symbols_.emplace(symbol, value);
    if (!is_new && found->second != value) {
      fail(fmt::format("dimension '{}' of input '{}' is {}, elsewhere {}", clean_text(symbol), clean_text(input), value,
                       found->second));
    }
  }

  // Free dimensions are added to `free`.
  Shape bound_shape(const ValueInfo& input, FreeDimensions& free) const {
    const std::string name = clean_text(input.name);
    if (!input.is_tensor) fail(fmt::format("input '{}' is not a tensor", name));
    const std::vector<double>* given = option(input);
    if (!input.shape && given == nullptr) {
      free.add_input(name);
      return {};
    }
    const std::size_t rank = given != nullptr ? given->size() : input.shape->size();
    if (rank > kLargestRank) fail(fmt::format("input '{}' has {} dimensions", name, rank));
    Shape shape(rank, 1);
    for (std::size_t k = 0; k < rank; ++k) {
      const std::string what = fmt::format("dimension {} of input '{}'", k, name);
      if (given != nullptr)
        shape[k] = checked((*given)[k], what);
      else if (takes_batch(input, k))
        shape[k] = checked(*options_.batch, what);
      else if (const Dimension& stated = (*input.shape)[k]; stated.value) {
        shape[k] = checked(static_cast<double>(*stated.value), what);
      } else if (const auto symbol = symbols_.find(stated.symbol); symbol != symbols_.end()) {
        shape[k] = symbol->second;
      } else {
        free.add_axis(stated.symbol, k, name);
      }
    }
    if (!elements(shape)) fail(fmt::format("input '{}' of shape {} has more than 2^53 elements", name, to_text(shape)));
    return shape;
  }

  // Whether an option put another extent in the place of one that the file states.
  static bool contradicts(const ValueInfo& input, const Shape& shape) {
    if (!input.shape) return false;
    return !std::equal(
        shape.begin(), shape.end(), input.shape->begin(),
        [](std::int64_t extent, const Dimension& stated) { return stated.value.value_or(extent) == extent; });
  }

  void define(const ValueInfo& input, Shape shape) {
    Value value{.name = input.name, .shape = std::move(shape), .type = input.type};
    if (roles_.is_parameter(input.name)) {
      builder_.make_parameter(value);
      log(ImportFact::Kind::parameter, value,
          roles_.by_position.contains(input.name) ? "stands where weights stand" : "beside inputs that are weights");
    } else {
      value.tensor = builder_.add_tensor(input.name, value.shape, value.format());
      builder_.graph().inputs.push_back(*value.tensor);
      log(ImportFact::Kind::input, value, to_text(*value.shape));
    }
    builder_.define(std::move(value));
  }

  void log(ImportFact::Kind kind, const Value& input, const std::string& detail) {
    builder_.log([&] { return ImportFact{kind, "", "", clean_text(input.name), detail}; });
  }

  void note_parameters() {
    if (!roles_.by_position.empty()) {
      builder_.note(fmt::format("{} inputs of the graph stand where weights stand: counted as parameters",
                                roles_.by_position.size()));
    }
    std::vector<std::string> names;
    for (const ValueInfo* input : inputs_) {
      if (roles_.by_neighbours.contains(input->name)) names.push_back(clean_text(input->name));
    }
    if (names.empty()) return;
    constexpr std::size_t kNamed = 3;
    const std::size_t more = names.size() > kNamed ? names.size() - kNamed : 0;
    names.resize(names.size() - more);
    builder_.note(
        fmt::format("inputs taken for parameters because others of the file are: {}{} (an --input-shape makes "
                    "one an activation)",
                    fmt::join(names, ", "), more == 0 ? "" : fmt::format(" and {} more", more)));
  }

  GraphBuilder& builder_;
  const ParameterRoles& roles_;
  const OnnxOptions& options_;
  std::vector<const ValueInfo*> inputs_;
  Symbols symbols_;
};

}  // namespace

void define_inputs(GraphBuilder& builder, const ParameterRoles& roles, const OnnxOptions& options) {
  InputBinder(builder, roles, options).define();
}

}  // namespace hwcost::onnx
