#include "src/commands/info_command.cpp"
#include "tests/src/commands/info_paths_test.cpp"
