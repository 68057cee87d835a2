# The C and C++ examples of the documents compile, and those that are programs run.
find_package(Python3 COMPONENTS Interpreter)
if(NOT Python3_FOUND OR NOT TARGET hwcost_onnx OR NOT TARGET hwcost_c)
  message(STATUS "Tests of the documents' examples are left out: they need python3, HWCOST_WITH_ONNX and HWCOST_BUILD_C")
  return()
endif()
set(documents ${PROJECT_SOURCE_DIR}/README.md)
foreach(document IN ITEMS search plugins c-api)
  list(APPEND documents ${PROJECT_SOURCE_DIR}/docs/${document}.md)
endforeach()
set(programs documents/search_test.cpp documents/readme.cpp documents/c_api.c documents/plugin.c)
list(TRANSFORM programs PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
set(snippets ${CMAKE_CURRENT_BINARY_DIR}/documents)
add_custom_command(
  OUTPUT ${snippets}/readme_1.inc
  COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/documents/snippets.py ${snippets} ${documents} -- ${programs}
  DEPENDS documents/snippets.py ${documents} ${programs})
add_custom_target(document_snippets DEPENDS ${snippets}/readme_1.inc)

# hwcost_document_program(NAME SOURCES... LIBRARIES libraries...)
function(hwcost_document_program name)
  cmake_parse_arguments(arg "" "" "LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  add_dependencies(${name} document_snippets)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests CXX_EXTENSIONS OFF
                        C_STANDARD 11 C_EXTENSIONS OFF)
  target_include_directories(${name} PRIVATE ${snippets} ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
endfunction()

hwcost_document_program(document_search_test documents/search_test.cpp
                        LIBRARIES hwcost::hwcost hwcost::json hwcost_warnings GTest::gtest_main)
hwcost_formula_options(document_search_test)
target_compile_definitions(document_search_test PRIVATE HWCOST_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                           HWCOST_PLUGIN_FOLDER="${plugin_folder}")
add_dependencies(document_search_test plugin_systolic)
gtest_discover_tests(document_search_test DISCOVERY_TIMEOUT 60)

configure_file(models/resnet8_op13.onnx ${CMAKE_CURRENT_BINARY_DIR}/documents/model.onnx COPYONLY)
hwcost_document_program(document_readme documents/readme.cpp LIBRARIES hwcost::hwcost hwcost::onnx)
add_test(NAME Documents.ReadmePricesAModel COMMAND document_readme)
set_tests_properties(Documents.ReadmePricesAModel PROPERTIES WORKING_DIRECTORY ${snippets}
                     PASS_REGULAR_EXPRESSION "fc: [0-9.]+\n")
hwcost_document_program(document_c_api documents/c_api.c documents/plugin.c LIBRARIES hwcost::c)
add_test(NAME Documents.ProgramInCPricesABatch COMMAND document_c_api)
set_tests_properties(Documents.ProgramInCPricesABatch PROPERTIES
                     PASS_REGULAR_EXPRESSION "^304.762 cycles\n609.524 cycles\n1219.05 cycles\n$")
