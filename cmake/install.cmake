# What `cmake --install` puts where: the libraries, their headers, the command, the data, and the files by which CMake
# (find_package) and pkg-config find them. The installed tree may be moved as a whole.
if(NOT HWCOST_INSTALL)
  return()
endif()
include(CMakePackageConfigHelpers)

set(HWCOST_COMPONENTS table json)
if(TARGET hwcost_onnx)
  list(APPEND HWCOST_COMPONENTS onnx)
endif()
set(libraries hwcost)
foreach(component IN LISTS HWCOST_COMPONENTS)
  list(APPEND libraries hwcost_${component})
endforeach()

install(TARGETS ${libraries} EXPORT hwcostTargets)
install(DIRECTORY core/include/hwcost core/import/include/hwcost ${PROJECT_BINARY_DIR}/core/include/hwcost
        TYPE INCLUDE FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
install(DIRECTORY hw_descriptions/ DESTINATION ${CMAKE_INSTALL_DATADIR}/hwcost/hw_descriptions
        FILES_MATCHING PATTERN "*.info")
install(DIRECTORY schemas/ DESTINATION ${CMAKE_INSTALL_DATADIR}/hwcost/schemas FILES_MATCHING PATTERN "*.json")
install(FILES LICENSE README.md CHANGELOG.md TYPE DOC)
if(TARGET hwcost_command)
  file(RELATIVE_PATH lib_from_bin /prefix/${CMAKE_INSTALL_BINDIR} /prefix/${CMAKE_INSTALL_LIBDIR})
  set_target_properties(hwcost_command PROPERTIES INSTALL_RPATH "$ORIGIN/${lib_from_bin}")
  install(TARGETS hwcost_command)
endif()

# find_package(hwcost)
list(JOIN HWCOST_COMPONENTS ", " HWCOST_COMPONENT_LIST)
set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/hwcost)
set(HWCOST_DESCRIPTIONS_FOLDER ${CMAKE_INSTALL_DATADIR}/hwcost/hw_descriptions)
install(EXPORT hwcostTargets NAMESPACE hwcost:: DESTINATION ${config_folder})
configure_package_config_file(cmake/hwcostConfig.cmake.in hwcostConfig.cmake INSTALL_DESTINATION ${config_folder}
                              PATH_VARS HWCOST_DESCRIPTIONS_FOLDER)
write_basic_package_version_file(hwcostConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/hwcostConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/hwcostConfigVersion.cmake
        DESTINATION ${config_folder})

# pkg-config: hwcost.pc, and hwcost-table.pc and the like. The prefix is said relative to the file's own place.
file(RELATIVE_PATH HWCOST_PREFIX_FROM_PC /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
function(hwcost_pkg_config name library description requires)
  set(PC_NAME ${name})
  set(PC_LIBRARY ${library})
  set(PC_DESCRIPTION ${description})
  list(JOIN requires ", " PC_REQUIRES)
  configure_file(cmake/hwcost.pc.in ${name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
# A shared library brings what it links; a static one leaves that to whoever links it.
set(static_requires "")
if(NOT BUILD_SHARED_LIBS)
  set(static_requires fmt muparser libcrypto)
endif()
hwcost_pkg_config(hwcost hwcost "${PROJECT_DESCRIPTION}" "${static_requires}")
foreach(component IN LISTS HWCOST_COMPONENTS)
  hwcost_pkg_config(hwcost-${component} hwcost_${component} "hwcost: models from ${component} files"
                    "hwcost = ${PROJECT_VERSION}")
endforeach()
