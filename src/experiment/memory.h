#pragma once

namespace heed {

/// Lets the process keep memory that it frees, up to blocks of 32 MiB, for what it needs next. By
/// default the C library hands blocks above 128 KiB back at once, and the kernel clears each anew:
/// in a pass of a small model that is 10 to 20 % of the time, and most of what recording attention
/// maps costs. Does nothing where the C library is not GNU's.
void keep_freed_memory();

}  // namespace heed
