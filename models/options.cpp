#include "models/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace heed {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string result;
  for (const auto& word : words) result += (result.empty() ? "" : ", ") + word;
  return result;
}

}  // namespace

std::string number_text(double value) {
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  std::array<char, 32> text{};
  const auto result =
      std::to_chars(text.data(), text.data() + text.size(), value,
                    plain ? std::chars_format::fixed : std::chars_format::scientific);
  return {text.data(), result.ptr};
}

Option& Option::at_least(double value) {
  minimum = value;
  above_minimum = false;
  return *this;
}

Option& Option::above(double value) {
  minimum = value;
  above_minimum = true;
  return *this;
}

Option& Option::at_most(double value) {
  maximum = value;
  below_maximum = false;
  return *this;
}

Option& Option::below(double value) {
  maximum = value;
  below_maximum = true;
  return *this;
}

Option& Option::one_of(std::vector<std::string> values) {
  choices = std::move(values);
  return *this;
}

Option& Option::may_change_on_resume() {
  changes_on_resume = true;
  return *this;
}

std::string Option::expected() const {
  if (std::holds_alternative<bool*>(target)) return "true or false";
  if (std::holds_alternative<std::vector<std::string>*>(target)) return "a text or a list of texts";
  if (const auto* choice = std::get_if<EnumTarget>(&target))
    return "one of " + joined(choice->names());
  if (std::holds_alternative<std::string*>(target))
    return choices.empty() ? "a text" : "one of " + joined(choices);
  std::string result = std::holds_alternative<int64_t*>(target) ? "an integer" : "a number";
  if (std::isfinite(minimum))
    result += (above_minimum ? " above " : " of at least ") + number_text(minimum);
  if (std::isfinite(maximum))
    result += std::string(std::isfinite(minimum) ? " and" : "") +
              (below_maximum ? " below " : " at most ") + number_text(maximum);
  return result;
}

void Option::check() const {
  const auto refuse = [this](const std::string& came) {
    throw OptionError(name, "expected " + expected() + ", got " + came);
  };
  const auto check_range = [&](double value) {
    const bool low = above_minimum ? value <= minimum : value < minimum;
    const bool high = below_maximum ? value >= maximum : value > maximum;
    if (low || high || std::isnan(value)) refuse(number_text(value));
  };
  if (const auto* integer = std::get_if<int64_t*>(&target)) {
    check_range(static_cast<double>(**integer));
  } else if (const auto* number = std::get_if<double*>(&target)) {
    check_range(**number);
  } else if (const auto* text = std::get_if<std::string*>(&target)) {
    if (!choices.empty() && std::find(choices.begin(), choices.end(), **text) == choices.end())
      refuse("\"" + **text + "\"");
  }
}

Option::Value Option::value() const {
  return std::visit(
      [](const auto& field) -> Value {
        if constexpr (std::is_same_v<std::decay_t<decltype(field)>, EnumTarget>)
          return field.get();
        else
          return *field;
      },
      target);
}

void Option::set_text(const std::string& text) const {
  if (const auto* choice = std::get_if<EnumTarget>(&target)) {
    if (!choice->set(text))
      throw OptionError(name, "expected " + expected() + ", got \"" + text + "\"");
  } else {
    *std::get<std::string*>(target) = text;
  }
}

Option& OptionList::add(const std::string& name, Option::Target target, const std::string& help) {
  options_.push_back({.name = name, .target = target, .help = help, .choices = {}});
  return options_.back();
}

Option* OptionList::find(const std::string& name) {
  const auto found = std::find_if(options_.begin(), options_.end(),
                                  [&](const Option& option) { return option.name == name; });
  return found == options_.end() ? nullptr : &*found;
}

}  // namespace heed
