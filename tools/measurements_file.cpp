#include "measurements_file.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "hwcost/file_ending.hpp"
#ifdef HWCOST_WITH_MEASURE
#include "hwcost/measure/store.hpp"
#include "hwcost/measure/table.hpp"
#endif

namespace hwcost::command {
namespace {

LayerTable read_store(const std::string& file) {
#ifdef HWCOST_WITH_MEASURE
  const MeasurementStore store(file, MeasurementStore::Access::read);
  LayerTable all = stored_layers(store, file);
  if (all.rows.empty()) throw InputError({file, 0}, "the store has no measurement");
  return all;
#else
  throw InputError({file, 0}, "this build of hwcost reads no stores of measurements: a layer table .csv is wanted");
#endif
}

bool fulfils(const TableRow& row, const std::string& condition) {
  const std::size_t equals = condition.find('=');
  const auto cell = row.extra.find(condition.substr(0, equals));
  return cell != row.extra.end() && cell->second == condition.substr(equals + 1);
}

}  // namespace

LayerTable read_measurements(const std::string& file, const std::vector<std::string>& only) {
  const std::string ending = file_ending(file);
  if (ending != ".csv" && ending != ".db")
    throw InputError({file, 0}, "measurements are read from a layer table .csv or a store .db");
  LayerTable all = ending == ".db" ? read_store(file) : read_layer_table(std::filesystem::path(file));
  LayerTable kept;
  kept.graph.file = all.graph.file;
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    bool stays = true;
    for (const std::string& condition : only) stays = stays && fulfils(all.rows[i], condition);
    if (!stays) continue;
    add_layer(kept.graph, std::move(all.graph.nodes[i].layer));
    kept.rows.push_back(std::move(all.rows[i]));
  }
  if (kept.rows.empty() && !all.rows.empty())
    throw InputError({file, 0}, fmt::format("no row of {} fulfils --only", all.rows.size()));
  return kept;
}

}  // namespace hwcost::command
