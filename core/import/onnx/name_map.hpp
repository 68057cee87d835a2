// Maps by name. Files have as many names as values: a map with its entries in one array, and hashes beside them, misses
// the cache once a look-up where std::unordered_map does three times.
#pragma once

#include <tsl/robin_map.h>

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace hwcost::onnx {

template <class T>
using NameMap = tsl::robin_map<std::string_view, T, std::hash<std::string_view>, std::equal_to<>,
                               std::allocator<std::pair<std::string_view, T>>, true>;

}  // namespace hwcost::onnx
