# Layers, layer tables, assignments and the IR as JSON.
find_package(nlohmann_json 3.11 REQUIRED)
hwcost_test(layer)
hwcost_test(layer_table hwcost::table)
hwcost_test(assignment)
hwcost_test(assignment_table hwcost::table)
hwcost_test(refine)
hwcost_test(refine_search)
hwcost_test(refine_network hwcost::table)
hwcost_test(graph_json hwcost::json nlohmann_json::nlohmann_json)
hwcost_test(price_table_file hwcost::json)
hwcost_test(table_fuzz hwcost::table)
hwcost_test(graph_json_fuzz hwcost::json)

# Documents that we write obey the schema that we ship.
add_executable(write_sample_graphs write_sample_graphs.cpp)
set_target_properties(write_sample_graphs PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
target_link_libraries(write_sample_graphs PRIVATE hwcost::json hwcost_warnings)
add_test(NAME GraphJson.WrittenDocumentsObeyTheSchema
  COMMAND ${CMAKE_COMMAND} -E env /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/graph_json_schema_test.py
          ${PROJECT_SOURCE_DIR}/schemas/hwcost-ir-1.schema.json $<TARGET_FILE:write_sample_graphs>)

add_executable(write_sample_price_table write_sample_price_table.cpp)
set_target_properties(write_sample_price_table PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
target_link_libraries(write_sample_price_table PRIVATE hwcost::json hwcost_warnings)
add_test(NAME PriceTableFile.WrittenDocumentsObeyTheSchema
  COMMAND ${CMAKE_COMMAND} -E env /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/price_table_schema_test.py
          ${PROJECT_SOURCE_DIR}/schemas/hwcost-price-table-1.schema.json $<TARGET_FILE:write_sample_price_table>)

# Wider widths as a user gets them.
if(TARGET hwcost_command AND TARGET hwcost_onnx)
  add_test(NAME Refine.CommandWritesATableThatPricesAsItSays
    COMMAND ${CMAKE_COMMAND} -E env /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/refine_command_test.py
            ${PROJECT_SOURCE_DIR} $<TARGET_FILE:hwcost_command>)
endif()
