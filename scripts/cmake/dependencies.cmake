# What heed builds on. Debian and Ubuntu carry all of it as packages except LibTorch; elsewhere
# FetchContent stands in for what is not installed.
include(FetchContent)

# LibTorch: Torch_DIR or CMAKE_PREFIX_PATH if they know it, else the one inside a python's torch wheel.
find_package(Torch QUIET)
if(NOT Torch_FOUND)
  find_program(HEED_PYTHON NAMES python3 python HINTS ${CMAKE_SOURCE_DIR}/.venv/bin)
  execute_process(COMMAND ${HEED_PYTHON} -c "import torch; print(torch.utils.cmake_prefix_path)"
                  OUTPUT_VARIABLE torch_prefix OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  list(APPEND CMAKE_PREFIX_PATH ${torch_prefix})
  find_package(Torch QUIET)
endif()
if(NOT Torch_FOUND)
  message(FATAL_ERROR "LibTorch not found: run scripts/build, or set Torch_DIR to the folder of TorchConfig.cmake")
endif()
if(Torch_VERSION VERSION_LESS 2.6)
  message(FATAL_ERROR "LibTorch ${Torch_VERSION} in ${TORCH_INSTALL_PREFIX} is too old: heed needs 2.6 or newer")
endif()
message(STATUS "LibTorch ${Torch_VERSION} in ${TORCH_INSTALL_PREFIX}")

FetchContent_Declare(fmt GIT_REPOSITORY https://github.com/fmtlib/fmt GIT_TAG 9.1.0
                     FIND_PACKAGE_ARGS)
FetchContent_Declare(spdlog GIT_REPOSITORY https://github.com/gabime/spdlog GIT_TAG v1.11.0
                     FIND_PACKAGE_ARGS)
FetchContent_Declare(tomlplusplus GIT_REPOSITORY https://github.com/marzer/tomlplusplus GIT_TAG v3.3.0
                     FIND_PACKAGE_ARGS)
FetchContent_Declare(CLI11 GIT_REPOSITORY https://github.com/CLIUtils/CLI11 GIT_TAG v2.3.2
                     FIND_PACKAGE_ARGS)
FetchContent_Declare(nlohmann_json GIT_REPOSITORY https://github.com/nlohmann/json GIT_TAG v3.11.2
                     FIND_PACKAGE_ARGS)
FetchContent_Declare(googletest GIT_REPOSITORY https://github.com/google/googletest GIT_TAG v1.12.1
                     FIND_PACKAGE_ARGS NAMES GTest)
set(SPDLOG_FMT_EXTERNAL ON)
FetchContent_MakeAvailable(fmt spdlog tomlplusplus CLI11 nlohmann_json googletest)
find_package(libzip REQUIRED)

# The torch wheel carries headers of another fmt, which would shadow the one that is linked. A folder that
# holds nothing but a link to the right headers goes before LibTorch's.
get_target_property(fmt_include fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
string(REGEX REPLACE "\\$<BUILD_INTERFACE:([^>]*)>" "\\1" fmt_include "${fmt_include}")
set(HEED_FMT_FIRST ${CMAKE_BINARY_DIR}/fmt_first)
file(MAKE_DIRECTORY ${HEED_FMT_FIRST})
foreach(folder IN LISTS fmt_include)
  if(EXISTS ${folder}/fmt/core.h)
    file(CREATE_LINK ${folder}/fmt ${HEED_FMT_FIRST}/fmt SYMBOLIC)
  endif()
endforeach()
