# Fits of descriptions to measurements, where the component was built.
if(TARGET hwcost_calibrate)
  hwcost_test(calibrate hwcost::calibrate)
  hwcost_test(calibrate_golden hwcost::calibrate)
  hwcost_test(calibrate_truth hwcost::calibrate)
  hwcost_test(calibrate_parts hwcost::calibrate Eigen3::Eigen)
  target_include_directories(calibrate_parts_test PRIVATE ${PROJECT_SOURCE_DIR}/core/calibrate)
  target_sources(calibrate_parts_test PRIVATE ${PROJECT_SOURCE_DIR}/core/calibrate/folds.cpp
                 ${PROJECT_SOURCE_DIR}/core/calibrate/least_squares.cpp)
  # fmt's header leaves __OPTIMIZE__ defined in what is precompiled without optimisation, which Eigen's do not compile with.
  set_target_properties(calibrate_parts_test PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)
  if(TARGET hwcost_command)
    add_test(NAME Calibrate.CommandWritesADescriptionOrNothing
      COMMAND ${CMAKE_COMMAND} -E env /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/calibrate_command_test.py
              $<TARGET_FILE:hwcost_command>)
  endif()
endif()
