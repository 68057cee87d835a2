// Price tables as files: JSON, written and read back without loss. Schema: schemas/hwcost-price-table-1.schema.json.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "hwcost/export.hpp"
#include "hwcost/price_table.hpp"

namespace hwcost {

HWCOST_EXPORT std::string price_table_to_json(const PriceTable& table);
// Throws InputError at `file`: no JSON, another version, wrong or missing fields, lists of other lengths than the
// table's.
HWCOST_EXPORT PriceTable read_price_table(std::string_view text, const std::string& file);

// Written beside the file and then renamed to it: who reads it sees the old table or the new one. Throws InputError
// where it cannot be written.
HWCOST_EXPORT void save_price_table(const PriceTable& table, const std::filesystem::path& file);
// PriceTable::check_is_of() tells whether it is the one that was wanted.
HWCOST_EXPORT PriceTable load_price_table(const std::filesystem::path& file);

}  // namespace hwcost
