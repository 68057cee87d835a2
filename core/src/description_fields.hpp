// The meaning of a description's single fields.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/description.hpp"
#include "info_reader.hpp"

namespace hwcost {

// Throws InputError where the text can be no name: letters, digits, '.', '_' and '-' are wanted. `what` is for the
// message.
void check_name(std::string_view what, const TextField& field);

// Each throws InputError at the field's place where the text is not what it must be.
DefaultBits parse_default_bits(const TextField& field);
Unmodelled parse_unmodelled(const TextField& field);
std::vector<std::string> parse_words(const TextField& field);

// `key "value unit" { source "..." kind ... }`. Throws InputError at the line of the fault.
Parameter parse_parameter(const InfoNode& node, const std::string& file);

// Throws InputError: the key of nodes[i] is none of `known`, or the same as an earlier one's.
void check_keys(const std::vector<InfoNode>& nodes, const std::vector<std::string>& known, const std::string& file);
void check_unique(const std::vector<InfoNode>& nodes, const std::string& file);

// Throws InputError where nodes[i] stands in the line of a value before it: the syntax splits unquoted values at
// spaces, so that the rest of a value looks like a key.
void check_quoting(const std::vector<InfoNode>& nodes, std::size_t i, const std::string& file);

}  // namespace hwcost
