// The neutral IR as JSON, written and read back without loss. Schema: schemas/hwcost-ir-1.schema.json.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "hwcost/export.hpp"
#include "hwcost/graph.hpp"

namespace hwcost {

HWCOST_EXPORT std::string graph_to_json(const Graph& graph);
// Throws InputError: no JSON, wrong or missing fields, edges that are no graph.
HWCOST_EXPORT Graph read_graph_json(const std::filesystem::path& file);
HWCOST_EXPORT Graph read_graph_json(std::string_view text, const std::string& file);

}  // namespace hwcost
