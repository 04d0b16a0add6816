#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "src/command.h"
#include "src/config.h"
#include "src/console.h"
#include "src/memory.h"
#include "src/version.h"

namespace {

// LibTorch's messages carry a stack trace behind their first lines; people need the first.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

int main(int argc, char** argv) {
  heed::keep_freed_memory();
  heed::start_log();
  CLI::App app{"heed: train, compare and understand small sequence models"};
  app.set_version_flag("--version", "heed " HEED_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  heed::Action action;
  heed::add_train(app, action);
  heed::add_evaluate(app, action);
  heed::add_generate(app, action);
  heed::add_attend(app, action);
  heed::add_analyze(app, action);
  heed::add_compare(app, action);
  heed::add_study(app, action);
  heed::add_bench(app, action);
  heed::add_info(app, action);
  try {
    app.parse(argc, argv);
    return action();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? heed::status_done : heed::status_usage;
  } catch (const heed::ConfigError& error) {
    spdlog::error("heed: {}", error.what());
    return heed::status_usage;
  } catch (const c10::Error& error) {
    spdlog::error("heed: LibTorch: {}", first_line(error.what_without_backtrace()));
    return heed::status_failed;
  } catch (const std::exception& error) {
    spdlog::error("heed: {}", error.what());
    return heed::status_failed;
  }
}
