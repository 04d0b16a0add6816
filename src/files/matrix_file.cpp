#include "src/files/matrix_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "src/files/npy.h"
#include "train/files/file.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view blanks = " \t\r";
// The size of the largest matrix as float64 with its header. As text it fits too, with up to seven
// characters per number.
constexpr uintmax_t max_bytes = uintmax_t{8} * max_matrix_size * max_matrix_size + (1 << 17);

void check_size(const std::string& origin, int64_t rows, int64_t columns) {
  if (rows > max_matrix_size || columns > max_matrix_size)
    refuse_array(origin,
                 fmt::format("expected a matrix of at most {0} rows and {0} columns, got more",
                             max_matrix_size));
}

// The beginning of `text` in printable characters.
std::string shown(std::string_view text) {
  std::string word(text.substr(0, std::min<size_t>(text.find_first_of(" \t\r,"), 24)));
  std::replace_if(
      word.begin(), word.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return word;
}

// --- Text ----------------------------------------------------------------------------------------

// The numbers of one line.
class RowParser {
 public:
  RowParser(std::string_view line, std::string origin)
      : rest_(line.substr(0, line.find('#'))), origin_(std::move(origin)) {}

  std::vector<double> parse() {
    std::vector<double> row;
    skip_blanks();
    while (!rest_.empty()) {
      row.push_back(number());
      check_size(origin_, 1, static_cast<int64_t>(row.size()));
      skip_blanks();
      if (rest_.starts_with(',')) {
        rest_.remove_prefix(1);
        skip_blanks();
        if (rest_.empty())
          refuse_array(origin_, "expected a number after the last comma, got none");
      }
    }
    return row;
  }

 private:
  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
  }

  double number() {
    double value = 0;
    const auto parsed = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    const auto after = rest_.substr(static_cast<size_t>(parsed.ptr - rest_.data()));
    const bool ends = after.empty() || after[0] == ',' || blanks.find(after[0]) != blanks.npos;
    if (parsed.ec != std::errc() || !ends || !std::isfinite(value))
      refuse_array(
          origin_,
          fmt::format("expected numbers separated by blanks or commas, got \"{}\"", shown(rest_)));
    rest_ = after;
    return value;
  }

  std::string_view rest_;
  std::string origin_;
};

at::Tensor parse_text(std::string_view text, const std::string& origin) {
  std::vector<double> values;
  int64_t rows = 0, columns = 0, first_line = 0;
  for (int64_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto where = fmt::format("{}:{}", origin, line);
    const auto row = RowParser(text.substr(0, end), where).parse();
    text.remove_prefix(std::min(end + 1, text.size()));
    if (row.empty()) continue;
    const auto size = static_cast<int64_t>(row.size());
    if (rows == 0) columns = size, first_line = line;
    if (size != columns)
      refuse_array(where, fmt::format("expected {} numbers, as in line {}, got {}", columns,
                                      first_line, size));
    check_size(where, ++rows, columns);
    values.insert(values.end(), row.begin(), row.end());
  }
  if (rows == 0) refuse_array(origin, "expected rows of numbers, got none");
  return at::tensor(values, at::kDouble).view({rows, columns});
}

// --- NumPy ---------------------------------------------------------------------------------------

at::ScalarType parse_type(const NpyArray& array, const std::string& origin) {
  if (array.dtype == "|b1" || array.dtype == "|u1") return at::kByte;
  if (array.dtype == "<i8") return at::kLong;
  if (array.dtype == "<f2") return at::kHalf;
  if (array.dtype == "<f4") return at::kFloat;
  if (array.dtype == "<f8") return at::kDouble;
  refuse_array(origin, fmt::format("expected numbers, got the type '{}'", array.dtype));
}

at::Tensor parse_npy(std::string_view bytes, const std::string& origin) {
  auto array = read_npy(bytes, origin);
  if (array.shape.size() != 2)
    refuse_array(origin, fmt::format("expected a matrix, an array of 2 dimensions, got {}",
                                     array.shape.size()));
  check_size(origin, array.shape[0], array.shape[1]);
  if (array.size() == 0) refuse_array(origin, "expected rows of numbers, got none");
  const auto raw = at::from_blob(array.data.data(), array.shape, parse_type(array, origin));
  const auto matrix = raw.to(at::kDouble, /*non_blocking=*/false, /*copy=*/true);
  const auto wrong = matrix.isfinite().logical_not();
  if (wrong.any().item<bool>()) {
    const auto place = wrong.to(at::kByte).argmax().item<int64_t>();
    const int64_t row = place / matrix.size(1), column = place % matrix.size(1);
    refuse_array(
        origin, fmt::format("expected finite numbers, got {} in row {}, column {} (counted from 0)",
                            matrix[row][column].item<double>(), row, column));
  }
  return matrix;
}

}  // namespace

at::Tensor read_matrix(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error)
    throw std::runtime_error(fmt::format("cannot read {}: {}", path.string(), error.message()));
  if (size > max_bytes)
    refuse_array(path.string(),
                 fmt::format("expected a file of at most {} bytes, for a matrix of {} x {}, "
                             "got {}",
                             max_bytes, max_matrix_size, max_matrix_size, size));
  const auto content = read_file(path);
  const bool npy = path.extension() == ".npy" || content.starts_with("\x93NUMPY");
  return npy ? parse_npy(content, path.string()) : parse_text(content, path.string());
}

void write_matrix(const fs::path& path, const at::Tensor& matrix) {
  if (matrix.dim() != 2)
    throw std::invalid_argument(
        fmt::format("a matrix file holds 2 dimensions, got {}", matrix.dim()));
  const auto exact = matrix.to(at::kCPU, at::kDouble);
  const auto fits = (exact >= 0).logical_and(exact <= 255).logical_and(exact == exact.round());
  if (!fits.all().item<bool>())
    throw std::invalid_argument("a matrix file holds only integers from 0 to 255");
  const auto bytes = exact.to(at::kByte).contiguous();
  write_file(path,
             npy_uint8({matrix.size(0), matrix.size(1)},
                       {bytes.const_data_ptr<uint8_t>(), static_cast<size_t>(bytes.numel())}));
}

}  // namespace heed
