#include "src/files/spool_source.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <stdexcept>

namespace heed {
namespace {

struct Part {
  const SpoolFile* spool;
  uint64_t begin = 0, size = 0;
  uint64_t done = 0;
};

constexpr zip_int64_t failed = -1;

zip_int64_t read_part(Part& part, void* data, zip_uint64_t room) {
  const auto count = std::min<uint64_t>(room, part.size - part.done);
  if (count == 0) return 0;
  try {
    const auto got = part.spool->read(part.begin + part.done, static_cast<char*>(data), count);
    part.done += got;
    return static_cast<zip_int64_t>(got);
  } catch (const std::runtime_error&) {
    return failed;  // an exception must not pass through libzip, which is C
  }
}

zip_int64_t tell_size(const Part& part, void* data) {
  auto* status = static_cast<zip_stat_t*>(data);
  zip_stat_init(status);
  status->size = status->comp_size = part.size;
  status->comp_method = ZIP_CM_STORE;
  status->encryption_method = ZIP_EM_NONE;
  status->valid =
      ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  return sizeof(*status);
}

zip_int64_t tell_error(void* data) {
  const int error[2] = {ZIP_ER_READ, EIO};
  std::copy(error, error + 2, static_cast<int*>(data));
  return sizeof(error);
}

zip_int64_t serve(void* state, void* data, zip_uint64_t length, zip_source_cmd_t command) {
  auto& part = *static_cast<Part*>(state);
  switch (command) {
    case ZIP_SOURCE_OPEN:
      part.done = 0;
      return 0;
    case ZIP_SOURCE_READ:
      return read_part(part, data, length);
    case ZIP_SOURCE_CLOSE:
      return 0;
    case ZIP_SOURCE_STAT:
      return tell_size(part, data);
    case ZIP_SOURCE_ERROR:
      return tell_error(data);
    case ZIP_SOURCE_FREE:
      delete &part;
      return 0;
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                            ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);
    default:
      return failed;
  }
}

}  // namespace

zip_source_t* spool_source(zip_t* archive, const SpoolFile& spool, uint64_t begin, uint64_t size) {
  auto part = std::make_unique<Part>(Part{.spool = &spool, .begin = begin, .size = size});
  auto* source = zip_source_function(archive, serve, part.get());
  if (source) (void)part.release();  // libzip frees it
  return source;
}

}  // namespace heed
