# cmake -DHTML=... -DCSS=... -DSCRIPTS="a.js;b.js" -DOUT=viewer.cpp -P embed.cmake
# Writes the page's parts as C++ string literals, the scripts as one function, so that nothing of
# theirs is global. Their hashes go into the page's content security policy.
cmake_minimum_required(VERSION 3.24)
file(READ "${HTML}" html)
file(READ "${CSS}" style)
set(script "(() => {\n\"use strict\";\n")
foreach(file IN LISTS SCRIPTS)
  file(READ "${file}" text)
  string(APPEND script "${text}")
endforeach()
string(APPEND script "})();\n")
string(SHA256 style_hash "${style}")
string(SHA256 script_hash "${script}")
foreach(text IN ITEMS html style script)
  string(FIND "${${text}}" ")viewer\"" place)
  if(place GREATER -1)
    message(FATAL_ERROR "The viewer's ${text} holds )viewer\", which ends a C++ string literal")
  endif()
endforeach()
foreach(text IN ITEMS "</" "<!--")
  string(FIND "${script}" "${text}" place)
  if(place GREATER -1)
    message(FATAL_ERROR "The viewer's script holds ${text}, which may end or hide a script in HTML")
  endif()
endforeach()
file(WRITE "${OUT}" "#include \"src/pages/viewer/viewer.h\"

namespace heed::viewer {

const char* const html = R\"viewer(${html})viewer\";
const char* const style = R\"viewer(${style})viewer\";
const char* const script = R\"viewer(${script})viewer\";
const char* const style_sha256 = \"${style_hash}\";
const char* const script_sha256 = \"${script_hash}\";

}  // namespace heed::viewer
")
