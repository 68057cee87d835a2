# The Python package: its doctests and tests, the types, and that an installed one works.
if(NOT TARGET hwcost_python)
  message(STATUS "Tests of the Python package are left out: HWCOST_BUILD_PYTHON is off")
  return()
endif()

set(environment PYTHONPATH=${PROJECT_BINARY_DIR}/python PYTHONDONTWRITEBYTECODE=1)
if(TARGET hwcost_command)
  list(APPEND environment HWCOST_COMMAND=$<TARGET_FILE:hwcost_command>)
endif()
if(TARGET plugin_systolic)
  list(APPEND environment HWCOST_PLUGIN_FOLDER=$<TARGET_FILE_DIR:plugin_systolic>)
endif()
set(hwcost_pytest ${CMAKE_COMMAND} -E env ${environment} ${Python3_EXECUTABLE} -m pytest -q -p no:cacheprovider)

# hwcost_missing_python_modules(RESULT MODULES...): those of the modules that the interpreter lacks.
function(hwcost_missing_python_modules result)
  set(missing "")
  foreach(module IN LISTS ARGN)
    execute_process(COMMAND ${Python3_EXECUTABLE} -c "import importlib.util, sys; sys.exit(importlib.util.find_spec('${module}') is None)"
                    RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
      list(APPEND missing ${module})
    endif()
  endforeach()
  set(${result} "${missing}" PARENT_SCOPE)
endfunction()

hwcost_missing_python_modules(missing pytest numpy)
if(missing)
  message(STATUS "Tests of the Python package are left out: ${Python3_EXECUTABLE} lacks ${missing}")
  return()
endif()
add_test(NAME Python.Doctests COMMAND ${hwcost_pytest} --doctest-modules ${PROJECT_BINARY_DIR}/python/hwcost
         --ignore=${PROJECT_BINARY_DIR}/python/hwcost/torch)
add_test(NAME Python.Package COMMAND ${hwcost_pytest} ${CMAKE_CURRENT_SOURCE_DIR}/python
         --ignore-glob=${CMAKE_CURRENT_SOURCE_DIR}/python/test_torch_*)
add_test(NAME Python.Document COMMAND ${hwcost_pytest} --doctest-glob=*.md ${PROJECT_SOURCE_DIR}/docs/python.md)
set_tests_properties(Python.Document PROPERTIES WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})

hwcost_missing_python_modules(missing setuptools wheel pip venv)
if(missing OR NOT HWCOST_INSTALL)
  message(STATUS "The test of `pip install` is left out: it needs HWCOST_INSTALL and setuptools, wheel, pip, venv")
else()
  add_test(NAME Python.PipAndCMakeInstall
    COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DCONFIG=$<CONFIG> -DSOURCE=${PROJECT_SOURCE_DIR}
            -DWORK=${PROJECT_BINARY_DIR}/tests/python_installed -DPYTHON=${Python3_EXECUTABLE}
            -DVERSION=${PROJECT_VERSION} -P ${CMAKE_CURRENT_SOURCE_DIR}/python/check_pip_install.cmake)
  set_tests_properties(Python.PipAndCMakeInstall PROPERTIES TIMEOUT 900)
endif()

hwcost_missing_python_modules(missing mypy)
if(missing)
  message(STATUS "The check of the package's types is left out: ${Python3_EXECUTABLE} lacks mypy")
else()
  set(mypy ${CMAKE_COMMAND} -E env ${environment} MYPY_CACHE_DIR=${PROJECT_BINARY_DIR}/mypy ${Python3_EXECUTABLE} -m)
  add_test(NAME Python.TypesAreStrict
    COMMAND ${mypy} mypy --config-file ${PROJECT_SOURCE_DIR}/pyproject.toml ${PROJECT_SOURCE_DIR}/tools/python/hwcost)
  add_test(NAME Python.StubsAgreeWithTheModule
    COMMAND ${mypy} mypy.stubtest hwcost._core --ignore-missing-stub
            --ignore-positional-only --allowlist ${CMAKE_CURRENT_SOURCE_DIR}/python/stubtest-allowlist)
endif()

hwcost_missing_python_modules(missing torch torchvision)
if(missing)
  message(STATUS "Tests of hwcost.torch are left out: ${Python3_EXECUTABLE} lacks ${missing}")
  return()
endif()
add_test(NAME Python.TorchDoctests COMMAND ${hwcost_pytest} --doctest-modules ${PROJECT_BINARY_DIR}/python/hwcost/torch)
add_test(NAME Python.TorchDocument COMMAND ${hwcost_pytest} --doctest-glob=*.md ${PROJECT_SOURCE_DIR}/docs/torch.md)
foreach(part IN ITEMS estimate search search_copies search_refusals tracing)
  add_test(NAME Python.Torch.${part} COMMAND ${hwcost_pytest} ${CMAKE_CURRENT_SOURCE_DIR}/python/test_torch_${part}.py)
  set_tests_properties(Python.Torch.${part} PROPERTIES TIMEOUT 1200)
endforeach()

hwcost_missing_python_modules(missing sklearn)
if(missing)
  message(STATUS "The test of search_digits.py is left out: ${Python3_EXECUTABLE} lacks ${missing}")
  return()
endif()
add_test(NAME Python.Torch.ExampleRuns
  COMMAND ${CMAKE_COMMAND} -E env ${environment} ${Python3_EXECUTABLE}
          ${PROJECT_SOURCE_DIR}/tools/python/examples/search_digits.py --epochs 2 --only channel-mpic
          --output ${PROJECT_BINARY_DIR}/tests/search_digits)
