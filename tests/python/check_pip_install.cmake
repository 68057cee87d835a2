# Installs the package by pip without network, into an environment of its own, from a copy of the sources, against the
# library that BUILD installs; then uses it from elsewhere.
foreach(variable IN ITEMS BUILD CONFIG SOURCE WORK PYTHON VERSION)
  if(NOT DEFINED ${variable})
    message(FATAL_ERROR "-D${variable}=... is missing")
  endif()
endforeach()

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK}/source ${WORK}/elsewhere)
foreach(part IN ITEMS CMakeLists.txt LICENSE README.md core hw_descriptions pyproject.toml setup.py tools)
  file(COPY ${SOURCE}/${part} DESTINATION ${WORK}/source)
endforeach()
run(${CMAKE_COMMAND} --install ${BUILD} --config "${CONFIG}" --prefix ${WORK}/library)
run(${PYTHON} -m venv --system-site-packages --without-pip ${WORK}/environment)
run(${CMAKE_COMMAND} -E env "CMAKE_ARGS=-Dhwcost_ROOT=${WORK}/library -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0"
    ${WORK}/environment/bin/python -m pip install --quiet --no-build-isolation --no-index --no-deps ${WORK}/source)
run(${CMAKE_COMMAND} -E chdir ${WORK}/elsewhere ${CMAKE_COMMAND} -E env --unset=PYTHONPATH
    ${WORK}/environment/bin/python ${SOURCE}/tests/python/installed.py ${SOURCE}/tests/models/resnet8_op13.onnx ${VERSION})
# The tree that CMake installs has the package too.
file(GLOB site ${WORK}/library/lib*/python3*/site-packages)
run(${CMAKE_COMMAND} -E chdir ${WORK}/elsewhere ${CMAKE_COMMAND} -E env PYTHONPATH=${site}
    ${PYTHON} ${SOURCE}/tests/python/installed.py ${SOURCE}/tests/models/resnet8_op13.onnx ${VERSION})
