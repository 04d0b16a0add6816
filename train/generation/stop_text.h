#pragma once

#include <string>

namespace heed {

/// Ends a text that comes in pieces at the first stop text, which may span pieces: a possible start
/// of the stop text is held back until more is known.
class StopText {
 public:
  /// An empty stop text stops nothing.
  explicit StopText(std::string text);

  /// Takes the next piece, and returns the text that is now known to come before the stop text.
  std::string feed(const std::string& piece);

  /// Whether the stop text has come. Later pieces are dropped.
  bool over() const { return over_; }

  /// Returns what is still held back, after the last piece.
  std::string flush();

 private:
  std::string text_;
  std::string held_;
  bool over_ = false;
};

}  // namespace heed
