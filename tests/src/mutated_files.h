#pragma once

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "src/config.h"
#include "src/npy.h"
#include "src/npz.h"
#include "tests/train/temporary_folder.h"
#include "train/file.h"
#include "train/idx_file.h"
#include "train/random.h"
#include "train/safetensors.h"
#include "train/utf8.h"

namespace heed {

/// One way to read what a stranger sends: a file's sound bytes, and what reads them.
struct FileReader {
  std::string name;
  std::string sound;
  std::function<void(const std::filesystem::path&, const std::string&)> read;  // path or bytes
  bool from_path = true;
};

/// All of them; what they need lies in `folder`.
inline std::vector<FileReader> file_readers(const TemporaryFolder& folder) {
  const auto bytes_of = [&](const std::string& name) { return read_file(folder / name); };
  write_safetensors(folder / "a.safetensors",
                    {{"w", at::arange(6, at::kFloat).view({2, 3})}, {"b", at::ones({3})}},
                    {{"made by", "a test"}});
  NpzWriter npz(folder / "a.npz");
  const std::vector<float> numbers = {1, 2, 3, 4};
  npz.add_float32("a", {2, 2}, numbers);
  npz.add_texts("words", {"one", "two"});
  npz.close();
  const std::string idx(
      "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
      "abcdef",
      18);
  const std::string config =
      "name = \"tiny\"\nseed = 3\n[task]\nkind = \"grammar\"\nevaluation_rows = 8\n[model]\n"
      "kind = \"transformer\"\nlayers = 1\nheads = 2\nd_model = 16\n[train]\nsteps = 10\n"
      "lr = 1e-3\n[attention]\npattern = \"local\"\nwindow = 4\n";
  return {
      {"safetensors", bytes_of("a.safetensors"),
       [](const auto& path, const auto&) { read_safetensors(path); }},
      {"npz", bytes_of("a.npz"), [](const auto& path, const auto&) { read_npz_entry(path, "a"); }},
      {"npy", npy_uint8({2, 3}, std::vector<uint8_t>{1, 2, 3, 4, 5, 6}),
       [](const auto&, const auto& bytes) { read_npy(bytes); }, false},
      {"IDX", idx, [](const auto& path, const auto&) { read_idx(path, 2); }},
      {"UTF-8", "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x90\x88, plain words",
       [](const auto&, const auto& bytes) { utf8_characters(bytes, "the text"); }, false},
      {"config", config, [](const auto& path, const auto&) { read_config(path); }}};
}

/// Sound bytes with one to four faults, a function of the number alone.
inline std::string mutated(std::string bytes, uint64_t stream, uint64_t number) {
  Random random(1, stream, number);
  const auto place = [&] { return static_cast<size_t>(random.below(std::ssize(bytes) + 1)); };
  for (int64_t faults = 1 + random.below(4); faults > 0; --faults) {
    const size_t at = place(), length = std::min<size_t>(bytes.size() - at, place() % 16);
    switch (random.below(6)) {
      case 0:  // a byte
        if (at < bytes.size()) bytes[at] = static_cast<char>(random.below(256));
        break;
      case 1:  // a length of eight bytes, near a limit
        if (at + 8 <= bytes.size()) {
          const uint64_t limit = uint64_t{1} << random.below(64);
          const uint64_t near = limit - static_cast<uint64_t>(random.below(3)) + 1;
          std::memcpy(&bytes[at], &near, 8);
        }
        break;
      case 2:  // text that counts
        bytes.insert(at,
                     std::vector<std::string>{"9223372036854775807", "-1", "[", "{", "\"", "1e999",
                                              "\xff"}[static_cast<size_t>(random.below(7))]);
        break;
      case 3:
        bytes.erase(at, length);
        break;
      case 4:
        bytes.insert(at, bytes.substr(at, length));
        break;
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

/// Address space that is left for one file, and as much as a reader may take of it.
class MemoryLimit {
 public:
  explicit MemoryLimit(uint64_t room) {
    ::getrlimit(RLIMIT_AS, &before_);
    std::ifstream status("/proc/self/statm");
    uint64_t pages = 0;
    status >> pages;
    rlimit limit = before_;
    limit.rlim_cur = pages * 4096 + room;
#if !defined(__SANITIZE_ADDRESS__)
    ::setrlimit(RLIMIT_AS, &limit);
#endif
  }
  ~MemoryLimit() { ::setrlimit(RLIMIT_AS, &before_); }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  rlimit before_{};
};

/// Reads `count` mutated files. Each is read, or refused with a std::runtime_error that says
/// something; nothing else is thrown, and no reader takes more than 64 MiB for such a small file.
inline void expect_survival(const FileReader& reader, uint64_t stream, uint64_t count,
                            const TemporaryFolder& folder) {
  const auto path = folder / "mutated";
  uint64_t refused = 0;
  const MemoryLimit limit(uint64_t{64} << 20);
  for (uint64_t number = 0; number < count; ++number) {
    const auto bytes = mutated(reader.sound, stream, number);
    if (reader.from_path) std::ofstream(path, std::ios::binary) << bytes;
    try {
      reader.read(path, bytes);
    } catch (const std::runtime_error& error) {
      ++refused;
      ASSERT_STRNE(error.what(), "") << reader.name << ", input " << number;
    } catch (const std::exception& error) {
      FAIL() << reader.name << ", input " << number << ": " << typeid(error).name() << ": "
             << error.what();
    }
  }
  EXPECT_GT(refused, count / 10) << reader.name;
}

}  // namespace heed
