#include "hwcost/file_ending.hpp"

#include <algorithm>

namespace hwcost {

std::string file_ending(std::string_view file) {
  const std::size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || file.find('/', dot) != std::string_view::npos) return {};
  std::string ending(file.substr(dot));
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::transform(ending.begin(), ending.end(), ending.begin(), lower);
  return ending;
}

}  // namespace hwcost
