#include "src/analysis/training_analysis.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include "models/attention/attention_recorder.h"
#include "models/sequence_model.h"
#include "src/analysis/head_measure.h"
#include "src/analysis/head_survey.h"
#include "src/analysis/report_numbers.h"
#include "src/files/csv_file.h"
#include "train/data/batch.h"
#include "train/files/file.h"
#include "train/files/safetensors.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

fs::path locate_table(const fs::path& folder) { return folder / "heads_by_step.csv"; }

// The numbers of a head: measures first, then links.
NamedNumbers measure_head(const HeadSurvey& survey, const HeadId& head) {
  NamedNumbers numbers;
  const auto& found = survey.heads.at(head).measures;
  for (const auto& measure : head_measures())
    if (const auto one = found.find(measure.name); one != found.end())
      numbers.emplace_back(measure.name, one->second.mean);
  for (const auto& kind : survey.links)
    if (const auto place = kind.heads.find(head.layer_id); place != kind.heads.end())
      numbers.emplace_back("hit_" + kind.kind.name,
                           place->second.hit_rate[head.head].item<double>());
  return numbers;
}

}  // namespace

TrainingAnalysis::TrainingAnalysis(SequenceModel& model, const Task& task,
                                   const AnalysisOptions& options, fs::path folder)
    : model_(model), options_(options), folder_(std::move(folder)) {
  if (active())
    sentences_ = draw_sentences(task, Split::validation, options.sentences, model.tensor_options());
}

bool TrainingAnalysis::active() const { return options_.every > 0 && model_.has_attention(); }

void TrainingAnalysis::start(int64_t step) {
  if (!active()) return;
  make_folder(folder_);
  const auto before = read_csv(locate_table(folder_));
  std::string kept;
  for (const auto& row : before.rows)
    if (step > 0 && parse_number(row.front()) <= static_cast<double>(step))
      kept += fmt::format("{}\n", fmt::join(row, ","));
  for (const int64_t one : steps_with_maps(folder_))
    if (step == 0 || one > step) fs::remove(maps_file(folder_, one));
  if (kept.empty())
    fs::remove(locate_table(folder_));
  else
    write_file(locate_table(folder_), fmt::format("{}\n{}", fmt::join(before.header, ","), kept));
  if (step == 0) record(0);
}

void TrainingAnalysis::on_step(int64_t step) {
  if (active() && step % options_.every == 0) record(step);
}

void TrainingAnalysis::record(int64_t step) {
  const auto survey = survey_heads(model_, sentences_, {.similarity = false});
  std::vector<NamedNumbers> numbers;
  for (const auto& [head, found] : survey.heads) numbers.push_back(measure_head(survey, head));
  const auto names = names_in(numbers);  // heads of different kinds measure different things
  const bool fresh = !fs::exists(locate_table(folder_));
  errno = 0;
  std::ofstream out(locate_table(folder_), std::ios::app);
  if (fresh) out << fmt::format("step,kind,layer,head,{}\n", fmt::join(names, ","));
  size_t row = 0;
  for (const auto& [head, found] : survey.heads)
    out << fmt::format("{},{},{},{},{}\n", step, to_string(head.layer_id.kind), head.layer_id.layer,
                       head.head, fmt::join(format_cells(numbers[row++], names), ","));
  out.flush();
  if (!out)
    throw std::runtime_error(fmt::format("cannot write {}: {}", locate_table(folder_).string(),
                                         std::strerror(errno ? errno : EIO)));
  if (options_.maps) keep_maps(step);
}

void TrainingAnalysis::keep_maps(int64_t step) {
  const at::NoGradGuard no_gradients;
  const EvaluationMode mode(model_);
  AttentionRecorder recorder;
  model_.forward(one_row(sentences_.batches.front().input, 0), &recorder);
  NamedTensors maps;
  for (const auto kind : recorder.kinds())
    maps.emplace_back(to_string(kind),
                      recorder.stacked(kind).select(1, 0).to(at::kCPU, at::kHalf).contiguous());
  make_folder(maps_file(folder_, step).parent_path());
  write_safetensors(maps_file(folder_, step), maps);
}

fs::path maps_file(const fs::path& folder, int64_t step) {
  return folder / "maps" / fmt::format("step_{:06}.safetensors", step);
}

std::vector<int64_t> steps_with_maps(const fs::path& folder) {
  std::vector<int64_t> steps;
  if (!fs::is_directory(folder / "maps")) return steps;
  for (const auto& entry : fs::directory_iterator(folder / "maps")) {
    const auto name = entry.path().filename().string();
    int64_t step = 0;
    const std::string prefix = "step_";
    if (!name.starts_with(prefix) || !name.ends_with(".safetensors")) continue;
    const auto* first = name.data() + prefix.size();
    const auto [end, error] = std::from_chars(first, name.data() + name.size(), step);
    if (error == std::errc() && *end == '.') steps.push_back(step);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

}  // namespace heed
