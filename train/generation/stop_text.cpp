#include "train/generation/stop_text.h"

#include <algorithm>
#include <utility>

namespace heed {

StopText::StopText(std::string text) : text_(std::move(text)) {}

std::string StopText::feed(const std::string& piece) {
  if (over_) return "";
  if (text_.empty()) return piece;
  held_ += piece;
  const auto found = held_.find(text_);
  over_ = found != std::string::npos;
  size_t sure = over_ ? found : held_.size() - std::min(held_.size(), text_.size() - 1);
  if (!over_)  // holds back the longest suffix that is a prefix of the stop text
    while (!text_.starts_with(std::string_view(held_).substr(sure))) ++sure;
  auto result = held_.substr(0, sure);
  held_.erase(0, over_ ? held_.size() : sure);
  return result;
}

std::string StopText::flush() { return std::exchange(held_, ""); }

}  // namespace heed
