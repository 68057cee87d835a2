# Public ONNX files and torch's exports, where tools/fetch-models and tools/export-models have put them; not by default.
option(HWCOST_CHECK_REAL_MODELS "Add a test of the files in real-models/ (needs python3-onnx)" OFF)
if(HWCOST_CHECK_REAL_MODELS AND IS_DIRECTORY ${PROJECT_SOURCE_DIR}/real-models AND TARGET hwcost_command)
  add_test(NAME RealModels.AgreeWithTorchAndLibonnx
    COMMAND ${PROJECT_SOURCE_DIR}/tools/check-models $<TARGET_FILE:hwcost_command>)
  set_tests_properties(RealModels.AgreeWithTorchAndLibonnx PROPERTIES TIMEOUT 1800)
endif()
