# What holds the project together: dimensions, derivatives, documents, and who may include whom.
hwcost_test(quantity)
hwcost_test(dual)
hwcost_test(error_statistics hwcost::compare)
hwcost_test(counting_table)

# The same file compiles without, and does not compile with, a sum of different dimensions.
set(mixed_dimensions ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only -I${PROJECT_SOURCE_DIR}/core/include
                     ${CMAKE_CURRENT_SOURCE_DIR}/compile_fail/mixed_dimensions.cpp)
add_test(NAME Quantity.SameDimensionsAdd COMMAND ${mixed_dimensions})
foreach(sum IN ITEMS DATA_PLUS_CYCLES CYCLES_PLUS_SECONDS DATA_PLUS_NUMBER)
  add_test(NAME Quantity.DoesNotCompile.${sum} COMMAND ${mixed_dimensions} -D${sum})
  set_tests_properties(Quantity.DoesNotCompile.${sum} PROPERTIES
    PASS_REGULAR_EXPRESSION "no match for [^\n]*operator\\+|invalid operands to binary expression")
endforeach()

find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  add_test(NAME IncludeArrows.AreHeld
    COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/include_arrows.py ${PROJECT_SOURCE_DIR})
  add_test(NAME IncludeArrows.BreachesAreFound
    COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/include_arrows_test.py)
  if(TARGET hwcost_command AND TARGET hwcost_onnx)
    add_test(NAME Readme.ShowsWhatTheCommandPrints
      COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/readme_test.py ${PROJECT_SOURCE_DIR}
              $<TARGET_FILE:hwcost_command>)
  endif()
endif()
