#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "src/files/npy.h"
#include "src/files/npz.h"
#include "tests/train/files/temporary_folder.h"
#include "train/data/utf8.h"
#include "train/files/file.h"
#include "train/files/idx_file.h"
#include "train/files/safetensors.h"

namespace heed {

/// Reads untrusted files.
struct Reader {
  std::string name;
  std::string origin;  ///< named in each of its errors
  std::string sound;   ///< a file that it reads
  std::function<void(const std::string& bytes)> read;
};

/// A file whose content is replaced a hundred thousand times. It is overwritten and never truncated
/// to nothing, since file systems would then write each new content to the disk.
class RewrittenFile {
 public:
  explicit RewrittenFile(const std::filesystem::path& path)
      : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) {
    if (descriptor_ < 0) throw std::runtime_error("cannot open " + path.string());
  }
  ~RewrittenFile() { ::close(descriptor_); }
  RewrittenFile(const RewrittenFile&) = delete;
  RewrittenFile& operator=(const RewrittenFile&) = delete;

  void write(const std::string& bytes) {
    const auto size = static_cast<off_t>(bytes.size());
    if (::pwrite(descriptor_, bytes.data(), bytes.size(), 0) != size ||
        ::ftruncate(descriptor_, size) != 0)
      throw std::runtime_error("cannot write a mutated file");
  }

 private:
  int descriptor_;
};

/// A reader of `path`, which holds a valid file now. Its errors name at least the folder.
inline Reader path_reader(const std::string& name, const std::filesystem::path& path,
                          std::function<void()> read) {
  const auto file = std::make_shared<RewrittenFile>(path);
  return {.name = name,
          .origin = path.parent_path().string(),
          .sound = read_file(path),
          .read = [file, read = std::move(read)](const std::string& bytes) {
            file->write(bytes);
            read();
          }};
}

// Readers of arrays and texts. The folder must outlive them.

inline Reader safetensors_reader(const TemporaryFolder& folder) {
  const auto path = folder / "a.safetensors";
  write_safetensors(path, {{"w", at::arange(6, at::kFloat).view({2, 3})}, {"b", at::ones({3})}},
                    {{"made by", "a test"}});
  return path_reader("safetensors", path, [path] { read_safetensors(path); });
}

inline Reader npz_reader(const TemporaryFolder& folder) {
  const auto path = folder / "a.npz";
  NpzWriter npz(path);
  const std::vector<float> numbers = {1, 2, 3, 4};
  npz.add_float32("a", {2, 2}, numbers);
  npz.add_texts("words", {"one", "two"});
  npz.close();
  return path_reader("npz", path, [path] { read_npz_entry(path, "a"); });
}

inline Reader npy_reader() {
  return {.name = "npy",
          .origin = "a.npy",
          .sound = npy_uint8({2, 3}, std::vector<uint8_t>{1, 2, 3, 4, 5, 6}),
          .read = [](const std::string& bytes) { read_npy(bytes, "a.npy"); }};
}

inline Reader idx_reader(const TemporaryFolder& folder) {
  const std::string sound(
      "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
      "abcdef",
      18);
  const auto path = folder.write("a.idx", sound);
  return path_reader("idx", path, [path] { read_idx(path, 2); });
}

inline Reader text_reader() {
  return {.name = "text",
          .origin = "the text",
          .sound = "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x90\x88, plain words",
          .read = [](const std::string& bytes) { utf8_characters(bytes, "the text"); }};
}

}  // namespace heed
