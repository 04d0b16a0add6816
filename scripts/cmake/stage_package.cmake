# Makes a package of what `cmake --install` has put into the folder that cpack is about to pack: the launcher in front of
# the program; no path of this machine; in the .deb Debian's places and what it depends on, in the .tar.gz the libraries
# that a bare system lacks.
set(root ${CPACK_TEMPORARY_DIRECTORY}${CPACK_PACKAGING_INSTALL_PREFIX})
set(libraries ${root}/${CPACK_HEED_LIBDIR})
set(program ${libraries}/heed/heed)
file(GLOB own ${libraries}/libheed_*.so)

file(MAKE_DIRECTORY ${libraries}/heed)
file(RENAME ${root}/bin/heed ${program})
file(COPY ${CPACK_HEED_LAUNCHER} DESTINATION ${root}/bin)

# --- No path of this machine -------------------------------------------------------------------------------

function(search_path file)  # FOLDER...
  list(JOIN CPACK_HEED_INSTALLED_RPATH ":" old)
  list(TRANSFORM CPACK_HEED_LIBTORCH_PLACES APPEND /lib OUTPUT_VARIABLE places)
  list(JOIN ARGN ":" new)
  list(JOIN places ":" places)
  file(RPATH_CHANGE FILE ${file} OLD_RPATH "${old}" NEW_RPATH "${new}:${places}")
endfunction()
search_path(${program} $ORIGIN/.. $ORIGIN)
foreach(library IN LISTS own)
  search_path(${library} $ORIGIN $ORIGIN/heed)
endforeach()

set(config ${libraries}/cmake/heed/heed-config.cmake)
if(EXISTS ${config})
  file(READ ${config} text)
  string(REPLACE "\"${CPACK_HEED_LIBTORCH}/share/cmake/Torch\"" "" text "${text}")
  file(WRITE ${config} "${text}")
endif()

# --- What it needs -----------------------------------------------------------------------------------------

# libheed_mpi.so, where there is one, is opened only by those who have MPI.
set(needed_by ${own})
list(FILTER needed_by EXCLUDE REGEX "/libheed_mpi\\.so$")

# Debian's packages with the libraries that program and libraries name.
function(debian_dependencies result)
  set(folder ${CPACK_TEMPORARY_DIRECTORY}/../shlibdeps)
  file(WRITE ${folder}/debian/control "")  # dpkg-shlibdeps does not start without
  execute_process(
    COMMAND dpkg-shlibdeps -l${libraries} -l${CPACK_HEED_LIBTORCH}/lib --ignore-missing-info -O ${program} ${needed_by}
    WORKING_DIRECTORY ${folder} OUTPUT_VARIABLE found ERROR_VARIABLE said RESULT_VARIABLE failed)
  file(REMOVE_RECURSE ${folder})
  if(failed OR NOT found MATCHES "shlibs:Depends=([^\n]+)")
    message(FATAL_ERROR "dpkg-shlibdeps does not tell what heed depends on (package dpkg-dev): ${failed} ${said}")
  endif()
  set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
endfunction()

# Where `library` came from, there is its licence.
function(copy_licence library)
  get_filename_component(name ${library} NAME)
  execute_process(COMMAND dpkg-query --search */${name} OUTPUT_VARIABLE package ERROR_QUIET)
  string(REGEX REPLACE ":.*" "" package "${package}")
  if(EXISTS /usr/share/doc/${package}/copyright)
    file(COPY_FILE /usr/share/doc/${package}/copyright ${root}/share/doc/heed/licences/${name})
  endif()
endfunction()

# All but what belongs to the compiler and the C library, and to LibTorch.
function(bring_libraries)
  file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${program} LIBRARIES ${needed_by}
       DIRECTORIES ${CPACK_HEED_LIBTORCH}/lib RESOLVED_DEPENDENCIES_VAR found
       PRE_EXCLUDE_REGEXES "^lib(heed_|torch|c10|gomp|stdc|gcc_s|c\\.|m\\.|mvec|dl\\.|rt\\.|pthread)" "^ld-linux")
  find_program(PATCHELF patchelf)
  if(found AND NOT PATCHELF)
    message(FATAL_ERROR "patchelf is missing: it sets where the libraries in the .tar.gz look for each other. Install it")
  endif()
  file(MAKE_DIRECTORY ${root}/share/doc/heed/licences)
  foreach(library IN LISTS found)
    get_filename_component(name ${library} NAME)
    file(REAL_PATH ${library} file)
    file(COPY_FILE ${file} ${libraries}/heed/${name})
    execute_process(COMMAND ${PATCHELF} --set-rpath $ORIGIN ${libraries}/heed/${name} COMMAND_ERROR_IS_FATAL ANY)
    copy_licence(${library})
  endforeach()
endfunction()

if(CPACK_GENERATOR STREQUAL DEB)
  debian_dependencies(CPACK_DEBIAN_PACKAGE_DEPENDS)
  file(COPY_FILE ${root}/share/doc/heed/LICENSE ${root}/share/doc/heed/copyright)
  file(RENAME ${root}/share/zsh/site-functions ${root}/share/zsh/vendor-completions)
else()
  bring_libraries()
endif()
