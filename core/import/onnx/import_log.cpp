#include "hwcost/import/onnx.hpp"

namespace hwcost {

std::string_view name(ImportFact::Kind kind) {
  using Kind = ImportFact::Kind;
  switch (kind) {
    case Kind::input:
      return "input";
    case Kind::parameter:
      return "parameter";
    case Kind::width:
      return "width";
    case Kind::pattern:
      return "pattern";
    case Kind::merged:
      return "merged";
    case Kind::alias:
      return "alias";
    case Kind::folded:
      return "folded";
    case Kind::buffer:
      return "buffer";
    case Kind::skipped:
      return "skipped";
    case Kind::unresolved:
      return "unresolved";
  }
  return {};
}

}  // namespace hwcost
