#include "hwcost/measure/measured_backend.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "hwcost/model_backend.hpp"
#include "hwcost/work.hpp"

namespace hwcost {
namespace {

// Whether there is nothing to do, or why there is no saying.
Expected<bool, Unsupported> is_nothing(const Layer& layer) {
  return std::visit(
      [&](const auto& dims) -> Expected<bool, Unsupported> {
        const auto w = work(layer.op, dims);
        const Widths<> widths{layer.precision.input.bits, layer.precision.weight.uniform.bits};
        if (auto reason = no_numbers(w, widths)) return tl::unexpected(std::move(*reason));
        return is_empty(w) || (!layer.precision.weight.is_mixed() && detail::is_pruned(dims, widths));
      },
      layer.dims);
}

}  // namespace

MeasuredBackend::MeasuredBackend(std::string name, std::shared_ptr<MeasurementStore> store,
                                 Expected<MeasuredMachine, Unsupported> machine, MeasurePolicy policy,
                                 TimerMaker make_timer)
    : name_(std::move(name)),
      store_(std::move(store)),
      machine_(std::move(machine)),
      policy_(policy),
      make_timer_(std::move(make_timer)) {
  traits_.metrics = {Metric::latency_seconds};
  traits_.skips_free_work = true;
  traits_.monotone = false;
  traits_.widths_add_up = false;
}

Expected<Estimate, Unsupported> MeasuredBackend::estimate(const Layer& layer) const {
  if (info(layer.op).family != family_of(layer.dims)) return tl::unexpected(other_family(layer));
  if (layer.op == Op::custom) return tl::unexpected(unmodelled(layer.op, layer.custom_op, name_));
  const auto nothing = is_nothing(layer);
  if (!nothing) return tl::unexpected(nothing.error());
  const auto bare = measurable(layer);
  if (!bare) return tl::unexpected(bare.error());
  if (*nothing || is_nothing(*bare).value_or(false)) return Estimate{};
  if (!machine_) return tl::unexpected(machine_.error());
  const Layer timed = widened(*bare, machine_->least_integer_bits);
  const auto m = measurement_of({timed, machine_->buffers, machine_->threads, machine_->fingerprint});
  if (!m) return tl::unexpected(m.error());
  Estimate estimate;
  estimate.cost.elapsed.value = m->timing.seconds;
  estimate.approximation = approximation_of(*m);
  if (!(timed == *bare)) {
    add_remark(estimate.approximation,
               fmt::format("measured with integers of {} bit: it has none narrower", machine_->least_integer_bits));
  }
  if (!m->timing.gated())
    add_remark(estimate.approximation, "measured without a gate: a slowed-down processor's time counts too");
  return estimate;
}

Expected<Measurement, Unsupported> MeasuredBackend::measurement_of(const MeasurementKey& key) const {
  if (!store_) return tl::unexpected(Unsupported{"is measured, and no store of measurements was named"});
  try {
    if (policy_ != MeasurePolicy::always) {
      if (auto known = store_->find(key)) return std::move(*known);
    }
    if (policy_ != MeasurePolicy::never) return measured(key);
  } catch (const InputError& error) {
    return tl::unexpected(Unsupported{error.what(), Unsupported::Cause::faulty});
  }
  return tl::unexpected(
      Unsupported{fmt::format("was not measured on this machine ({}, {} buffers, {} thread{}), and "
                              "measuring was not allowed",
                              key.machine.isa, to_text(key.buffers), key.threads, key.threads == 1 ? "" : "s")});
}

Expected<Measurement, Unsupported> MeasuredBackend::measured(const MeasurementKey& key) const {
  const std::lock_guard lock(mutex_);
  // Another thread may have measured it meanwhile.
  if (policy_ == MeasurePolicy::missing) {
    if (auto known = store_->find(key)) return std::move(*known);
  }
  if (!timer_) {
    auto made = make_timer_();
    if (!made) return tl::unexpected(std::move(made.error()));
    timer_ = std::move(*made);
  }
  auto m = timer_->time_in_full(key);
  if (m) store_->put(*m);
  return m;
}

void MeasuredBackend::estimate_batch(const LayerColumns& in, const CostColumns& out) const {
  for (std::size_t row = 0; row < in.size; ++row) {
    const auto price = estimate(layer_at(in, row));
    const Status status = !price                         ? Status::unsupported
                          : price->approximation.empty() ? Status::priced
                                                         : Status::approximated;
    out.put(row, price ? price->cost : Cost<>{}, status, traits_.clock_hertz);
  }
}

Expected<CostGradient, Unsupported> MeasuredBackend::gradient(const Layer& layer, GradientMode mode) const {
  if (mode == GradientMode::relaxed) return relaxed_gradient(*this, layer);
  return tl::unexpected(Unsupported{"measurements have no formula to differentiate: ask for the relaxed gradient"});
}

Registry with_entry(const Registry& registry, const BackendEntry& entry) {
  Registry changed;
  for (const BackendEntry* present : registry.entries()) {
    if (present->name != entry.name) changed.add(*present);
  }
  changed.add(entry);
  return changed;
}

}  // namespace hwcost
