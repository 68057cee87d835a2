#include "value_uses.hpp"

#include <numeric>

namespace hwcost::onnx {

ValueUses::ValueUses(const Body& body) {
  const std::size_t nodes = body.nodes.size();
  ids_.reserve(nodes + body.initializers.size());
  names_.reserve(nodes + body.initializers.size());
  read_begin_.reserve(nodes + 1);
  write_begin_.reserve(nodes + 1);
  for (std::uint32_t k = 0; k < nodes; ++k) {
    const Node& node = body.nodes[k];
    read_begin_.push_back(static_cast<std::uint32_t>(reads_.size()));
    write_begin_.push_back(static_cast<std::uint32_t>(writes_.size()));
    for (const std::string_view input : node.inputs) reads_.push_back(id(input));
    for (const std::string_view input : node.captured) reads_.push_back(id(input));
    for (const std::string_view output : node.outputs) {
      const Id value = id(output);
      writes_.push_back(value);
      if (value == kNone) continue;
      if (writers_[value] != kNone && !first_rewrite_) first_rewrite_ = Rewrite{k, value};
      if (writers_[value] == kNone) writers_[value] = k;
    }
  }
  read_begin_.push_back(static_cast<std::uint32_t>(reads_.size()));
  write_begin_.push_back(static_cast<std::uint32_t>(writes_.size()));
  for (const ValueInfo& output : body.outputs) {
    const Id value = id(output.name);
    if (value != kNone) ++outputs_[value];
  }
  index_readers(nodes);
}

ValueUses::Id ValueUses::id(std::string_view name) {
  if (name.empty()) return kNone;
  const auto [found, is_new] = ids_.try_emplace(name, static_cast<Id>(names_.size()));
  if (is_new) {
    names_.push_back(name);
    writers_.push_back(kNone);
    outputs_.push_back(0);
  }
  return found->second;
}

ValueUses::Id ValueUses::find(std::string_view name) const {
  const auto found = ids_.find(name);
  return found == ids_.end() ? kNone : found->second;
}

// Counted first, then put where the counts say.
void ValueUses::index_readers(std::size_t nodes) {
  reader_begin_.assign(names_.size() + 1, 0);
  for (const Id value : reads_) {
    if (value != kNone) ++reader_begin_[value + 1];
  }
  std::partial_sum(reader_begin_.begin(), reader_begin_.end(), reader_begin_.begin());
  readers_.resize(reader_begin_.back());
  std::vector<std::uint32_t> next(reader_begin_.begin(), reader_begin_.end() - 1);
  for (std::uint32_t node = 0; node < nodes; ++node) {
    const std::span<const Id> read = read_by(node);
    for (std::uint32_t operand = 0; operand < read.size(); ++operand) {
      if (read[operand] != kNone) readers_[next[read[operand]]++] = {node, operand};
    }
  }
}

}  // namespace hwcost::onnx
