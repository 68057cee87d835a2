// Movement of data, as copies: a layer says how many elements move, not from where to where.
#include "hwcost/model_backend.hpp"
#include "jobs.hpp"

namespace hwcost::onednn {
namespace {

using std::int64_t;

bool is_copying(Op op) {
  switch (op) {
    case Op::concat:
    case Op::split:
    case Op::slice:
    case Op::pad:
    case Op::transpose:
    case Op::tile:
    case Op::gather:
    case Op::embedding:
      return true;
    default:
      return false;
  }
}

Answer moving_job(const Layer& layer, double elements, const dnnl::engine& engine) {
  if (!is_copying(layer.op)) return tl::unexpected(unmodelled(layer.op, layer.custom_op, "onednn"));
  const auto types = activation_types_of(layer);
  if (!types) return tl::unexpected(types.error());
  auto job = copy_job(static_cast<int64_t>(elements), *types, engine);
  if (job) job->approximation = "a copy of as many elements in order, since the layer does not say how they move";
  return job;
}

}  // namespace

Answer copy_job(int64_t elements, const Types& types, const dnnl::engine& engine) {
  const auto from = dense({elements}, types.input);
  const auto to = dense({elements}, types.output);
  constexpr bool kAllowEmpty = true;
  const dnnl::reorder::primitive_desc primitive(engine, from, engine, to, {}, kAllowEmpty);
  if (!primitive) return refuse("oneDNN has no kernel that copies these types");
  return Job{primitive, {{DNNL_ARG_FROM, Role::input, from}, {DNNL_ARG_TO, Role::output, to}}, {}};
}

Answer job_for_extents(const Layer& layer, const Movement<>& d, const dnnl::engine& engine) {
  return moving_job(layer, d.out_elements, engine);
}

Answer job_for_extents(const Layer& layer, const Lookup<>& d, const dnnl::engine& engine) {
  return moving_job(layer, d.lookups * d.row_elements, engine);
}

}  // namespace hwcost::onednn
