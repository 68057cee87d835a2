// What JSON documents have in common.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "hwcost/report.hpp"
#include "numbers.hpp"

namespace hwcost::command {

using Json = nlohmann::ordered_json;

// Counts without ".0"; null where there is no value.
inline Json json_number(std::optional<double> value) {
  if (!value) return nullptr;
  if (is_exact_count(*value)) return static_cast<std::int64_t>(*value);
  return *value;
}

inline Json hardware_json(const Hardware& hardware) {
  return {{"name", hardware.name}, {"file", hardware.file}, {"sha256", hardware.sha256}, {"backend", hardware.backend}};
}

// The document as text. Names from model files may be no UTF-8: such bytes are replaced.
inline std::string dumped(const Json& document) {
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace hwcost::command
