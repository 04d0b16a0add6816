#pragma once

namespace heed {

/// The whole program `heed`, for a main() of its own or of another program that adds kinds to the
/// registries: reads the command line, runs the command, and says what went wrong. Returns the exit
/// status.
int run_program(int argc, char** argv);

}  // namespace heed
