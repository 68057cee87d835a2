# Graphs, the evaluation of networks, and the command as a user meets it.
hwcost_test(graph)
hwcost_test(evaluate)
if(TARGET hwcost_onnx)
  hwcost_test(liveness hwcost::onnx)
endif()
hwcost_test(progress)
target_sources(progress_test PRIVATE ${PROJECT_SOURCE_DIR}/tools/progress.cpp ${PROJECT_SOURCE_DIR}/tools/text_table.cpp)
target_include_directories(progress_test PRIVATE ${PROJECT_SOURCE_DIR}/tools)
if(TARGET hwcost_command)
  find_package(nlohmann_json 3.11 REQUIRED)
  hwcost_test(command nlohmann_json::nlohmann_json)
  target_compile_definitions(command_test PRIVATE HWCOST_COMMAND="$<TARGET_FILE:hwcost_command>")
  if(TARGET hwcost_onnx)
    target_compile_definitions(command_test PRIVATE HWCOST_WITH_ONNX)
  endif()
  add_dependencies(command_test hwcost_command)
  add_test(NAME Report.PrintedDocumentsObeyTheSchema
    COMMAND ${CMAKE_COMMAND} -E env /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/report_schema_test.py
            ${PROJECT_SOURCE_DIR}/schemas/hwcost-report-1.schema.json $<TARGET_FILE:hwcost_command>)
  if(TARGET hwcost_onnx)
    add_test(NAME Sweep.PrintedDocumentsObeyTheSchema
      COMMAND ${CMAKE_COMMAND} -E env /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/sweep_schema_test.py
              ${PROJECT_SOURCE_DIR} $<TARGET_FILE:hwcost_command>)
    add_test(NAME Command.OddFilesAreToldInOneLine
      COMMAND ${CMAKE_COMMAND} -E env /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/command_edges_test.py
              ${PROJECT_SOURCE_DIR} $<TARGET_FILE:hwcost_command>)
  endif()
endif()

# Prices held against measurements.
hwcost_test(comparison hwcost::compare)
if(TARGET hwcost_command)
  add_test(NAME Compare.DocumentsObeyTheSchemaAndPagesNeedNoOtherFile
    COMMAND ${CMAKE_COMMAND} -E env /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/compare_command_test.py
            ${PROJECT_SOURCE_DIR} $<TARGET_FILE:hwcost_command>)
endif()
