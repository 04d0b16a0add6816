#include "src/analysis/write_analysis.h"

#include <spdlog/spdlog.h>

#include "models/attention_recorder.h"
#include "src/analysis/analysis_json.h"
#include "src/analysis/figures.h"
#include "src/analysis/report_numbers.h"
#include "src/analysis/rollout.h"
#include "src/analysis/training_analysis.h"
#include "src/attention_figure.h"
#include "src/gnuplot.h"
#include "train/file.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> draw(const Run& run, const Analysis& analysis, const fs::path& folder) {
  if (!Gnuplot::available()) {
    spdlog::warn("{}", missing_gnuplot_hint());
    return {};
  }
  make_folder(folder);
  auto drawn = draw_analysis(analysis, folder);
  if (draw_formation(training_folder(run.directory), run.directory.metrics(), analysis.name,
                     folder / "formation"))
    drawn.push_back(folder / "formation");
  for (auto& stem : drawn) stem += ".png";
  return drawn;
}

}  // namespace

std::vector<fs::path> write_analysis(const Run& run, const Analysis& analysis,
                                     const fs::path& folder) {
  make_folder(folder);
  std::vector<fs::path> files = {folder / "heads.csv", folder / "analysis.json"};
  write_file(files[0], heads_csv(analysis));
  write_file(files[1], to_json(analysis).dump(1) + "\n");
  const auto figures = draw(run, analysis, folder / "figures");
  files.insert(files.end(), figures.begin(), figures.end());
  return files;
}

}  // namespace heed
