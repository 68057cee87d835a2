// A hardware description file: named quantities, each with its unit, source, kind and place. Format:
// docs/descriptions.md.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/calibration_record.hpp"
#include "hwcost/error.hpp"
#include "hwcost/export.hpp"
#include "hwcost/unit.hpp"

namespace hwcost {

// Where a number comes from.
enum class Provenance { measured, published, rtl, tool, fitted, guessed };
HWCOST_EXPORT std::string_view to_text(Provenance kind);

// Values that a fit may give a parameter, in base units, both inclusive.
struct FreeRange {
  double low = 0.0;
  double high = 0.0;
};

// One parameter as written, inheritance resolved.
struct Parameter {
  std::string text;    // as written: "8 byte/cycle"
  double value = 0.0;  // in base units: bit, cycle, second, joule
  Unit unit;
  std::string source;  // a datasheet, a paper, a measurement
  Provenance kind = Provenance::guessed;
  std::optional<FreeRange> free;  // absent: no fit changes it
  SourcePlace place;              // file and line that it came from, an inherited one's too
};

// A text field of the description's head, with its place.
struct TextField {
  std::string text;
  SourcePlace place;
};

// What becomes of operators that the machine has no model of.
struct Unmodelled {
  enum class Policy { error, free, fallback } policy = Policy::error;
  std::string fallback;  // the other machine's name
  SourcePlace place;     // of the field; its file's folder is where the other machine is looked for first
};

// Widths assumed for float layers on a machine that computes integers.
struct DefaultBits {
  double weight_bits = 8.0;
  double activation_bits = 8.0;
};

// Folders in which descriptions are looked for, first found first taken.
using SearchPath = std::vector<std::filesystem::path>;

// The folder of the descriptions that are installed beside this library; of a static library, beside the program that
// it is linked into: a program that is installed elsewhere names the folder itself (hwcostConfig.cmake has it).
HWCOST_EXPORT std::filesystem::path installed_descriptions();

class HWCOST_EXPORT Description {
 public:
  // Reads a description and what it inherits from: `name_or_path` is a path (it has a '/' or ends in ".info") or the
  // name of a file NAME.info in `search`. Throws InputError at the first fault, with file and line.
  static Description load(const std::string& name_or_path, const SearchPath& search);
  // The same from a text in memory; `file` names it in errors and is where a relative `inherit` starts.
  static Description from_text(std::string_view text, const std::string& file, const SearchPath& search);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& backend() const { return backend_.text; }
  [[nodiscard]] const SourcePlace& backend_place() const { return backend_.place; }
  [[nodiscard]] const std::string& summary() const { return summary_; }  // one line; may be empty
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] const std::string& sha256() const { return sha256_; }  // of the file's bytes, in hex
  [[nodiscard]] const std::vector<std::string>& inherited_files() const { return inherited_files_; }
  [[nodiscard]] const std::optional<DefaultBits>& default_bits() const { return default_bits_; }
  [[nodiscard]] const Unmodelled& unmodelled() const { return unmodelled_; }
  [[nodiscard]] const std::optional<TextField>& formula() const { return formula_; }  // a user's cost formula
  // Modules (last segment of a layer's module path) that this machine's way of counting leaves out.
  [[nodiscard]] const std::vector<std::string>& uncounted_modules() const { return uncounted_modules_; }
  [[nodiscard]] const std::map<std::string, Parameter, std::less<>>& parameters() const { return parameters_; }
  // Of the fit that this very file, not one that it inherits, came out of; absent where it came out of none.
  [[nodiscard]] const std::optional<CalibrationRecord>& calibration() const { return calibration_; }

  // The parameter `key` in base units, read as `unit` (any unit of that dimension), in [low, high] of `unit`.
  // Nothing where it is absent and `required` is false. Throws InputError otherwise, with a did-you-mean.
  [[nodiscard]] std::optional<double> read(std::string_view key, std::string_view unit, double low, double high,
                                           bool required) const;
  // The same description with other values, in base units, of some of its parameters; without its calibration record.
  [[nodiscard]] Description with_values(const std::map<std::string, double>& values) const;
  // Throws InputError at the first parameter that is none of `known`: a misspelt key is an error.
  void require_only(const std::vector<std::string>& known) const;

 private:
  friend class DescriptionReader;
  std::string name_, summary_, file_, sha256_;
  TextField backend_;
  std::vector<std::string> inherited_files_;
  std::optional<DefaultBits> default_bits_;
  Unmodelled unmodelled_;
  std::optional<TextField> formula_;
  std::vector<std::string> uncounted_modules_;
  std::map<std::string, Parameter, std::less<>> parameters_;
  std::optional<CalibrationRecord> calibration_;
};

// Names of the descriptions (files *.info) in `search`, sorted, each once.
HWCOST_EXPORT std::vector<std::string> description_names(const SearchPath& search);

}  // namespace hwcost
