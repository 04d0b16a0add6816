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
