# Every golden table against the descriptions that it checks, through the command itself: a line each.
set(golden_tables "")
function(hwcost_golden table)
  set(golden_tables ${golden_tables} ${table} PARENT_SCOPE)
  if(NOT TARGET hwcost_command)
    return()
  endif()
  foreach(description IN LISTS ARGN)
    cmake_path(GET description STEM LAST_ONLY name)
    add_test(NAME Golden.${table}.${name}
      COMMAND hwcost_command verify ${CMAKE_CURRENT_SOURCE_DIR}/golden/${table}.csv --hw ${description})
  endforeach()
endfunction()

hwcost_golden(counts counts bit-ops memory-access)
hwcost_golden(counts_channel_split counts bit-ops memory-access)
hwcost_golden(mpic mpic)
hwcost_golden(mpic_channel_split mpic)
hwcost_golden(gap8 gap8)
hwcost_golden(diana diana)
hwcost_golden(ne16-job ne16-job)
hwcost_golden(ne16-plinio ne16-plinio)
hwcost_golden(ne16-plinio_channel_split ne16-plinio)
hwcost_golden(seeds_worked_examples counts-notebook)

hwcost_golden(cluster ${CMAKE_CURRENT_SOURCE_DIR}/golden/round-cluster.info)
hwcost_golden(roofline ${CMAKE_CURRENT_SOURCE_DIR}/golden/round-roofline.info)
hwcost_golden(flops-per-second flops-per-second)

# What was measured on machines, held against their descriptions by tests of its own: with a residual, not exactly.
list(APPEND golden_tables gap9_gvsoc_layers gap9_silicon_mlperf_tiny onednn_int8_vnni_1t onednn_int8_avx2_1t
     tpu-v1)

# Not of layers, one a row: read by the tests of what they are about.
list(APPEND golden_tables plinio_refine plinio_gradients)

# A table that no line names would check nothing.
file(GLOB tables CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/golden/*.csv)
foreach(table IN LISTS tables)
  cmake_path(GET table STEM LAST_ONLY table)
  if(NOT table IN_LIST golden_tables)
    message(FATAL_ERROR "tests/golden/${table}.csv is held against no description: "
                        "add a line hwcost_golden(${table} DESCRIPTION...) to tests/golden.tests.cmake")
  endif()
endforeach()

# docs/ACCURACY.md says how far every description is off from these tables: it is up to date, and none became worse.
if(TARGET hwcost_command AND TARGET hwcost_onnx)
  find_package(Python3 COMPONENTS Interpreter)
  if(Python3_FOUND)
    add_test(NAME Scoreboard.PageIsUpToDateAndNoErrorIsLargerThanItsBound
      COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tools/scoreboard $<TARGET_FILE:hwcost_command> --check)
  endif()
endif()
