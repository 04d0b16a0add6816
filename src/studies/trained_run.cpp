#include "src/studies/trained_run.h"

#include "src/experiment/config.h"
#include "src/experiment/training.h"
#include "train/files/file.h"

namespace heed {

std::vector<std::string> training_settings(bool quick) {
  if (!quick) return {};
  return {"train.steps=30", "train.warmup=3", "task.evaluation_rows=64"};
}

Run trained_run(const std::filesystem::path& folder, const std::string& name,
                const std::string& config, const std::vector<std::string>& settings) {
  const auto file = folder / (name + ".toml");
  write_file(file, "name = \"" + name + "\"\n" + config);
  auto experiment = read_config(file, settings);
  const RunDirectory directory(folder / name);
  if (run_training(experiment, directory, {.if_exists = IfExists::replace}) ==
      StopReason::interrupted)
    throw StudyInterrupted();
  return open_run(directory.path());
}

}  // namespace heed
