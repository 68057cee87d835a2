#include "description_files.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <set>
#include <stdexcept>
#include <system_error>

#include "did_you_mean.hpp"
#include "hwcost/file_ending.hpp"
#include "hwcost/sha256.hpp"
#include "info_reader.hpp"

namespace hwcost {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".info";

bool is_there(const fs::path& path) {
  std::error_code fault;
  return fs::exists(path, fault);
}

fs::path folder_of(const SourcePlace& place) { return fs::path(place.file).parent_path(); }

[[noreturn]] void fail_to_find(const std::string& name, const SourcePlace& named_at, const SearchPath& folders) {
  std::vector<std::string> texts;
  for (const fs::path& folder : folders) texts.push_back(folder.empty() ? "." : folder.string());
  if (texts.empty()) throw InputError(named_at, fmt::format("no description {}: no folder to search", in_quotes(name)));
  const std::string hint = did_you_mean(name, description_names(folders));
  throw InputError(named_at, fmt::format("no description {} in {}{}", in_quotes(name), fmt::join(texts, ", "), hint));
}

// Folder of the shared object (or, linked statically, of the program as it was called) that this function is in.
fs::path library_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&library_folder), &info) == 0 || info.dli_fname == nullptr) return {};
  return fs::path(info.dli_fname).parent_path();
}

fs::path program_folder() {
  std::error_code fault;
  return fs::read_symlink("/proc/self/exe", fault).parent_path();
}

}  // namespace

fs::path installed_descriptions() {
  const fs::path from_library = library_folder();
  if (!from_library.empty()) {
    fs::path folder = (from_library / HWCOST_DATA_FROM_LIB).lexically_normal();
    if (is_there(folder)) return folder;
  }
  return (program_folder() / HWCOST_DATA_FROM_BIN).lexically_normal();
}

std::vector<std::string> description_names(const SearchPath& search) {
  std::set<std::string> names;
  for (const fs::path& folder : search) {
    std::error_code fault;  // a folder that is not there holds none
    for (fs::directory_iterator it(folder.empty() ? "." : folder, fault), end; !fault && it != end;
         it.increment(fault)) {
      if (it->path().extension() == kExtension) names.insert(it->path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

bool is_description_path(const std::string& name_or_path) {
  return name_or_path.find('/') != std::string::npos || file_ending(name_or_path) == kExtension;
}

namespace {

// Without `..` in the middle, unless a folder on the way is a link, above which lies another than the text says.
fs::path joined(const fs::path& folder, const fs::path& path) {
  const fs::path whole = folder / path;
  const fs::path tidy = whole.lexically_normal();
  std::error_code error;
  return fs::weakly_canonical(whole, error) == fs::weakly_canonical(tidy, error) ? tidy : whole;
}

}  // namespace

fs::path find_description(const std::string& name_or_path, const SourcePlace& named_at, const SearchPath& search) {
  if (is_description_path(name_or_path)) {
    // Before anything is opened: errors in a file quote it, and a description is no way to look into others.
    if (!named_at.file.empty() && file_ending(name_or_path) != kExtension)
      throw InputError(named_at, fmt::format("the path {} does not end in '{}'", in_quotes(name_or_path), kExtension));
    fs::path path = name_or_path;  // as the caller wrote it, so that errors name it so
    if (!named_at.file.empty()) path = joined(folder_of(named_at), path);
    if (!is_there(path)) throw InputError(named_at, fmt::format("no file {}", in_quotes(path.string())));
    return path;
  }
  SearchPath folders = search;
  if (!named_at.file.empty()) {
    std::erase(folders, folder_of(named_at));
    folders.insert(folders.begin(), folder_of(named_at));
  }
  for (const fs::path& folder : folders) {
    fs::path path = (folder / (name_or_path + std::string(kExtension))).lexically_normal();
    if (is_there(path)) return path;
  }
  fail_to_find(name_or_path, named_at, folders);
}

std::string read_description_file(const fs::path& path) {
  const SourcePlace place{path.string(), 0};
  std::error_code fault;
  const fs::file_status status = fs::status(path, fault);  // asked first: opening a pipe would wait for its writer
  if (fs::is_directory(status)) throw InputError(place, "is a folder; the file of a description is wanted");
  if (status.type() == fs::file_type::not_found) throw InputError(place, "no such file");
  if (fault) throw InputError(place, "cannot be read: " + fault.message());
  if (!fs::is_regular_file(status)) throw InputError(place, "is no regular file");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) throw InputError(place, "cannot be read: " + std::generic_category().message(errno));
  std::string bytes(kMaxInfoBytes + 1, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (in.bad()) throw InputError(place, "cannot be read to its end");
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

std::string file_identity(const fs::path& path) {
  std::error_code fault;
  const fs::path canonical = fs::weakly_canonical(path, fault);
  return (fault ? path.lexically_normal() : canonical).string();
}

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available in this OpenSSL");
  return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + length, ""));
}

}  // namespace hwcost
