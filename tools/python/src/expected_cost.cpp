// hwcost.ExpectedCost: the cost of a network whose widths are still probabilities, with its gradient.
#include "hwcost/expected_cost.hpp"

#include <fmt/format.h>
#include <pybind11/numpy.h>

#include <memory>
#include <mutex>

#include "binding.hpp"

namespace hwcost::python {
namespace {

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;

// An ExpectedCost with workspaces for as many threads as have met in it.
class SharedExpectedCost {
 public:
  explicit SharedExpectedCost(ExpectedCost cost) : cost_(std::move(cost)) {}

  [[nodiscard]] const ExpectedCost& cost() const { return cost_; }

  // Calls work(the cost, a workspace of this call's own).
  template <class F>
  void with_workspace(F&& work) {
    std::unique_ptr<ExpectedCost::Workspace> workspace = take();
    work(cost_, *workspace);  // one that a throw leaves behind is not used again
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(workspace));
  }

 private:
  std::unique_ptr<ExpectedCost::Workspace> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<ExpectedCost::Workspace> workspace = std::move(free_.back());
        free_.pop_back();
        return workspace;
      }
    }
    return std::make_unique<ExpectedCost::Workspace>(cost_);
  }

  ExpectedCost cost_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ExpectedCost::Workspace>> free_;
};

GradientMode mode_named(const std::string& name) {
  if (name == "relaxed") return GradientMode::relaxed;
  if (name == "straight_through") return GradientMode::straight_through;
  throw InputError({}, fmt::format("'{}' is no mode, wanted relaxed or straight_through", name));
}

SoftChoice choice_named(const std::string& name) {
  if (name == "split") return SoftChoice::split;
  if (name == "choice") return SoftChoice::choice;
  throw InputError({}, fmt::format("'{}' is no kind of soft choice, wanted split or choice", name));
}

template <class T>
T field_as(py::handle object, const char* field, const char* wanted) {
  const py::object value = object.attr(field);
  try {
    return value.cast<T>();
  } catch (const py::cast_error&) {
    throw InputError({}, fmt::format("{} of {} is {}, wanted {}", field, std::string(py::repr(object)),
                                     std::string(py::repr(value)), wanted));
  }
}

// From the dataclasses of hwcost/soft.py.
SearchSpace space_from(const py::iterable& weights, const py::iterable& activations, const py::iterable& channels) {
  SearchSpace space;
  const auto text = [](py::handle object, const char* field) { return field_as<std::string>(object, field, "a text"); };
  const auto texts = [](py::handle object) {
    return field_as<std::vector<std::string>>(object, "layers", "a sequence of names");
  };
  const auto widths = [](py::handle object) {
    return field_as<std::vector<double>>(object, "widths", "a sequence of numbers of bits");
  };
  for (const py::handle q : weights) {
    space.weights.push_back({text(q, "name"), texts(q), widths(q), choice_named(text(q, "kind"))});
  }
  for (const py::handle q : activations) space.activations.push_back({text(q, "name"), texts(q), widths(q)});
  for (const py::handle c : channels) space.channels.push_back({text(c, "name"), texts(c)});
  return space;
}

std::unique_ptr<SharedExpectedCost> make(const Graph& graph, const Machine& machine,
                                         const std::vector<std::string>& metrics, const py::iterable& weights,
                                         const py::iterable& activations, const py::iterable& channels,
                                         const std::string& mode, const std::optional<std::string>& formula,
                                         bool leave_out_unpriced) {
  ExpectedCostOptions options;
  options.metrics = metrics;
  options.mode = mode_named(mode);
  if (formula) options.formula.emplace(*formula, SourcePlace{"formula", 0});
  options.leave_out_unpriced = leave_out_unpriced;
  return std::make_unique<SharedExpectedCost>(
      ExpectedCost(graph, machine, space_from(weights, activations, channels), options));
}

std::string kind_text(ExpectedCost::Block::Kind kind) {
  switch (kind) {
    case ExpectedCost::Block::Kind::weight:
      return "weight";
    case ExpectedCost::Block::Kind::activation:
      return "activation";
    case ExpectedCost::Block::Kind::channels:
      return "channels";
  }
  return {};
}

