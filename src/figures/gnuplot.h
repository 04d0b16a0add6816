#pragma once

#include <sys/types.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace heed {

/// A gnuplot process that reads a script, started without personal settings. The script goes
/// through a socket, so that a gnuplot that dies raises no SIGPIPE.
class Gnuplot {
 public:
  /// True if PATH has a gnuplot.
  static bool available();

  /// Throws std::runtime_error with missing_gnuplot_hint() if there is none.
  Gnuplot();
  /// Without finish(), ends gnuplot and drops its errors.
  ~Gnuplot();
  Gnuplot(const Gnuplot&) = delete;
  Gnuplot& operator=(const Gnuplot&) = delete;

  /// Whole lines in UTF-8. Only finish() notices that gnuplot has died.
  void send(std::string_view script);

  /// Waits until everything is drawn. Throws std::runtime_error with gnuplot's message if it
  /// failed; warnings are dropped.
  void finish();

 private:
  int wait();
  std::string messages() const;

  pid_t process_ = -1;
  int input_ = -1;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> errors_;
};

/// "no pictures: gnuplot is not installed (...)", one line without newline, for callers that cannot
/// draw what they computed.
std::string missing_gnuplot_hint();

/// In pixels of a screen. The PNG has up to twice as many in each direction, and is up to 1600
/// pixels wide unless the figure itself is wider.
struct FigureSize {
  int width = 640;
  int height = 480;
};

/// Writes stem.png and stem.svg: reads `data` (datablocks) once and runs `commands` for each of the
/// two. Fonts are "DejaVu Sans", their sizes in pixels. The files are written beside and renamed
/// into place. Throws std::runtime_error with the path and gnuplot's or the system's reason.
void write_figure(const std::filesystem::path& stem, FigureSize size, std::string_view data,
                  std::string_view commands);

}  // namespace heed
