// The readers of untrusted files, for libFuzzer: scripts/fuzz. HEED_FUZZ_READER names one; the last
// argument is the folder of its inputs, which gets a valid file first.

#include <fmt/format.h>

#include <cstdlib>

#include "tests/src/faults/run_readers.h"

namespace heed {
namespace {

std::vector<Reader> all_readers(const TemporaryFolder& folder) {
  return {safetensors_reader(folder),
          npz_reader(folder),
          npy_reader(),
          idx_reader(folder),
          text_reader(),
          config_reader(folder),
          vocabulary_reader(folder),
          checkpoint_reader(folder, "state.json")};
}

const Reader& chosen_reader() {
  static const TemporaryFolder folder;
  static const auto readers = all_readers(folder);
  const char* name = std::getenv("HEED_FUZZ_READER");
  for (const auto& reader : readers)
    if (name && reader.name == name) return reader;
  std::string names;
  for (const auto& reader : readers) names += "\n  " + reader.name;
  fmt::print(stderr, "fuzz_readers: expected a reader in HEED_FUZZ_READER, one of{}\n", names);
  std::exit(2);
}

}  // namespace
}  // namespace heed

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  const auto& reader = heed::chosen_reader();
  const std::filesystem::path inputs = (*arguments)[*count - 1];
  if (std::filesystem::is_directory(inputs)) heed::write_file(inputs / "sound", reader.sound);
  return 0;
}

// Any other exception ends the program, and libFuzzer keeps the input.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto& reader = heed::chosen_reader();
  try {
    reader.read({reinterpret_cast<const char*>(data), size});
  } catch (const std::runtime_error& error) {
    if (std::string(error.what()).find(reader.origin) != std::string::npos) return 0;
    fmt::print(stderr, "this error does not name {}: {}\n", reader.origin, error.what());
    std::abort();
  }
  return 0;
}
