#pragma once

#include <zip.h>

#include <cstdint>

#include "train/files/spool_file.h"

namespace heed {

/// A part of a spool file as what libzip reads an entry from: libzip asks for it when the archive
/// is closed, and as long the spool file must live. However many there are, they share one file
/// descriptor. Null where libzip has no memory, with its error in `archive`.
zip_source_t* spool_source(zip_t* archive, const SpoolFile& spool, uint64_t begin, uint64_t size);

}  // namespace heed
