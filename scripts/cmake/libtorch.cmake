# The target `torch`, of the LibTorch whose TorchConfig.cmake lies in Torch_DIR.

# Torch_DIR has changed: what TorchConfig.cmake remembers is another LibTorch's.
if(NOT HEED_TORCH_DIR STREQUAL Torch_DIR)
  unset(TORCH_LIBRARY CACHE)
  unset(c10_LIBRARY CACHE)
  set(HEED_TORCH_DIR ${Torch_DIR} CACHE INTERNAL "")
endif()

get_filename_component(TORCH_INSTALL_PREFIX ${Torch_DIR}/../../.. ABSOLUTE)
include(${Torch_DIR}/TorchConfigVersion.cmake)
set(Torch_VERSION ${PACKAGE_VERSION})
if(Torch_VERSION VERSION_LESS 2.6)
  message(FATAL_ERROR "LibTorch ${Torch_VERSION} in ${TORCH_INSTALL_PREFIX} is too old: heed needs 2.6 or newer")
endif()
message(STATUS "LibTorch ${Torch_VERSION} in ${TORCH_INSTALL_PREFIX}")

file(GLOB accelerated ${TORCH_INSTALL_PREFIX}/lib/libtorch_cuda.so ${TORCH_INSTALL_PREFIX}/lib/libtorch_hip.so
     ${TORCH_INSTALL_PREFIX}/lib/libtorch_xpu.so)
if(accelerated)
  # TorchConfig.cmake of such a build demands the accelerator's toolkit, which heed itself has no use for.
  add_library(torch INTERFACE IMPORTED)
  target_include_directories(torch SYSTEM INTERFACE ${TORCH_INSTALL_PREFIX}/include
                             ${TORCH_INSTALL_PREFIX}/include/torch/csrc/api/include)
  foreach(library IN ITEMS torch_cpu c10)
    add_library(${library} SHARED IMPORTED)
    set_target_properties(${library} PROPERTIES IMPORTED_LOCATION ${TORCH_INSTALL_PREFIX}/lib/lib${library}.so)
    target_link_libraries(torch INTERFACE ${library})
  endforeach()
  # libtorch.so brings the accelerator's library, though no symbol of it is used; what that one needs is
  # found when the program starts.
  target_link_options(torch INTERFACE LINKER:--allow-shlib-undefined
                      LINKER:--push-state,--no-as-needed,${TORCH_INSTALL_PREFIX}/lib/libtorch.so,--pop-state)
else()
  # It warns of libraries (kineto) that no wheel has and nobody needs.
  set(CMAKE_MESSAGE_LOG_LEVEL ERROR)
  find_package(Torch REQUIRED)
  unset(CMAKE_MESSAGE_LOG_LEVEL)
endif()
