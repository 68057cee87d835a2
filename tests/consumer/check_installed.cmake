# Installs a build tree to a prefix, moves the prefix, and uses what it finds there as an outsider would.
# Arguments: BUILD (build tree), CONFIG, SOURCE (this repository), WORK (a folder of our own), COMPILER, FLAGS, C_COMPILER,
# C_FLAGS, BINDIR, LIBDIR, SHARED (whether the libraries are), GENERATOR, MODEL (an ONNX file).
cmake_minimum_required(VERSION 3.25)

# run(OUT command...): the command's output; any failure ends the test.
function(run out)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${status}:\n${output}${errors}")
  endif()
  set(${out} "${output}" PARENT_SCOPE)
endfunction()

function(expect_match text pattern what)
  if(NOT text MATCHES "${pattern}")
    message(FATAL_ERROR "${what}: expected ${pattern} in\n${text}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
run(ignored ${CMAKE_COMMAND} --install ${BUILD} --config ${CONFIG} --prefix ${WORK}/first)
file(RENAME ${WORK}/first ${WORK}/moved)
set(prefix ${WORK}/moved)

# find_package
run(ignored ${CMAKE_COMMAND} -S ${SOURCE}/tests/consumer -B ${WORK}/consumer -G ${GENERATOR} -DCMAKE_BUILD_TYPE=${CONFIG}
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS} -DCMAKE_C_COMPILER=${C_COMPILER}
    -DCMAKE_C_FLAGS=${C_FLAGS} -DCMAKE_PREFIX_PATH=${prefix})
run(ignored ${CMAKE_COMMAND} --build ${WORK}/consumer --config ${CONFIG})
file(READ ${WORK}/consumer/descriptions.txt descriptions)
if(NOT descriptions STREQUAL "${prefix}/share/hwcost/hw_descriptions")
  message(FATAL_ERROR "hwcost_DESCRIPTIONS is ${descriptions}")
endif()
# A static library is part of the consumer, which lies elsewhere: it is told where the descriptions are.
set(told ${descriptions})
if(SHARED)
  set(told "")
endif()
run(priced ${WORK}/consumer/consumer ${MODEL} ${told})
expect_match("${priced}" "layer: 140434\\.3 cycles" "the layer's price")
expect_match("${priced}" "network: [1-9][0-9]* layers, [1-9][0-9]* MACs, [1-9][0-9]* cycles" "the network's price")

# The same from C.
set(folder ${told})
if(SHARED)
  set(folder "-")
endif()
run(from_c ${WORK}/consumer/c_consumer ${MODEL} ${folder})
expect_match("${from_c}" "row: 640\\.0 cycles\nrow: 1280\\.0 cycles\nrow: no rate for w3a8" "prices of a batch from C")
expect_match("${from_c}" "mpic: first layer conv2d [^\n]*, [1-9][0-9]* layers, [1-9][0-9]* MACs, [1-9][0-9]* cycles"
             "the network's price from C")

# Plugins of outsiders, in a program and in the command.
set(systolic_info ${SOURCE}/tests/plugin/systolic.info)
run(by_plugin ${WORK}/consumer/c_consumer ${MODEL} ${folder} ${WORK}/consumer/systolic.so ${systolic_info})
expect_match("${by_plugin}" "systolic: first layer conv2d [^\n]* [1-9][0-9]* cycles" "the network's price by a plugin")
if(EXISTS ${prefix}/${BINDIR}/hwcost)
  foreach(plugin IN ITEMS systolic mac_roofline)
    run(conforms ${prefix}/${BINDIR}/hwcost conformance --plugin ${plugin} --plugin-path ${WORK}/consumer
        --hw ${SOURCE}/tests/plugin/${plugin}.info --layers 5)
    expect_match("${conforms}" " 0 broken" "hwcost conformance of ${plugin}")
  endforeach()
endif()

# A component that is not there is told by name.
file(WRITE ${WORK}/missing/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)\nproject(missing LANGUAGES CXX)\n"
     "find_package(hwcost REQUIRED COMPONENTS no_such)\n")
execute_process(COMMAND ${CMAKE_COMMAND} -S ${WORK}/missing -B ${WORK}/missing/build -G ${GENERATOR}
                -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${prefix}
                RESULT_VARIABLE status ERROR_VARIABLE errors OUTPUT_QUIET)
if(status EQUAL 0)
  message(FATAL_ERROR "a missing component was found")
endif()
expect_match("${errors}" "no[ \n]+component[ \n]+'no_such'" "the message for a missing component")

# pkg-config
find_program(PKG_CONFIG pkg-config)
if(PKG_CONFIG)
  set(ENV{PKG_CONFIG_PATH} ${prefix}/${LIBDIR}/pkgconfig)
  run(flags ${PKG_CONFIG} --cflags --libs hwcost-onnx)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  separate_arguments(compile_flags UNIX_COMMAND "${FLAGS}")
  run(ignored ${COMPILER} -std=c++20 ${compile_flags} ${SOURCE}/tests/consumer/main.cpp ${flags}
      -Wl,-rpath,${prefix}/${LIBDIR} -o ${WORK}/consumer_by_pkg_config)
  run(priced_again ${WORK}/consumer_by_pkg_config ${MODEL} ${told})
  if(NOT priced_again STREQUAL priced)
    message(FATAL_ERROR "pkg-config's consumer says\n${priced_again}\nand not\n${priced}")
  endif()
  # From C, by the C compiler alone.
  separate_arguments(compile_flags UNIX_COMMAND "${C_FLAGS}")
  run(flags ${PKG_CONFIG} --cflags --libs hwcost-c)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run(ignored ${C_COMPILER} -std=c11 ${compile_flags} ${SOURCE}/tests/consumer/main.c ${flags}
      -Wl,-rpath,${prefix}/${LIBDIR} -o ${WORK}/c_consumer_by_pkg_config)
  run(from_c_again ${WORK}/c_consumer_by_pkg_config ${MODEL} ${folder})
  if(NOT from_c_again STREQUAL from_c)
    message(FATAL_ERROR "pkg-config's consumer in C says\n${from_c_again}\nand not\n${from_c}")
  endif()
  run(flags ${PKG_CONFIG} --cflags hwcost)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run(ignored ${C_COMPILER} -std=c11 -shared -fPIC ${compile_flags} ${SOURCE}/tests/plugin/systolic.c ${flags} -lm
      -o ${WORK}/systolic_by_pkg_config.so)
  run(by_plugin_again ${WORK}/c_consumer_by_pkg_config ${MODEL} ${folder} ${WORK}/systolic_by_pkg_config.so
      ${systolic_info})
  if(NOT by_plugin_again STREQUAL by_plugin)
    message(FATAL_ERROR "the plugin by pkg-config says\n${by_plugin_again}\nand not\n${by_plugin}")
  endif()
endif()

# The command finds its data beside itself.
if(EXISTS ${prefix}/${BINDIR}/hwcost)
  run(listed ${prefix}/${BINDIR}/hwcost hw list)
  expect_match("${listed}" "mpic" "hwcost hw list")
  run(network ${prefix}/${BINDIR}/hwcost price ${MODEL} --hw mpic --by network --format csv)
  expect_match("${network}" "latency_cycles" "hwcost price")
endif()
message(STATUS "${priced}")
