# What heed builds on. Debian and Ubuntu carry all of it as packages except LibTorch; a library that is
# not installed is downloaded. All their headers are system headers: heed's warnings are about heed.
include(FetchContent)
cmake_policy(SET CMP0135 NEW)

# --- LibTorch -----------------------------------------------------------------------------------------
# Torch_DIR or CMAKE_PREFIX_PATH if they name one, else the one inside python3's torch, or .venv's.

set(prefixes $ENV{CMAKE_PREFIX_PATH})
string(REPLACE ":" ";" prefixes "${prefixes}")
find_path(Torch_DIR TorchConfig.cmake DOC "The folder of TorchConfig.cmake" NO_DEFAULT_PATH
          HINTS $ENV{Torch_DIR} ${CMAKE_PREFIX_PATH} ${prefixes}
          PATH_SUFFIXES share/cmake/Torch Torch lib/cmake/Torch)
foreach(python IN ITEMS python3 ${CMAKE_SOURCE_DIR}/.venv/bin/python)
  if(NOT Torch_DIR)
    execute_process(
      COMMAND ${python} -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
      OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    find_path(Torch_DIR TorchConfig.cmake PATHS ${folder}/share/cmake/Torch NO_DEFAULT_PATH)
  endif()
endforeach()
if(NOT Torch_DIR)
  message(FATAL_ERROR "LibTorch not found: run scripts/build, or set Torch_DIR to the folder of TorchConfig.cmake")
endif()

include(${CMAKE_CURRENT_LIST_DIR}/libtorch.cmake)

# --- Libraries ----------------------------------------------------------------------------------------

set(absent "")
foreach(package IN ITEMS tomlplusplus CLI11 nlohmann_json)
  find_package(${package} QUIET)
  if(NOT ${package}_FOUND)
    list(APPEND absent ${package})
  endif()
endforeach()
find_package(GTest QUIET)
if(NOT TARGET GTest::gmock)
  list(APPEND absent googletest)
endif()
# An installed spdlog knows its fmt; a downloaded one wants the fmt of its time.
find_package(spdlog QUIET)
if(spdlog_FOUND)
  find_package(fmt QUIET REQUIRED)
else()
  list(APPEND absent fmt spdlog)
endif()
# By hand: the CMake files of some of libzip's packages name programs that come with other packages.
find_path(ZIP_INCLUDE_DIR zip.h)
find_library(ZIP_LIBRARY zip)
if(ZIP_INCLUDE_DIR AND ZIP_LIBRARY)
  add_library(libzip::zip UNKNOWN IMPORTED)
  set_target_properties(libzip::zip PROPERTIES IMPORTED_LOCATION ${ZIP_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${ZIP_INCLUDE_DIR})
else()
  list(APPEND absent libzip)
  find_package(ZLIB QUIET)
  if(NOT ZLIB_FOUND)
    message(FATAL_ERROR "zlib and its headers are missing: install them, or libzip and its headers")
  endif()
endif()

set(github https://github.com)
set(tomlplusplus_url ${github}/marzer/tomlplusplus/archive/v3.4.0.tar.gz)
set(tomlplusplus_hash 8517f65938a4faae9ccf8ebb36631a38c1cadfb5efa85d9a72e15b9e97d25155)
set(CLI11_url ${github}/CLIUtils/CLI11/archive/v2.3.2.tar.gz)
set(CLI11_hash aac0ab42108131ac5d3344a9db0fdf25c4db652296641955720a4fbe52334e22)
set(nlohmann_json_url ${github}/nlohmann/json/releases/download/v3.11.2/json.tar.xz)
set(nlohmann_json_hash 8c4b26bf4b422252e13f332bc5e388ec0ab5c3443d24399acb675e68278d341f)
set(googletest_url ${github}/google/googletest/archive/release-1.12.1.tar.gz)
set(googletest_hash 81964fe578e9bd7c94dfdb09c8e4d6e6759e19967e397dbea48d1c10e45d0df2)
set(fmt_url ${github}/fmtlib/fmt/archive/9.1.0.tar.gz)
set(fmt_hash 5dea48d1fcddc3ec571ce2058e13910a0d4a6bab4cc09a809d8b1dd1c88ae6f2)
set(spdlog_url ${github}/gabime/spdlog/archive/v1.11.0.tar.gz)
set(spdlog_hash ca5cae8d6cac15dae0ec63b21d6ad3530070650f68076f3a4a862ca293a858bb)
set(libzip_url ${github}/nih-at/libzip/releases/download/v1.10.1/libzip-1.10.1.tar.gz)
set(libzip_hash 9669ae5dfe3ac5b3897536dc8466a874c8cf2c0e3b1fdd08d75b273884299363)

# Fetched here, as FetchContent itself would try for minutes where there is no network.
# FETCHCONTENT_SOURCE_DIR_<NAME> names a folder to use in its place.
function(heed_declare name)
  string(TOUPPER ${name} upper)
  get_filename_component(archive ${${name}_url} NAME)
  set(archive ${CMAKE_BINARY_DIR}/downloads/${name}-${archive})
  if(NOT EXISTS ${archive} AND NOT FETCHCONTENT_SOURCE_DIR_${upper})
    file(DOWNLOAD ${${name}_url} ${archive} INACTIVITY_TIMEOUT 20 STATUS status)
    list(POP_FRONT status failed)
    if(failed)
      file(REMOVE ${archive})
      message(FATAL_ERROR "${name} is not installed, and can't be downloaded from ${${name}_url}: ${status}")
    endif()
  endif()
  FetchContent_Declare(${name} URL ${archive} URL_HASH SHA256=${${name}_hash})
endfunction()

# Downloads what is absent, and builds it as static libraries with none of heed's warnings.
function(heed_download)
  list(JOIN ARGN " " names)
  message(STATUS "Not installed, so downloaded: ${names}")
  foreach(name IN LISTS ARGN)
    heed_declare(${name})
  endforeach()
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)  # the variables below win over a library's own defaults
  set(CMAKE_POLICY_VERSION_MINIMUM 3.5)  # CMake 4 refuses what was written for older ones than this
  set(BUILD_SHARED_LIBS OFF)
  set(SPDLOG_FMT_EXTERNAL ON)
  set(INSTALL_GTEST OFF)
  foreach(option IN ITEMS BUILD_TOOLS BUILD_REGRESS BUILD_OSSFUZZ BUILD_EXAMPLES BUILD_DOC ENABLE_BZIP2 ENABLE_LZMA
          ENABLE_ZSTD ENABLE_COMMONCRYPTO ENABLE_GNUTLS ENABLE_MBEDTLS ENABLE_OPENSSL)
    set(${option} OFF)  # libzip's
  endforeach()
  get_directory_property(heed_options COMPILE_OPTIONS)
  set_directory_properties(PROPERTIES COMPILE_OPTIONS -fPIC)
  FetchContent_MakeAvailable(${ARGN})
  set_directory_properties(PROPERTIES COMPILE_OPTIONS "${heed_options}")
  foreach(library IN ITEMS tomlplusplus::tomlplusplus CLI11::CLI11 nlohmann_json::nlohmann_json GTest::gtest
          GTest::gmock fmt::fmt spdlog::spdlog libzip::zip)
    get_target_property(downloaded ${library} ALIASED_TARGET)
    if(downloaded)
      set_target_properties(${downloaded} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES
                            $<TARGET_PROPERTY:${downloaded},INTERFACE_INCLUDE_DIRECTORIES>)
    endif()
  endforeach()
endfunction()
if(absent)
  heed_download(${absent})
endif()

include(${CMAKE_CURRENT_LIST_DIR}/fmt_first.cmake)
