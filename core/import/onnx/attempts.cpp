// Attempts of the graph builder: what was added since a mark is undone, and done again where it is wanted after all.
#include <algorithm>
#include <iterator>

#include "graph_builder.hpp"

namespace hwcost::onnx {
namespace {

template <class T>
std::vector<T> cut(std::vector<T>& list, std::size_t size) {
  const auto begin = list.begin() + static_cast<std::ptrdiff_t>(size);
  std::vector<T> rest(std::make_move_iterator(begin), std::make_move_iterator(list.end()));
  list.erase(begin, list.end());
  return rest;
}

template <class T>
void append(std::vector<T>& list, std::vector<T> rest) {
  list.insert(list.end(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
}

}  // namespace

GraphBuilder::Mark GraphBuilder::mark() const {
  return {.nodes = graph_.nodes.size(),
          .tensors = graph_.tensors.size(),
          .notes = graph_.notes.size(),
          .facts = log_ == nullptr ? 0 : log_->facts.size(),
          .claims = claims_.size(),
          .readings = readings_.size(),
          .unmodelled = unmodelled_.size(),
          .changed_reads = changed_reads_.size(),
          .block_scales = block_scales_,
          .has_distrusted = has_distrusted_};
}

std::size_t GraphBuilder::unmodelled_since(const Mark& mark) const {
  const auto begin = unmodelled_.begin() + static_cast<std::ptrdiff_t>(mark.unmodelled);
  return static_cast<std::size_t>(
      std::count_if(begin, unmodelled_.end(), [](const UnmodelledNode& node) { return !node.is_bound; }));
}

void GraphBuilder::undo(const Mark& mark) { (void)detach(mark); }

GraphBuilder::Detached GraphBuilder::detach(const Mark& mark) {
  Detached part;
  part.reads = cut(reads_, mark.tensors);
  part.changed_reads = cut(changed_reads_, mark.changed_reads);
  for (auto change = part.changed_reads.rbegin(); change != part.changed_reads.rend(); ++change) undo(*change);
  part.nodes = cut(graph_.nodes, mark.nodes);
  part.tensors = cut(graph_.tensors, mark.tensors);
  part.notes = cut(graph_.notes, mark.notes);
  part.readings = cut(readings_, mark.readings);
  part.unmodelled = cut(unmodelled_, mark.unmodelled);
  if (log_ != nullptr) part.facts = cut(log_->facts, mark.facts);
  for (const std::size_t parameter : cut(claims_, mark.claims)) {
    part.claims.emplace_back(parameter, owners_.at(parameter));
    owners_.erase(parameter);
  }
  part.block_scales = std::exchange(block_scales_, mark.block_scales);
  part.has_distrusted = std::exchange(has_distrusted_, mark.has_distrusted);
  return part;
}

void GraphBuilder::reattach(Detached part) {
  for (const ChangedReads& change : part.changed_reads) redo(change);
  append(reads_, std::move(part.reads));
  append(changed_reads_, std::move(part.changed_reads));
  append(graph_.nodes, std::move(part.nodes));
  append(graph_.tensors, std::move(part.tensors));
  append(graph_.notes, std::move(part.notes));
  append(readings_, std::move(part.readings));
  append(unmodelled_, std::move(part.unmodelled));
  if (log_ != nullptr) append(log_->facts, std::move(part.facts));
  for (const auto& [parameter, owner] : part.claims) {
    claims_.push_back(parameter);
    owners_.emplace(parameter, owner);
  }
  block_scales_ = part.block_scales;
  has_distrusted_ = part.has_distrusted;
}

void GraphBuilder::read_as_it_is(TensorId tensor) {
  if (!std::exchange(reads_[tensor].plain, true)) changed_reads_.push_back({.tensor = tensor});
}

std::size_t GraphBuilder::read_quantized(TensorId tensor, NumberFormat format) {
  std::vector<NumberFormat>& formats = reads_[tensor].quantized;
  formats.push_back(format);
  changed_reads_.push_back({.tensor = tensor, .quantizer = formats.size() - 1, .after = format});
  return formats.size() - 1;
}

void GraphBuilder::narrow_quantizer(TensorId tensor, std::size_t quantizer, NumberFormat format) {
  const NumberFormat before = std::exchange(reads_[tensor].quantized[quantizer], format);
  changed_reads_.push_back({.tensor = tensor, .quantizer = quantizer, .before = before, .after = format});
}

// Of a tensor that was there before the attempt; the reads of later ones are kept as they are.
void GraphBuilder::undo(const ChangedReads& change) {
  if (change.tensor >= reads_.size()) return;
  TensorReads& reads = reads_[change.tensor];
  if (!change.quantizer) {
    reads.plain = false;
  } else if (change.before) {
    reads.quantized[*change.quantizer] = *change.before;
  } else {
    reads.quantized.pop_back();
  }
}

void GraphBuilder::redo(const ChangedReads& change) {
  if (change.tensor >= reads_.size()) return;
  TensorReads& reads = reads_[change.tensor];
  if (!change.quantizer) {
    reads.plain = true;
  } else if (change.before) {
    reads.quantized[*change.quantizer] = change.after;
  } else {
    reads.quantized.push_back(change.after);
  }
}

}  // namespace hwcost::onnx
