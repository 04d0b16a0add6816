#pragma once

namespace heed {

/// The whole program `heed`, for its own main() or for a program that adds kinds to the registries.
/// Reads the command line, runs the command and reports errors. Returns the exit status.
int run_program(int argc, char** argv);

/// Lets the process keep freed memory, up to blocks of 32 MiB, for later allocations. By default
/// the C library returns blocks above 128 KiB to the kernel at once, which clears each one when it
/// is allocated again: this takes 10 to 20 % of a small model's forward and backward pass, and most
/// of the time of recording attention maps. Does nothing if the C library is not GNU's.
void keep_freed_memory();

}  // namespace heed
