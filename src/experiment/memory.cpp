#include "src/experiment/memory.h"

#include <cstdlib>  // says whose C library it is

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace heed {

void keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that it takes
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MXFAST, 0);  // else each large block that is freed goes through the lists of small ones
#endif
}

}  // namespace heed
