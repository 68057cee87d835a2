#include "copy_limits.hpp"

#include <fmt/format.h>

#include <numeric>

#include "hwcost/error.hpp"
#include "limits.hpp"

namespace hwcost::onnx {
namespace {

template <class List>
std::size_t bytes_of_elements(const List& list) {
  return list.size() * sizeof(typename List::value_type);
}

template <class List>
std::size_t bytes_of_all(const List& list) {
  return std::accumulate(list.begin(), list.end(), std::size_t{0},
                         [](std::size_t sum, const auto& item) { return sum + bytes_of(item); });
}

}  // namespace

void CopyLimits::fail(const std::string& label, const std::string& what) const {
  throw InputError({fmt::format("{}: node {}", file_, label), 0}, what);
}

void CopyLimits::add(std::size_t bytes, const std::string& label) {
  bytes_ += bytes;
  if (bytes_ <= kMostCopiedBytes) return;
  fail(label,
       fmt::format("copies of functions and bodies within each other take more than {} MiB", kMostCopiedBytes >> 20U));
}

void CopyLimits::check_name(std::string_view name, const std::string& label) const {
  if (const auto fault = fault_of_name(name)) fail(label, fmt::format("a name within it {}", *fault));
}

std::size_t bytes_of(const StoredTensor& tensor) { return sizeof(StoredTensor) + bytes_of_elements(tensor.dims); }

std::size_t bytes_of(const ValueInfo& info) {
  return sizeof(ValueInfo) + (info.shape ? bytes_of_elements(*info.shape) : 0);
}

std::size_t bytes_of(const Attribute& attribute) {
  return sizeof(Attribute) + bytes_of_elements(attribute.reals) + bytes_of_elements(attribute.integers) +
         (attribute.tensor ? bytes_of_elements(attribute.tensor->dims) : 0);
}

std::size_t bytes_of(const Node& node) {
  return sizeof(Node) + bytes_of_elements(node.inputs) + bytes_of_elements(node.outputs) +
         bytes_of_elements(node.captured) + bytes_of_all(node.attributes);
}

std::size_t bytes_around_nodes(const Body& body) {
  return sizeof(Body) + bytes_of_all(body.initializers) + bytes_of_all(body.inputs) + bytes_of_all(body.outputs) +
         bytes_of_all(body.value_infos);
}

std::size_t bytes_of(const Body& body) { return bytes_around_nodes(body) + bytes_of_all(body.nodes); }

std::size_t bytes_of_name(std::string_view name) {
  constexpr std::size_t kValue = 512;
  return kValue + name.size();
}

}  // namespace hwcost::onnx
