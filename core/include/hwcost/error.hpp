// Errors: what a caller can mend is an InputError with a place; what a machine cannot answer is data.
#pragma once

#include <stdexcept>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "hwcost/export.hpp"

namespace hwcost {

// A value, or the reason why there is none. Becomes std::expected when we move to C++23.
template <class T, class E>
using Expected = tl::expected<T, E>;

// Where a fact was read: "hw_descriptions/mpic.info", line 12. line 0: the file as a whole.
struct SourcePlace {
  std::string file;
  int line = 0;
  friend bool operator==(const SourcePlace&, const SourcePlace&) = default;
};

// Bad input from outside the program (a file, a flag, a plugin, widths to assign). Thrown where it is given: while
// files are read and objects made, and by functions that say so; never by Backend's. what() is one line: "file:line:
// error: ...", "file: error: ..." or "error: ..." as far as the place is known.
class HWCOST_EXPORT InputError : public std::runtime_error {
 public:
  InputError(SourcePlace place, const std::string& what);
  [[nodiscard]] const SourcePlace& place() const noexcept { return place_; }

 private:
  SourcePlace place_;
};

// "This machine has no price for this layer", and why. Never a huge cost, never a 0, never an exception.
struct Unsupported {
  enum class Cause {
    cannot_run,  // the machine models this operator, not with these extents or widths
    unmodelled,  // the machine has no model of this operator: its description's `unmodelled` decides
    faulty,      // the machine's model (a plugin) gave an answer that is none: a fault of its own
  };
  std::string reason;  // one sentence naming the field: "kernel_height 11 exceeds max_kernel 7"
  Cause cause = Cause::cannot_run;
};

}  // namespace hwcost
