#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/train/memory_limit.h"
#include "train/random.h"

namespace heed {

/// Sound bytes with one to four faults, a function of stream and number alone.
inline std::string mutated(std::string bytes, uint64_t stream, uint64_t number) {
  static const std::vector<std::string> texts = {
      "9223372036854775807", "-1", "[", "{", "\"", "1e999", "\xff"};
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
        bytes.insert(at, texts[static_cast<size_t>(random.below(std::ssize(texts)))]);
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

/// A file whose content is replaced a hundred thousand times. It is written over and never
/// truncated to nothing, since file systems then send each new content to the disk.
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

constexpr uint64_t mutated_files = 100'000;  // for each reader

/// Takes the bytes of a file that a stranger sent, and reads them.
using ReadBytes = std::function<void(const std::string&)>;

/// Each mutated file is read, or refused with a std::runtime_error that names `origin`: nothing
/// else is thrown, and with no more memory than four times the file's size and
/// 64 MiB.
inline void expect_survival(const std::string& origin, const std::string& sound, uint64_t stream,
                            const ReadBytes& read, uint64_t count = mutated_files) {
  ASSERT_NO_THROW(read(sound));
  uint64_t refused = 0;
  const MemoryLimit limit(4 * sound.size() + (uint64_t{64} << 20));
  for (uint64_t number = 0; number < count; ++number) {
    const auto bytes = mutated(sound, stream, number);
    try {
      read(bytes);
    } catch (const std::runtime_error& error) {
      ++refused;
      ASSERT_THAT(error.what(), ::testing::HasSubstr(origin)) << "input " << number;
    } catch (const std::exception& error) {
      FAIL() << "input " << number << ": " << typeid(error).name() << ": " << error.what();
    }
  }
  EXPECT_GT(refused, count / 10);
  ::testing::Test::RecordProperty("refused", static_cast<int>(refused));
}

/// The same for what is read from a path, whose folder the error names at least.
inline void expect_survival_at(const std::filesystem::path& path, const std::string& sound,
                               uint64_t stream, const std::function<void()>& read,
                               uint64_t count = mutated_files) {
  RewrittenFile file(path);
  expect_survival(
      path.parent_path().string(), sound, stream,
      [&](const std::string& bytes) {
        file.write(bytes);
        read();
      },
      count);
}

}  // namespace heed
