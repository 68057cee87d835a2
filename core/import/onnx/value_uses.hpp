// Which nodes of a body write and read each value. Names become numbers here, once for all who ask.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model.hpp"
#include "name_map.hpp"

namespace hwcost::onnx {

class ValueUses {
 public:
  using Id = std::uint32_t;  // of a name, in the order in which nodes use them; files have fewer than 2^32 names
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct Read {
    std::uint32_t node = 0;
    std::uint32_t operand = 0;  // behind the node's inputs: values from outside that its bodies read
  };
  struct Rewrite {
    std::uint32_t node = 0;  // that writes what an earlier one writes too
    Id value = 0;
  };

  explicit ValueUses(const Body& body);

  [[nodiscard]] std::size_t size() const { return names_.size(); }
  [[nodiscard]] std::string_view name(Id value) const { return names_[value]; }
  [[nodiscard]] Id find(std::string_view name) const;  // kNone: no node uses it, nor is it an output
  // Operands and captured values of a node; kNone where one is left out.
  [[nodiscard]] std::span<const Id> read_by(std::size_t node) const { return part(reads_, read_begin_, node); }
  [[nodiscard]] std::span<const Id> written_by(std::size_t node) const { return part(writes_, write_begin_, node); }
  [[nodiscard]] std::uint32_t writer(Id value) const { return writers_[value]; }  // kNone: no node
  [[nodiscard]] std::span<const Read> readers(Id value) const { return part(readers_, reader_begin_, value); }
  // Times that nodes and the body's outputs read it.
  [[nodiscard]] std::size_t read_count(Id value) const { return readers(value).size() + outputs_[value]; }
  [[nodiscard]] const std::optional<Rewrite>& first_rewrite() const { return first_rewrite_; }

 private:
  template <class T>
  static std::span<const T> part(const std::vector<T>& all, const std::vector<std::uint32_t>& begin, std::size_t k) {
    return std::span(all).subspan(begin[k], begin[k + 1] - begin[k]);
  }
  Id id(std::string_view name);
  void index_readers(std::size_t nodes);

  NameMap<Id> ids_;
  std::vector<std::string_view> names_;
  std::vector<std::uint32_t> writers_, outputs_;  // by value
  std::vector<Id> reads_, writes_;
  std::vector<Read> readers_;
  std::vector<std::uint32_t> read_begin_, write_begin_, reader_begin_;  // where the part of each node or value begins
  std::optional<Rewrite> first_rewrite_;
};

}  // namespace hwcost::onnx
