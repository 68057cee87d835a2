#include "accuracy_output.hpp"

namespace hwcost::command {
std::string accuracy_page(const Comparison& comparison) { return accuracy_json(comparison); }
}  // namespace hwcost::command
