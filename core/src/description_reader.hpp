// Makes descriptions of files: inheritance resolved, every field checked.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/description.hpp"

namespace hwcost {

// Reads one description and the files that it inherits from, each once.
class DescriptionReader {
 public:
  explicit DescriptionReader(const SearchPath& search) : search_(search) {}

  // Throw InputError at the first fault. From a file the name must be the file's stem.
  Description read_file(const std::filesystem::path& path);
  Description read_text(std::string_view text, const std::string& file);

 private:
  // What one file says together with all that it inherits, not yet a machine: a base may lack a backend.
  struct Document {
    std::map<std::string, TextField, std::less<>> head;
    std::map<std::string, Parameter, std::less<>> parameters;
    std::optional<CalibrationRecord> calibration;
    std::size_t height = 0;  // inheritance steps below
  };

  Document document(std::string_view text, const std::string& file);
  static Document own_document(std::string_view text, const std::string& file);
  Document inherited(const TextField& inherit);
  const Document& parent(const std::string& name, const SourcePlace& named_at);
  Description description(const Document& document, std::string_view text, const std::string& file) const;

  const SearchPath& search_;
  std::map<std::string, Document> parents_;  // by file_identity
  std::vector<std::string> inherited_files_;
  std::vector<std::string> open_files_;  // file_identity of the files that are being read, each inheriting the next
};

}  // namespace hwcost
