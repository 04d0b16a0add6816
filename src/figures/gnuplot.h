#pragma once

#include <sys/types.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace heed {

/// One gnuplot process that is fed a script, started without anybody's personal settings. The text
/// goes through a socket, so that a gnuplot that dies raises no SIGPIPE.
class Gnuplot {
 public:
  /// Whether PATH has a gnuplot.
  static bool available();

  /// Starts gnuplot; throws std::runtime_error with missing_gnuplot_hint() if there is none.
  Gnuplot();
  /// Without finish(), ends gnuplot and forgets its errors.
  ~Gnuplot();
  Gnuplot(const Gnuplot&) = delete;
  Gnuplot& operator=(const Gnuplot&) = delete;

  /// Text in UTF-8, whole lines. A gnuplot that has died is noticed by finish().
  void send(std::string_view script);

  /// Waits until all is drawn. Throws std::runtime_error with what gnuplot said if it failed;
  /// its mere warnings are dropped.
  void finish();

 private:
  int wait();
  std::string messages() const;

  pid_t process_ = -1;
  int input_ = -1;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> errors_;
};

/// "no pictures: gnuplot is not installed (...)", one line without newline, for callers that have
/// written their data and cannot draw them.
std::string missing_gnuplot_hint();

/// The text with "U+4E2D" for a character that no font of this machine has (for Chinese, Japanese
/// and Korean: apt install fonts-noto-cjk). Drawn without a font it would cover the whole figure.
std::string drawable(std::string_view text);

/// Any text as a string of a gnuplot script, its quotes included; gnuplot interprets nothing in it
/// where texts are `noenhanced`. Characters that cannot be seen or drawn are replaced as in
/// visible_token and drawable.
std::string quote(std::string_view text);

/// The same for the label of a tick, in which gnuplot sees formats like %g.
std::string quote_tick(std::string_view text);

/// A token as people read it: spaces at its ends "␣", newline "⏎", tab "⇥", other control
/// characters and bytes that are no UTF-8 "\x1B", invisible characters "U+202E", an empty token
/// "∅".
std::string visible_token(std::string_view token);

/// In pixels of a screen; the PNG has twice as many in each direction if that stays handy.
struct FigureSize {
  int width = 640;
  int height = 480;
};

/// Writes stem.png and stem.svg: `data` (datablocks) is read once, `commands` are run for either.
/// Fonts are "DejaVu Sans", their sizes in pixels. The files, and the script while it is drawn, are
/// written beside; the files are renamed into place. Throws std::runtime_error with the path and
/// gnuplot's or the system's reason.
void write_figure(const std::filesystem::path& stem, FigureSize size, std::string_view data,
                  std::string_view commands);

}  // namespace heed
