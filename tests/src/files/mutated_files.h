#pragma once

#include <gmock/gmock.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/src/files/readers.h"
#include "tests/train/files/memory_limit.h"
#include "train/data/random.h"

namespace heed {

/// Valid bytes with one to four faults, a function of stream and number only.
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

constexpr uint64_t mutated_files = 100'000;  // for each reader

/// Each mutated file is read, or refused with a std::runtime_error that names its origin. Nothing
/// else is thrown, and reading needs at most four times the file's size plus 64 MiB. `stream`
/// selects the mutations.
inline void expect_survival(const Reader& reader, uint64_t stream, uint64_t count = mutated_files) {
  ASSERT_NO_THROW(reader.read(reader.sound));
  uint64_t refused = 0;
  const MemoryLimit limit(4 * reader.sound.size() + (uint64_t{64} << 20));
  for (uint64_t number = 0; number < count; ++number) {
    const auto bytes = mutated(reader.sound, stream, number);
    try {
      reader.read(bytes);
    } catch (const std::runtime_error& error) {
      ++refused;
      ASSERT_THAT(error.what(), ::testing::HasSubstr(reader.origin)) << "input " << number;
    } catch (const std::exception& error) {
      FAIL() << "input " << number << ": " << typeid(error).name() << ": " << error.what();
    }
  }
  EXPECT_GT(refused, count / 10);
  ::testing::Test::RecordProperty("refused", static_cast<int>(refused));
}

}  // namespace heed
