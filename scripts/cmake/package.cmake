# cmake --install, and find_package(heed) from the build folder or from where it was installed to.
install(TARGETS heed RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS heed_models heed_train heed_app EXPORT heed-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

# What the program itself writes: its manual page, and its words for shells.
install(CODE "set(program $<TARGET_FILE:heed>)\nset(share ${CMAKE_INSTALL_DATADIR})\nset(man ${CMAKE_INSTALL_MANDIR})")
install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/documentation.cmake)
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/heed)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs ${CMAKE_SOURCE_DIR}/configs DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/heed)

if(absent)
  message(STATUS "No package for other programs: it wants ${absent} installed")
  return()
endif()

foreach(library IN ITEMS headers generated models train app)
  set_target_properties(heed_${library} PROPERTIES EXPORT_NAME ${library})
endforeach()
install(TARGETS heed_headers heed_generated EXPORT heed-targets)
foreach(folder IN ITEMS models train src)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/${folder} DESTINATION ${HEED_INSTALL_HEADERS}
          FILES_MATCHING PATTERN "*.h" PATTERN precompiled EXCLUDE PATTERN viewer EXCLUDE)
endforeach()

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/heed)
set(files ${CMAKE_BINARY_DIR}/heed-config.cmake ${CMAKE_BINARY_DIR}/heed-config-version.cmake)
configure_file(${CMAKE_CURRENT_LIST_DIR}/heed-config.cmake.in ${CMAKE_BINARY_DIR}/heed-config.cmake @ONLY)
include(CMakePackageConfigHelpers)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/heed-config-version.cmake COMPATIBILITY SameMinorVersion)
foreach(part IN ITEMS libtorch fmt_first)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/${part}.cmake ${CMAKE_BINARY_DIR}/${part}.cmake COPYONLY)
  list(APPEND files ${CMAKE_BINARY_DIR}/${part}.cmake)
endforeach()
install(FILES ${files} DESTINATION ${package})
install(EXPORT heed-targets NAMESPACE heed:: DESTINATION ${package})
export(EXPORT heed-targets NAMESPACE heed:: FILE ${CMAKE_BINARY_DIR}/heed-targets.cmake)
