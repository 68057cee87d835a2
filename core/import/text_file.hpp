// The bytes of a text file. Private to the importers.
#pragma once

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "hwcost/error.hpp"

namespace hwcost {

// The whole file. Throws InputError where it cannot be read.
inline std::string read_text_file(const std::filesystem::path& path) {
  const auto fail = [&path](int code) {
    throw InputError({path.string(), 0}, "cannot be read: " + std::generic_category().message(code));
  };
  struct Close {
    void operator()(std::FILE* open) const { std::fclose(open); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (!file) fail(errno);
  std::string content;
  std::vector<char> block(std::size_t{1} << 16);
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
    content.append(block.data(), count);
  }
  if (std::ferror(file.get()) != 0) fail(errno);
  return content;
}

}  // namespace hwcost
