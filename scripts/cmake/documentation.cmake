# Where heed is installed: `program` writes its manual page and its completions.
function(install_output file)  # ARGUMENT...
  execute_process(COMMAND ${program} ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE $ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${file} "${text}")
  message(STATUS "Installing: $ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${file}")
endfunction()
install_output(${share}/bash-completion/completions/heed completion bash)
install_output(${share}/zsh/site-functions/_heed completion zsh)
install_output(${share}/fish/vendor_completions.d/heed.fish completion fish)
install_output(${man}/man1/heed.1 man)
set(page $ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${man}/man1/heed.1)
file(ARCHIVE_CREATE OUTPUT ${page}.gz PATHS ${page} FORMAT raw COMPRESSION GZip)
file(REMOVE ${page})
