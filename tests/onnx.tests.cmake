# ONNX files in.
if(HWCOST_WITH_ONNX)
  hwcost_test(onnx_networks hwcost::onnx nlohmann_json::nlohmann_json)
  hwcost_test(onnx_precision hwcost::onnx)
  hwcost_test(onnx_import hwcost::onnx)
  hwcost_test(onnx_operators hwcost::onnx)
  hwcost_test(onnx_ownership hwcost::onnx)
  hwcost_test(onnx_fuzz hwcost::onnx)
endif()
