#include "train/metrics_log.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "train/files/file.h"

namespace heed {
namespace {

using Columns = std::vector<std::pair<std::string, std::string>>;

Columns make_columns(const MetricsRow& row) {
  const auto& validation = row.validation;
  Columns columns = {{"step", fmt::to_string(row.step)},
                     {"tokens", fmt::to_string(row.tokens)},
                     {"train_seconds", fmt::format("{:.3f}", row.train_seconds)},
                     {"lr", fmt::to_string(row.learning_rate)},
                     {"train_loss", fmt::to_string(row.train_loss)},
                     {"val_loss", fmt::to_string(validation.loss)},
                     {"val_loss_error", fmt::to_string(validation.standard_error)}};
  if (validation.exact_loss) {
    columns.emplace_back("excess", fmt::to_string(validation.excess));
    columns.emplace_back("excess_error", fmt::to_string(validation.excess_error));
  }
  for (const auto& score : validation.scores)
    if (score.by.empty()) columns.emplace_back(score.measure, fmt::to_string(score.accuracy()));
  return columns;
}

}  // namespace

void MetricsLog::start() const { write_file(path_, ""); }

void MetricsLog::rewind(int64_t step) const {
  if (!std::filesystem::exists(path_)) return start();
  std::istringstream old(read_file(path_));
  std::string kept, line;
  // A row cut short by a kill has no line end: it is behind the checkpoint, and getline meets the
  // end in it.
  for (bool header = true; std::getline(old, line) && !old.eof(); header = false)
    if (header || std::atoll(line.c_str()) <= step) kept += line + "\n";
  write_file(path_, kept);
}

void MetricsLog::append(const MetricsRow& row) const {
  const bool empty = !std::filesystem::exists(path_) || std::filesystem::file_size(path_) == 0;
  std::string names, values;
  for (const auto& [name, value] : make_columns(row)) {
    names += (names.empty() ? "" : ",") + name;
    values += (values.empty() ? "" : ",") + value;
  }
  errno = 0;
  std::ofstream out(path_, std::ios::app);
  out << (empty ? names + "\n" : "") << values + "\n" << std::flush;
  if (!out)
    throw std::runtime_error(
        fmt::format("cannot write {}: {}", path_.string(), std::strerror(errno ? errno : EIO)));
}

}  // namespace heed
