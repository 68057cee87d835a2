#include "answer.hpp"

#include <fmt/format.h>

#include <cmath>
#include <span>

#include "batch_columns.hpp"

namespace hwcost::testing {
namespace {

constexpr std::array<std::string_view, Answer::kFigures> kFigureNames{
    "latency_cycles", "latency_seconds", "energy_joules", "traffic_bytes", "convention_ops", "cost"};

// Columns of a row each, for the figures of one answer.
CostColumns columns_of(Answer& answer) {
  auto& f = answer.figures;
  const auto one = [](double& figure) { return std::span(&figure, 1); };
  return {one(f[0]), one(f[1]), one(f[2]), one(f[3]), one(f[4]), one(f[5]), {}};
}

}  // namespace

std::string_view figure_name(std::size_t figure) { return kFigureNames[figure]; }

std::string to_text(const Answer& answer) {
  std::string text(to_text(answer.status));
  for (std::size_t k = 0; k < Answer::kFigures; ++k) {
    if (answer.figures[k] != 0.0) text += fmt::format(" {} {}", kFigureNames[k], answer.figures[k]);
  }
  return text;
}

Answer scalar(const Backend& backend, const Layer& layer) {
  const auto e = backend.estimate(layer);
  Answer answer;
  if (e) answer.status = e->approximation.empty() ? Status::priced : Status::approximated;
  columns_of(answer).put(0, e ? e->cost : Cost<>{}, answer.status, backend.traits().clock_hertz);
  return answer;
}

std::vector<Answer> batch(const Backend& backend, const std::vector<Layer>& layers) {
  const std::size_t n = layers.size();
  std::array<std::vector<double>, Answer::kFigures> out;
  for (auto& column : out) column.resize(n);
  std::vector<Status> status(n);
  const BatchColumns columns(layers);
  backend.estimate_batch(columns.columns(), {out[0], out[1], out[2], out[3], out[4], out[5], status});
  std::vector<Answer> answers(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < out.size(); ++k) answers[i].figures[k] = out[k][i];
    answers[i].status = status[i];
  }
  return answers;
}

std::vector<Answer> batches(const Backend& backend, const std::vector<Layer>& layers) {
  std::vector<Answer> answers;
  std::vector<Layer> same_op;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    same_op.push_back(layers[i]);
    if (i + 1 < layers.size() && layers[i + 1].op == layers[i].op) continue;
    const auto part = batch(backend, same_op);
    answers.insert(answers.end(), part.begin(), part.end());
    same_op.clear();
  }
  return answers;
}

std::string to_text(const Layer& layer) {
  std::string text(name(layer.op));
  std::visit(
      [&]<class D>(const D& dims) {
        const D plain;
        for (const auto& member : D::kMembers) {
          const double value = dims.*member.pointer;
          if (value != plain.*member.pointer) text += fmt::format(" {} {}", member.name, value);
        }
      },
      layer.dims);
  return text + fmt::format(" w{}a{}", hwcost::to_text(layer.precision.weight), layer.precision.input.bits);
}

std::optional<double> extent(const Layer& layer, std::string_view member_name) {
  return std::visit(
      [&]<class D>(const D& dims) -> std::optional<double> {
        for (const auto& member : D::kMembers) {
          if (member.name == member_name) return dims.*member.pointer;
        }
        return std::nullopt;
      },
      layer.dims);
}

bool set_extent(Layer& layer, std::string_view member_name, double value) {
  return std::visit(
      [&]<class D>(D& dims) {
        for (const auto& member : D::kMembers) {
          if (member.name != member_name) continue;
          dims.*member.pointer = value;
          return true;
        }
        return false;
      },
      layer.dims);
}

std::size_t member_index(const Layer& layer, std::string_view member_name) {
  return std::visit(
      [&]<class D>(const D&) {
        std::size_t k = 0;
        while (k < kMemberCount<D> && D::kMembers[k].name != member_name) ++k;
        return k;
      },
      layer.dims);
}

std::optional<Knot> knot_below(const BackendTraits& traits, const Layer& layer, std::string_view member) {
  const double own = extent(layer, member).value();
  const bool out = member == "out_channels";
  const auto* conv = std::get_if<Convolution<>>(&layer.dims);
  const bool depthwise = conv != nullptr && conv->is_depthwise();
  if (depthwise && !out) return std::nullopt;  // its channels go together, under out_channels
  double step = out ? traits.out_channel_step : traits.in_channel_step;
  if (depthwise) {
    const double outputs = conv->out_channels / conv->groups;
    step = std::ceil(traits.depthwise_channel_step / outputs) * outputs;
  } else if (conv != nullptr) {
    step *= conv->groups;
  }
  Knot knot{(std::ceil(own / step) - 1.0) * step, layer};
  if (depthwise) {
    knot.layer.dims = with_out_channels(*conv, knot.channels);
  } else {
    set_extent(knot.layer, member, knot.channels);
  }
  return knot;
}

}  // namespace hwcost::testing
