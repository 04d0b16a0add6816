#pragma once

#include <string>

namespace heed {

/// Ends a text that comes in pieces where the stop text appears, also across pieces: what may be
/// the stop text's beginning is held back until more is known.
class StopText {
 public:
  /// An empty text stops nothing.
  explicit StopText(std::string text);

  /// Takes the next piece and returns what is now sure to stand before the stop text.
  std::string feed(const std::string& piece);

  /// Whether the stop text has come. Whatever is fed from then on is dropped.
  bool over() const { return over_; }

  /// What is still held back, when nothing more comes.
  std::string flush();

 private:
  std::string text_;
  std::string held_;
  bool over_ = false;
};

}  // namespace heed