py::list blocks_of(const SharedExpectedCost& shared) {
  py::list blocks;
  for (const ExpectedCost::Block& block : shared.cost().blocks()) {
    py::dict entry;
    entry["kind"] = kind_text(block.kind);
    entry["name"] = block.name;
    entry["layers"] = block.layers;
    entry["widths"] = block.widths;
    entry["channels"] = block.channels;
    entry["offset"] = block.offset;
    entry["size"] = block.size;
    blocks.append(entry);
  }
  return blocks;
}

Doubles array_of(const std::vector<double>& values) {
  return Doubles(static_cast<py::ssize_t>(values.size()), values.data());
}

std::span<double> span_of(py::array_t<double>& array) {
  return {array.mutable_data(), static_cast<std::size_t>(array.size())};
}

std::span<const double> span_of(const Doubles& array) { return {array.data(), static_cast<std::size_t>(array.size())}; }

// (values, gradients with so many columns) of what `run` evaluates, without the interpreter's lock.
template <class F>
py::tuple evaluated(SharedExpectedCost& shared, std::size_t columns, F&& run) {
  const auto metrics = static_cast<py::ssize_t>(shared.cost().metrics().size());
  py::array_t<double> values(metrics);
  py::array_t<double> gradients({metrics, static_cast<py::ssize_t>(columns)});
  const ExpectedCost::Results results{.values = span_of(values), .gradients = span_of(gradients), .layer_values = {}};
  {
    const py::gil_scoped_release release;
    shared.with_workspace([&](const ExpectedCost& cost, auto& workspace) { run(cost, results, workspace); });
  }
  return py::make_tuple(values, gradients);
}

py::tuple evaluate(SharedExpectedCost& shared, const Doubles& variables) {
  const std::span<const double> given = span_of(variables);
  return evaluated(shared, shared.cost().variable_count(),
                   [&](const ExpectedCost& cost, const auto& results, auto& workspace) {
                     cost.evaluate(given, results, workspace);
                   });
}

py::tuple evaluate_logits(SharedExpectedCost& shared, const Doubles& values, const std::vector<std::size_t>& rows,
                          double temperature) {
  const ExpectedCost::Logits logits{span_of(values), rows, temperature};
  return evaluated(shared, logits.values.size(), [&](const ExpectedCost& cost, const auto& results, auto& workspace) {
    cost.evaluate_logits(logits, results, workspace);
  });
}

py::dict layer_values(SharedExpectedCost& shared, const Doubles& variables) {
  const ExpectedCost& cost = shared.cost();
  const std::size_t metrics = cost.metrics().size();
  std::vector<double> values(cost.layers().size() * metrics);
  shared.with_workspace([&](const ExpectedCost& with, auto& workspace) {
    with.evaluate(span_of(variables), {.values = {}, .gradients = {}, .layer_values = values}, workspace);
  });
  py::dict result;
  for (std::size_t m = 0; m < metrics; ++m) {
    std::vector<double> column;
    for (std::size_t k = m; k < values.size(); k += metrics) column.push_back(values[k]);
    result[py::str(cost.metrics()[m])] = array_of(column);
  }
  return result;
}

// (groups of layers, {layer: why it can lose none}).
py::tuple ties_of(const Graph& graph) {
  const ChannelTies ties = channel_ties(graph);
  py::dict fixed;
  for (const ChannelTies::Fixed& layer : ties.fixed) fixed[py::str(layer.layer)] = layer.reason;
  return py::make_tuple(ties.groups, fixed);
}

constexpr const char* kDoc =
    R"(The expected cost of a network whose widths and channel counts are soft, with its gradient.

