# Plugins: the examples, one with every fault, and what hwcost makes of them; what C sees of hwcost.

# hwcost_test_plugin(NAME SOURCE [libraries...]): a shared object NAME.so of tests/plugin/SOURCE in the folder of plugins.
set(plugin_folder ${PROJECT_BINARY_DIR}/tests/plugins)
function(hwcost_test_plugin name source)
  add_library(plugin_${name} MODULE plugin/${source})
  set_target_properties(plugin_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name} C_STANDARD 11 C_EXTENSIONS OFF
                        CXX_EXTENSIONS OFF C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
                        LIBRARY_OUTPUT_DIRECTORY ${plugin_folder})
  target_link_libraries(plugin_${name} PRIVATE ${ARGN} hwcost_warnings)
  target_include_directories(plugin_${name} PRIVATE ${PROJECT_SOURCE_DIR}/core/include)
  hwcost_formula_options(plugin_${name})
  set(plugins ${plugins} plugin_${name} PARENT_SCOPE)
endfunction()

set(plugins "")
hwcost_test_plugin(systolic systolic.c m)
hwcost_test_plugin(mac_roofline mac_roofline.cpp hwcost::hwcost)
# With all symbols visible, as an author's build may have them.
foreach(twin IN ITEMS 1 2)
  hwcost_test_plugin(twin${twin} twin.cpp hwcost::hwcost)
  target_compile_definitions(plugin_twin${twin} PRIVATE HWCOST_TWIN=${twin})
  set_target_properties(plugin_twin${twin} PROPERTIES CXX_VISIBILITY_PRESET default)
endforeach()
hwcost_test_plugin(faulty faulty.cpp)
foreach(fault IN ITEMS throwing_entry null_plugin other_abi newer_layout small_struct no_name bad_name taken_name
                       no_explain unknown_unit parameter_twice)
  hwcost_test_plugin(${fault} faulty.cpp)
  target_compile_definitions(plugin_${fault} PRIVATE HWCOST_FAULT=${fault})
endforeach()

hwcost_test_plugin(no_entry faulty.cpp)
target_compile_definitions(plugin_no_entry PRIVATE HWCOST_NO_ENTRY)

foreach(test IN ITEMS plugin plugin_fault)
  hwcost_test(${test})
  add_dependencies(${test}_test ${plugins})
  target_compile_definitions(${test}_test PRIVATE HWCOST_PLUGIN_FOLDER="${plugin_folder}")
endforeach()
hwcost_test(columns)

if(TARGET hwcost_c)
  hwcost_test(c_api hwcost::c hwcost::table)
endif()

# What every backend owes, held on these plugins too.
hwcost_test(conformance hwcost::conformance)
add_dependencies(conformance_test ${plugins})
target_compile_definitions(conformance_test PRIVATE HWCOST_PLUGIN_FOLDER="${plugin_folder}")

if(TARGET hwcost_command)
  add_test(NAME Plugin.CommandLoadsThemWhereTheyAreNamed
    COMMAND ${CMAKE_COMMAND} -E env /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/plugin_command_test.py
            ${PROJECT_SOURCE_DIR} $<TARGET_FILE:hwcost_command> ${plugin_folder})
endif()
