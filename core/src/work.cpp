#include "hwcost/work.hpp"

#include <cmath>

namespace hwcost {
namespace {

double whole_bytes(double bits) { return std::ceil(bits / 8.0); }

// Calls f(dims, bits) for each group of output channels that has a width of its own; once where all have the same.
template <class D, class F>
void for_each_width(const D& dims, const WeightFormat& weight, F&& f) {
  if constexpr (requires { with_out_channels(dims, 1.0); }) {
    if (weight.is_mixed()) {
      for (const ChannelGroup& g : weight.groups) f(with_out_channels(dims, g.channels), g.bits);
      return;
    }
  }
  f(dims, weight.uniform.bits);
}

// ShuffleNet V2's lower bound on memory access at equal work W = hw·c1·c2/g (Ma et al., ECCV 2018, guideline 1).
void set_bound(const Layer& layer, const Work<>& w, Facts& facts) {
  const auto* d = std::get_if<Convolution<>>(&layer.dims);
  if (d == nullptr || is_transposed(layer.op) || d->kernel() != 1.0 || d->batch != 1.0 || w.macs == 0.0) return;
  if (d->stride_depth * d->stride_height * d->stride_width != 1.0 || d->in_pixels() != d->out_pixels()) return;
  const double pixels = d->out_pixels();
  facts.has_memory_access_bound = true;
  facts.memory_access_bound_elements = 2.0 * std::sqrt(pixels * w.macs * d->groups) + w.macs / pixels;
}

}  // namespace

Facts facts(const Layer& given) {
  const WeightFormat& weight = given.precision.weight;
  const bool pruned = weight.is_mixed() ? weight.groups.front().bits == 0.0 : weight.uniform.bits == 0.0;
  const Layer layer = pruned ? without_pruned_channels(given) : given;
  const Work<> w = work(layer);
  const Precision& p = layer.precision;

  Facts f;
  if (is_empty(w)) return f;  // nothing is left of it
  f.macs = w.macs * layer.repeat;
  f.flops = w.flops() * layer.repeat;
  f.transcendentals = w.transcendentals * layer.repeat;
  std::visit(
      [&](const auto& dims) {
        for_each_width(dims, p.weight, [&](const auto& part, double bits) {
          const Work<> here = work(layer.op, part);
          f.bit_ops += here.macs * bits * p.input.bits * layer.repeat;
          f.weight_bits += here.weights * bits;
        });
      },
      layer.dims);
  f.weight_bytes = whole_bytes(f.weight_bits);
  const Traffic<> moved =
      traffic(layer.op, w, {p.input.bits, p.weight.uniform.bits, p.output.bits, 0.0, 0.0}, f.weight_bits);
  f.input_bytes = moved.input + moved.second_input;
  f.output_bytes = moved.output;
  f.memory_access_bytes = moved.total() * layer.repeat;
  const bool reads_weights = moved.weights > 0.0;
  f.memory_access_elements = (w.input + w.second_input + w.output + (reads_weights ? w.weights : 0.0)) * layer.repeat;
  set_bound(layer, w, f);
  f.memory_access_bound_elements *= layer.repeat;
  if (layer.owns_weights) {
    f.params = w.parameters();
    f.parameter_bytes = f.weight_bytes + whole_bytes(w.biases * p.bias.bits);
    f.buffer_bytes = whole_bytes(w.buffers * p.bias.bits);
  }
  return f;
}

Facts& Facts::operator+=(const Facts& other) {
  for (const Column& c : columns()) this->*c.member += other.*c.member;
  parameter_bytes += other.parameter_bytes;
  buffer_bytes += other.buffer_bytes;
  has_memory_access_bound = has_memory_access_bound && other.has_memory_access_bound;
  return *this;
}

const std::vector<Facts::Column>& Facts::columns() {
  static const std::vector<Column> kColumns{
      {"macs", &Facts::macs, true},
      {"flops", &Facts::flops, true},
      {"transcendentals", &Facts::transcendentals, true},
      {"params", &Facts::params, true},
      {"bit_ops", &Facts::bit_ops, true},
      {"memory_access_elements", &Facts::memory_access_elements},
      {"memory_access_bytes", &Facts::memory_access_bytes},
      {"memory_access_bound_elements", &Facts::memory_access_bound_elements},
      {"weight_bits", &Facts::weight_bits, true},
      {"weight_bytes", &Facts::weight_bytes},
      {"input_bytes", &Facts::input_bytes},
      {"output_bytes", &Facts::output_bytes},
  };
  return kColumns;
}

}  // namespace hwcost
