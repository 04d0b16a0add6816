#include "src/figures/gnuplot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "src/figures/text.h"

extern char** environ;

namespace heed {
namespace fs = std::filesystem;
namespace {

constexpr double png_width = 1600;        // of a PNG that is drawn larger than its figure
constexpr size_t max_message = 1000;      // of what gnuplot says
constexpr double points_per_pixel = .75;  // pngcairo counts fonts in points of 1/72 inch at 96 dpi

[[noreturn]] void fail(const std::string& doing, int reason) {
  throw std::runtime_error(fmt::format("cannot {}: {}", doing, std::strerror(reason)));
}

pid_t spawn_gnuplot(int input, int errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  std::string name = "gnuplot", no_settings = "-d";
  std::array<char*, 3> arguments = {name.data(), no_settings.data(), nullptr};
  pid_t process = -1;
  const int reason =
      ::posix_spawnp(&process, name.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (reason != 0) fail("start gnuplot", reason);
  return process;
}

// Without empty lines and the spaces around lines.
std::string tidied(const std::string& text) {
  std::istringstream in(text);
  std::string result;
  for (std::string line; std::getline(in, line);) {
    const size_t start = line.find_first_not_of(" \t\r");
    if (start == std::string::npos) continue;
    result += (result.empty() ? "" : "\n") + line.substr(start);
  }
  if (result.size() > max_message) result.replace(max_message, std::string::npos, " ...");
  return result;
}

std::string read_all(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return std::move(content).str();
}

void write_text(const fs::path& path, const std::string& text) {
  errno = 0;
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) fail("write " + path.string(), errno ? errno : EIO);
}

fs::path with_ending(const fs::path& stem, const std::string& ending) {
  // Absolute, since gnuplot would run a name that starts with "|".
  return fs::absolute(stem).string() + ending;
}

// gnuplot does not notice a full disk, so the end of the file must be there.
void move_into_place(const fs::path& stem, const std::string& ending, const std::string& mark) {
  const auto written = with_ending(stem, ".new" + ending), path = with_ending(stem, ending);
  const auto content = read_all(written);
  const auto tail = content.substr(content.size() - std::min<size_t>(content.size(), 16));
  if (tail.find(mark) == std::string::npos)
    throw std::runtime_error("gnuplot wrote only a part of it; is the disk full?");
  fs::rename(written, path);
}

std::string figure_script(const fs::path& stem, FigureSize size, std::string_view data,
                          std::string_view commands) {
  const double scale = std::clamp(png_width / size.width, 1., 2.);
  return fmt::format(
      "set encoding utf8\n{0}\n"
      "set terminal pngcairo noenhanced size {1},{2} fontscale {3} linewidth {4} pointscale {4} "
      "font 'DejaVu Sans,12' background 'white'\nset output {5}\n{6}\nunset output\n"
      "set terminal svg noenhanced size {7},{8} font 'DejaVu Sans,12' background 'white'\n"
      "set output {9}\n{6}\nunset output\n",
      data, std::lround(size.width * scale), std::lround(size.height * scale),
      points_per_pixel * scale, scale, gnuplot_literal(with_ending(stem, ".new.png").string()),
      commands, size.width, size.height, gnuplot_literal(with_ending(stem, ".new.svg").string()));
}

}  // namespace

bool Gnuplot::available() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path program = fs::path(folder.empty() ? "." : folder) / "gnuplot";
    std::error_code ignored;
    if (fs::is_regular_file(program, ignored) && ::access(program.c_str(), X_OK) == 0) return true;
  }
  return false;
}

Gnuplot::Gnuplot() : errors_(nullptr, std::fclose) {
  if (!available()) throw std::runtime_error(missing_gnuplot_hint());
  errors_.reset(std::tmpfile());
  if (!errors_) fail("make a temporary file for gnuplot's messages", errno);
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    fail("make a socket to gnuplot", errno);
  input_ = ends[0];
  try {
    process_ = spawn_gnuplot(ends[1], ::fileno(errors_.get()));
  } catch (...) {
    ::close(ends[0]);
    ::close(ends[1]);
    throw;
  }
  ::close(ends[1]);
}

Gnuplot::~Gnuplot() { wait(); }

void Gnuplot::send(std::string_view script) {
  while (!script.empty()) {
    const auto sent = ::send(input_, script.data(), script.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return;  // it has died, and finish() says why
    script.remove_prefix(static_cast<size_t>(sent));
  }
}

void Gnuplot::finish() {
  const int status = wait();
  if (status == 0) return;
  const auto said = messages();
  throw std::runtime_error(fmt::format("gnuplot failed ({}): {}",
                                       WIFSIGNALED(status)
                                           ? fmt::format("signal {}", WTERMSIG(status))
                                           : fmt::format("status {}", WEXITSTATUS(status)),
                                       said.empty() ? "it gave no reason" : said));
}

int Gnuplot::wait() {
  if (process_ < 0) return 0;
  ::close(input_);  // the end of the script
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  return status;
}

std::string Gnuplot::messages() const {
  std::string text;
  std::array<char, 4096> buffer{};
  std::rewind(errors_.get());
  while (const auto count = std::fread(buffer.data(), 1, buffer.size(), errors_.get()))
    text.append(buffer.data(), count);
  return tidied(text);
}

std::string missing_gnuplot_hint() {
  return "no pictures: gnuplot is not installed (Debian, Ubuntu: apt install gnuplot-nox)";
}

void write_figure(const fs::path& stem, FigureSize size, std::string_view data,
                  std::string_view commands) {
  if (!Gnuplot::available()) throw std::runtime_error(missing_gnuplot_hint());
  // gnuplot reads its standard input byte by byte, files in one go.
  const auto script = with_ending(stem, ".new.gnuplot");
  const auto clean_up = [&] {
    std::error_code ignored;
    for (const char* ending : {".new.gnuplot", ".new.png", ".new.svg"})
      fs::remove(with_ending(stem, ending), ignored);
  };
  try {
    write_text(script, figure_script(stem, size, data, commands));
    Gnuplot gnuplot;
    gnuplot.send("load " + gnuplot_literal(script.string()) + "\n");
    gnuplot.finish();
    move_into_place(stem, ".png", "IEND");
    move_into_place(stem, ".svg", "</svg>");
    clean_up();
  } catch (const std::exception& error) {
    clean_up();
    throw std::runtime_error(
        fmt::format("cannot draw {}.png and .svg: {}", stem.string(), error.what()));
  }
}

}  // namespace heed
