// How the result of a command that has rows is written.
#pragma once

#include <map>
#include <string>

namespace hwcost::command {

enum class Format { table, csv, json };
inline const std::map<std::string, Format> kFormats{
    {"table", Format::table}, {"csv", Format::csv}, {"json", Format::json}};

}  // namespace hwcost::command
