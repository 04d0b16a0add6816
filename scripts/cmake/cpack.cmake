# `cpack` in the build folder: a .deb and a .tar.gz. LibTorch is in neither: bin/heed, a few lines of shell, finds it where
# they are unpacked (scripts/packages/heed.in), and starts the program, which lies in lib/heed.
string(REGEX MATCH "^[0-9]+\\.[0-9]+" HEED_LIBTORCH ${Torch_VERSION})
configure_file(${CMAKE_SOURCE_DIR}/scripts/packages/heed.in ${CMAKE_BINARY_DIR}/generated/packages/heed @ONLY
               FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# What the script that makes the packages of what was installed has to know.
set(CPACK_HEED_LAUNCHER ${CMAKE_BINARY_DIR}/generated/packages/heed)
set(CPACK_HEED_LIBDIR ${CMAKE_INSTALL_LIBDIR})
set(CPACK_HEED_INSTALLED_RPATH "${CMAKE_INSTALL_RPATH}")
set(CPACK_HEED_LIBTORCH_PLACES "${HEED_LIBTORCH_PLACES}")
set(CPACK_HEED_LIBTORCH ${TORCH_INSTALL_PREFIX})
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/stage_package.cmake)

set(CPACK_GENERATOR TGZ DEB)
set(CPACK_PACKAGE_NAME heed)
set(CPACK_PACKAGE_VENDOR "heed developers")
set(CPACK_PACKAGE_CONTACT "heed developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "laboratory for attention: train, compare and understand sequence models")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGE_FILE_NAME heed-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"heed trains small transformers and recurrent networks from config files, holds
them side by side, and records, draws and measures what each attention head does.
.
It needs LibTorch ${HEED_LIBTORCH}, which is no package: in /opt/libtorch, in
/usr/local/libtorch, as python3's torch, or where LIBTORCH says.")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gnuplot-nox, fontconfig, fonts-dejavu-core")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "openmpi-bin, cmake, g++, libfmt-dev, libspdlog-dev, nlohmann-json3-dev, libcli11-dev, \
libtomlplusplus-dev, libzip-dev")
include(CPack)
