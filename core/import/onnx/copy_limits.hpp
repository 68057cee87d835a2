// Limits of the copies of functions and bodies: a file of a few kilobytes can ask for any number of them, and for names
// of any length, which are joined at every level.
#pragma once

#include <cstddef>
#include <string>

#include "model.hpp"

namespace hwcost::onnx {

inline constexpr std::size_t kMostCopiedBytes = std::size_t{256} << 20;

class CopyLimits {
 public:
  explicit CopyLimits(std::string file) : file_(std::move(file)) {}

  // Both fail at the node with that label: where all copies together would take more than kMostCopiedBytes, where a
  // name is longer than any may be.
  void add(std::size_t bytes, const std::string& label);
  void check_name(std::string_view name, const std::string& label) const;

 private:
  [[noreturn]] void fail(const std::string& label, const std::string& what) const;

  std::string file_;
  std::size_t bytes_ = 0;
};

// What a copy takes, about: without the bodies of attributes, which copies may share.
std::size_t bytes_of(const StoredTensor& tensor);
std::size_t bytes_of(const ValueInfo& info);
std::size_t bytes_of(const Attribute& attribute);
std::size_t bytes_of(const Node& node);
std::size_t bytes_of(const Body& body);
std::size_t bytes_around_nodes(const Body& body);
// A new name, and the value that has it.
std::size_t bytes_of_name(std::string_view name);

}  // namespace hwcost::onnx
