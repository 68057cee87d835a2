# What layers are and what backends say of them.
hwcost_test(work)
hwcost_test(formula)
hwcost_test(gradient)
hwcost_test(conformance)
target_include_directories(conformance_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
if(TARGET hwcost_onnx)
  hwcost_test(network_counts hwcost::onnx nlohmann_json::nlohmann_json)
endif()
