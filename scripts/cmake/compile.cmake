# How heed's own files are compiled. LibTorch's headers are most of the time that a file takes, so they are precompiled
# once, and the files of a folder are compiled together.
option(HEED_UNITY "Compile the files of a folder together: a full build is faster, a change in one file slower" ON)
set(HEED_UNITY_BYTES 60000 CACHE STRING "With HEED_UNITY, how many bytes of source are compiled together")

# The one precompiled header. GCC accepts it at -O1, -O2 and -O3 alike.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/precompiled.cpp CONTENT "")
add_library(heed_precompiled OBJECT ${CMAKE_BINARY_DIR}/generated/precompiled.cpp)
target_link_libraries(heed_precompiled PRIVATE heed_headers)
target_precompile_headers(heed_precompiled PRIVATE ${CMAKE_CURRENT_LIST_DIR}/precompiled.h)

# Compiles each folder's `sources` (absolute paths) together, up to HEED_UNITY_BYTES at a time.
function(heed_compile_together target sources)
  target_precompile_headers(${target} REUSE_FROM heed_precompiled)
  if(NOT HEED_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  list(SORT sources)
  set(folder "")
  set(sum 0)
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH parent)
    file(SIZE ${source} size)
    math(EXPR sum "${sum} + ${size}")
    if(NOT parent STREQUAL folder)
      set(folder ${parent})
      set(batch 0)
      set(sum ${size})
    elseif(sum GREATER HEED_UNITY_BYTES)
      math(EXPR batch "${batch} + 1")
      set(sum ${size})
    endif()
    file(RELATIVE_PATH group ${CMAKE_SOURCE_DIR} ${folder})
    string(MAKE_C_IDENTIFIER ${group}_${batch} group)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
endfunction()

# A shared library of `sources` (absolute paths) on top of the libraries in ARGN.
function(heed_library name sources)
  add_library(${name} SHARED ${sources})
  set_target_properties(${name} PROPERTIES DEFINE_SYMBOL "")  # the precompiled header knows no such symbol
  target_link_libraries(${name} PUBLIC ${ARGN})
  heed_compile_together(${name} "${sources}")
endfunction()
