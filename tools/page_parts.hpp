// The files that a page is made of, as CMake put them into the program.
#pragma once

#include <string_view>

namespace hwcost::command::page_parts {

extern const std::string_view kPage;    // accuracy_page/page.html, with the places of the others
extern const std::string_view kStyle;   // accuracy_page/page.css
extern const std::string_view kScript;  // accuracy_page/page.js
extern const std::string_view kCharts;  // third_party/chart.js

}  // namespace hwcost::command::page_parts
