# The installed tree, moved elsewhere, serves a stranger's CMake project, pkg-config and the command.
if(HWCOST_INSTALL AND TARGET hwcost_onnx AND TARGET hwcost_c)
  add_test(NAME Install.MovedTreeServesConsumers
    COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DCONFIG=$<CONFIG> -DSOURCE=${PROJECT_SOURCE_DIR}
            -DWORK=${PROJECT_BINARY_DIR}/tests/installed -DCOMPILER=${CMAKE_CXX_COMPILER} "-DFLAGS=${CMAKE_CXX_FLAGS}"
            -DC_COMPILER=${CMAKE_C_COMPILER} "-DC_FLAGS=${CMAKE_C_FLAGS}"
            -DBINDIR=${CMAKE_INSTALL_BINDIR} -DLIBDIR=${CMAKE_INSTALL_LIBDIR} -DSHARED=${BUILD_SHARED_LIBS}
            -DGENERATOR=${CMAKE_GENERATOR} -DMODEL=${PROJECT_SOURCE_DIR}/tests/models/resnet8_op13.onnx
            -P ${CMAKE_CURRENT_SOURCE_DIR}/consumer/check_installed.cmake)
  set_tests_properties(Install.MovedTreeServesConsumers PROPERTIES TIMEOUT 600)
endif()
