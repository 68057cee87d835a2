#include "hwcost/remembering_backend.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace hwcost {
namespace {

using Answer = Expected<Estimate, Unsupported>;

// The layer without what no price depends on.
Layer without_names(Layer layer) {
  layer.name.clear();
  layer.module.clear();
  layer.assumption.clear();
  layer.repeat = 1.0;
  layer.owns_weights = true;
  return layer;
}

// Over what differs between the layers that a search asks for; == looks at all of it.
struct LayerHash {
  std::size_t operator()(const Layer& layer) const {
    std::uint64_t hash = static_cast<std::uint64_t>(layer.op);
    const auto add = [&hash](double x) {
      hash = (std::rotl(hash, 23) ^ std::bit_cast<std::uint64_t>(x)) * 0x9E3779B97F4A7C15ull;
    };
    std::visit(
        [&]<class D>(const D& dims) {
          for (const auto& member : D::kMembers) add(dims.*member.pointer);
        },
        layer.dims);
    const Precision& p = layer.precision;
    add(p.input.bits);
    add(p.weight.uniform.bits);
    add(p.output.bits);
    for (const ChannelGroup& group : p.weight.groups) {
      add(group.bits);
      add(group.channels);
    }
    return hash ^ hash >> 32;
  }
};

}  // namespace

// Divided by hash, so that threads seldom wait for each other.
class RememberingBackend::Memory {
 public:
  explicit Memory(std::size_t most) : most_a_part_(std::max<std::size_t>(1, most / kParts)) {}

  std::optional<Answer> find(const Layer& layer) {
    Part& part = part_of(layer);
    const std::lock_guard lock(part.mutex);
    const auto it = part.answers.find(layer);
    return it == part.answers.end() ? std::nullopt : std::optional(it->second);
  }
  void remember(Layer layer, const Answer& answer) {
    Part& part = part_of(layer);
    const std::lock_guard lock(part.mutex);
    if (part.answers.size() >= most_a_part_) part.answers.clear();
    part.answers.emplace(std::move(layer), answer);
  }

 private:
  static constexpr std::size_t kParts = 16;
  struct Part {
    std::mutex mutex;
    std::unordered_map<Layer, Answer, LayerHash> answers;
  };
  Part& part_of(const Layer& layer) { return parts_[LayerHash()(layer) % kParts]; }

  std::size_t most_a_part_;
  std::array<Part, kParts> parts_;
};

RememberingBackend::RememberingBackend(std::shared_ptr<const Backend> backend, std::size_t most)
    : backend_(std::move(backend)), memory_(std::make_unique<Memory>(most)) {}
RememberingBackend::~RememberingBackend() = default;

Expected<Estimate, Unsupported> RememberingBackend::estimate(const Layer& layer) const {
  Layer asked = without_names(layer);
  if (auto known = memory_->find(asked)) return std::move(*known);
  Answer answer = backend_->estimate(layer);
  memory_->remember(std::move(asked), answer);
  return answer;
}

Machine with_memory(const Machine& machine, std::size_t most) {
  Machine remembering = machine;
  remembering.backend = std::make_shared<const RememberingBackend>(machine.backend, most);
  if (machine.fallback) remembering.fallback = std::make_shared<const Machine>(with_memory(*machine.fallback, most));
  return remembering;
}

}  // namespace hwcost
