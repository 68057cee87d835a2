# Timing, and the store of measurements.
if(TARGET hwcost_measure)
  hwcost_test(timing hwcost::measure)
  hwcost_test(measurement_table hwcost::measure)
  hwcost_test(measured_backend hwcost::measure)
  hwcost_test(chain hwcost::measure)

  add_executable(store_writer store_writer.cpp)
  set_target_properties(store_writer PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_link_libraries(store_writer PRIVATE hwcost::measure hwcost_warnings)
  foreach(name IN ITEMS store store_file)
    hwcost_test(${name} hwcost::measure SQLite::SQLite3)
    target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR}/core/measure)
  endforeach()
  target_compile_definitions(store_file_test PRIVATE HWCOST_STORE_WRITER="$<TARGET_FILE:store_writer>")
  add_dependencies(store_file_test store_writer)

  if(TARGET hwcost_command)
    add_test(NAME Store.CommandImportsExportsMergesAndPrunes
      COMMAND ${CMAKE_COMMAND} -E env /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/store_command_test.py
              $<TARGET_FILE:hwcost_command>)
  endif()
endif()

# The kernels of oneDNN, where the component was built.
if(TARGET hwcost_onednn)
  hwcost_test(onednn_kernel hwcost::onednn hwcost::table ${DNNL_LIBRARY})
  target_include_directories(onednn_kernel_test PRIVATE ${PROJECT_SOURCE_DIR}/backends/onednn)
  target_include_directories(onednn_kernel_test SYSTEM PRIVATE ${DNNL_INCLUDE_DIR})

  if(TARGET hwcost_command)
    add_test(NAME OneDnn.CommandMeasuresPricesAndRefuses
      COMMAND ${CMAKE_COMMAND} -E env /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/measure_command_test.py
              ${PROJECT_SOURCE_DIR} $<TARGET_FILE:hwcost_command>)
  endif()
endif()
