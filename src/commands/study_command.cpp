#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include <cctype>
#include <filesystem>
#include <optional>

#include "src/commands/command.h"
#include "src/console/console_table.h"
#include "src/console/nearest_word.h"
#include "src/console/word_wrap.h"
#include "src/experiment/config.h"
#include "src/figures/gnuplot.h"
#include "src/files/scratch_folder.h"
#include "src/pages/html.h"
#include "src/studies/study.h"
#include "src/studies/trained_run.h"
#include "train/files/file.h"

namespace heed {
namespace {

using nlohmann::ordered_json;

struct StudyArguments {
  std::string name;
  std::string out;
  bool quick = false;
  bool json = false;
};

/// One study that has been run.
struct StudyResult {
  std::string name, summary, asked;
  Report report;
};

std::string heading(const std::string& name) {
  return fmt::format("{}: {}", name, StudyRegistry::instance().find(name)->summary);
}

ordered_json list_json() {
  auto all = ordered_json::array();
  for (const auto& name : study_names())
    all.push_back({{"name", name}, {"summary", StudyRegistry::instance().find(name)->summary}});
  return all;
}

int list(bool json) {
  if (json) {
    fmt::print("{}\n", list_json().dump(2));
    return status_done;
  }
  ConsoleTable table({{"study"}, {"what it shows"}});
  for (const auto& name : study_names())
    table.add_row({name, StudyRegistry::instance().find(name)->summary});
  fmt::print("{}\n`heed study NAME` runs one; `heed study all --out DIR` writes a page of all.\n",
             table.to_text());
  return status_done;
}

/// Where studies write: the folder of --out, or a temporary one if only numbers are wanted.
class StudyFolder {
 public:
  explicit StudyFolder(const StudyArguments& arguments) {
    if (!arguments.out.empty())
      path_ = arguments.out;
    else if (arguments.json)
      path_ = scratch_.emplace() / "study";
    else
      path_ = "runs/study";
    draws_ = !scratch_ && Gnuplot::available();
    if (!scratch_ && !draws_) spdlog::warn("{}", missing_gnuplot_hint());
  }

  const std::filesystem::path& path() const { return path_; }
  bool is_kept() const { return !scratch_; }

  StudyResult run(const std::string& name, bool quick) const {
    const auto& registry = StudyRegistry::instance();
    const auto study = registry.make(name);
    if (quick) study->set_quick();
    make_folder(path_ / name);
    StudyResult result{name, registry.find(name)->summary, study->asked(),
                       Report(path_ / name, draws_)};
    study->run(result.report);
    return result;
  }

 private:
  std::optional<ScratchFolder> scratch_;
  std::filesystem::path path_;
  bool draws_ = false;
};

std::string capitalised(std::string words) {
  words[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(words[0])));
  return words;
}

std::string page(const std::vector<StudyResult>& all) {
  std::string body = "<h1>The exercises</h1>\n<nav><ol>\n";
  for (const auto& one : all)
    body += fmt::format("<li><a href=\"#{0}\">{1}</a> <code>{0}</code></li>\n", one.name,
                        html_text(capitalised(one.summary)));
  body += "</ol></nav>\n";
  for (const auto& one : all)
    body += fmt::format(
        "<section id=\"{0}\">\n<h2>{1} <code>{0}</code></h2>\n<p class=\"asked\">{2}</p>\n{3}"
        "</section>\n",
        one.name, html_text(capitalised(one.summary)), html_text(one.asked),
        one.report.to_html(one.name + "-"));
  return html_page("heed: the exercises", body);
}

void print(const StudyResult& one) {
  const auto title = heading(one.name);
  fmt::print("{}{}\n{}\n{}", word_wrapped(title, 80), rule(title.substr(0, 80)),
             word_wrapped(one.asked, 80), one.report.to_text());
}

int run_all(const StudyArguments& arguments) {
  const StudyFolder folder(arguments);
  std::vector<StudyResult> all;
  ordered_json numbers = ordered_json::object();
  for (const auto& name : study_names()) {
    spdlog::info("{}", heading(name));
    all.push_back(folder.run(name, arguments.quick));
    numbers[name] = all.back().report.numbers();
  }
  if (arguments.json) fmt::print("{}\n", numbers.dump(2));
  if (!folder.is_kept()) return status_done;
  const auto path = folder.path() / "index.html";
  write_file(path, page(all));
  spdlog::info("{}", path.string());
  return status_done;
}

int study(const StudyArguments& arguments) {
  if (arguments.name.empty()) return list(arguments.json);
  if (arguments.name == "all") return run_all(arguments);
  auto names = study_names();
  names.push_back("all");
  if (!StudyRegistry::instance().find(arguments.name))
    throw ConfigError(fmt::format("study {}: there is no such study; {}", arguments.name,
                                  suggestion(arguments.name, names)));
  const auto result = StudyFolder(arguments).run(arguments.name, arguments.quick);
  if (arguments.json)
    fmt::print("{}\n", result.report.numbers().dump(2));
  else
    print(result);
  return status_done;
}

class StudyCommand : public Command {
 public:
  int help_order() const override { return 7; }

  void add_options(CLI::App& app) override {
    app.add_option("NAME", arguments_.name, "one study, or \"all\" (default: list them)");
    app.add_option("--out", arguments_.out,
                   "folder for figures, and with \"all\" for the page index.html (default: "
                   "runs/study)")
        ->type_name("DIR");
    app.add_flag("--quick", arguments_.quick, "train for less time, for a classroom");
    app.add_flag("--json", arguments_.json,
                 "print one JSON value, the numbers alone; draws figures only if --out is given");
  }

  std::string details() const override {
    return R"(
A study is an exercise of a course on attention. It computes its numbers with the modules that the
models run, and shows them step by step: the question, numbers, figures, and answers that follow from
these numbers. None takes more than a minute and a half.

heed study all --out DIR writes one page of all of them, DIR/index.html, to read offline or on
paper. It takes about four minutes.)";
  }

  std::vector<Example> examples() const override {
    return {{"heed study coreference", "shows which head links \"it\" to its noun"},
            {"heed study all --out course", "writes the whole course as one page"}};
  }

  int run() override {
    try {
      return study(arguments_);
    } catch (const StudyInterrupted&) {
      return status_interrupted;
    }
  }

 private:
  StudyArguments arguments_;
};

const Registration<Command, StudyCommand> study_registration{
    "study", "run the exercises of a course on attention"};

}  // namespace
}  // namespace heed