`weights`, `activations` and `channels` are WeightQuantizers, ActivationQuantizers and SoftChannels; variables are one
flat array: a probability a width for each weight quantiser, then for each activation quantiser, then a number of
channels for each SoftChannels (`blocks` says where each begins). `metrics` add up over layers: the machine's, or facts
such as 'params', 'weight_bits', 'macs'. `mode` is 'relaxed' (interpolated between whole tiles; the gradient is the
value's own) or 'straight_through' (through ceil and floor). Pruned channels (0 bit) make the layers behind cheaper, and
the gradient says so. Raises InputError: unknown layers or metrics, widths that the machine cannot run, channels that
meet others which are not tied to them.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> cost = ExpectedCost(graph, load_machine('mpic'), ['latency_cycles'], weights=[WeightQuantizer('fc', ['fc'], [2, 8])])
>>> values, gradients = cost.evaluate(cost.uniform())
>>> values.shape, gradients.shape
((1,), (1, 2))
)";

}  // namespace

void bind_expected_cost(py::module_& module) {
  module.def("channel_ties", &ties_of, py::arg("graph"));
  py::class_<SharedExpectedCost> type(module, "ExpectedCost", kDoc);
  share_copies(type);
  refuse_pickle(type, "make it again from its network, machine and quantizers");
  type.def(py::init(&make), py::arg("graph"), py::arg("machine"), py::arg("metrics"), py::kw_only(),
           py::arg("weights") = py::tuple(), py::arg("activations") = py::tuple(), py::arg("channels") = py::tuple(),
           py::arg("mode") = "relaxed", py::arg("formula") = py::none(), py::arg("leave_out_unpriced") = false)
      .def_property_readonly(
          "metrics", [](const SharedExpectedCost& c) { return c.cost().metrics(); }, "As given.")
      .def_property_readonly(
          "layers", [](const SharedExpectedCost& c) { return c.cost().layers(); },
          "Names of the network's layers in execution order.")
      .def_property_readonly(
          "left_out", [](const SharedExpectedCost& c) { return c.cost().left_out(); },
          "Layers that the machine cannot run, which are in no value.")
      .def_property_readonly("blocks", &blocks_of,
                             "What the variables are: dicts of kind, name, layers, widths, channels, offset, size.")
      .def(
          "uniform", [](const SharedExpectedCost& c) { return array_of(c.cost().uniform()); },
          R"(Variables of equal probabilities and all channels.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> ExpectedCost(graph, load_machine('mpic'), ['latency_cycles'],
...              weights=[WeightQuantizer('fc', ['fc'], [2, 8])]).uniform()
array([0.5, 0.5])
)")
      .def("evaluate", &evaluate, py::arg("variables"),
           R"((values, gradients): one a metric, and a row a metric with a derivative a variable.

Probabilities need not add up to 1: the value is the same polynomial. The interpreter's lock is released meanwhile, and
several threads may evaluate at once.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> cost = ExpectedCost(graph, load_machine('counts'), ['weight_bits'],
...                     weights=[WeightQuantizer('fc', ['fc'], [2, 8])])
>>> values, gradients = cost.evaluate([0.5, 0.5])
>>> values, gradients
(array([3200.]), array([[1280., 5120.]]))
)")
      .def("evaluate_logits", &evaluate_logits, py::arg("logits"), py::arg("rows"), py::arg("temperature") = 1.0,
           R"(evaluate() where every block of probabilities is a mean of softmaxes, with the gradients by their logits.

`logits` is flat: block by block, row by row, a logit a width; `rows` says how many rows each block of `blocks` has, one
for a layer, as many as channels where each has its own. A number of channels is itself, with one row. Logits are divided
by `temperature`. Raises InputError where the sizes do not fit.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> cost = ExpectedCost(graph, load_machine('counts'), ['weight_bits'],
...                     weights=[WeightQuantizer('fc', ['fc'], [2, 8])])
>>> values, gradients = cost.evaluate_logits([0.0, 0.0, 1.0, 1.0], [2])
>>> values, gradients
(array([3200.]), array([[-480.,  480., -480.,  480.]]))
)")
      .def("layer_values", &layer_values, py::arg("variables"),
           R"(What each layer's share is: {metric: one a layer}.

>>> graph = Graph([Layer('linear', name='fc', in_channels=64, out_channels=10)])
>>> ExpectedCost(graph, load_machine('counts'), ['macs']).layer_values([])
{'macs': array([640.])}
)");
}

}  // namespace hwcost::python
