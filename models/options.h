#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace heed {

/// A setting that cannot be: which option (its name within its section), what was expected, what
/// came.
class OptionError : public std::invalid_argument {
 public:
  OptionError(std::string option, const std::string& message)
      : std::invalid_argument(message), option_(std::move(option)) {}
  const std::string& option() const { return option_; }

 private:
  std::string option_;
};

/// A number in the shortest form that reads back the same: "0.003", "1e-05", "2".
std::string number_text(double value);

/// One described field of an options struct: where it lives, what it means, which values it takes.
/// The field's value at the time of description is its default.
struct Option {
  using Target = std::variant<bool*, int64_t*, double*, std::string*, std::vector<std::string>*>;

  std::string name;
  Target target;
  std::string help;
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  bool above_minimum = false;        ///< the minimum itself is not allowed
  bool below_maximum = false;        ///< the maximum itself is not allowed
  std::vector<std::string> choices;  ///< of a text; empty: any
  bool changes_on_resume = false;    ///< a resumed run may have another value

  Option& at_least(double value);
  Option& above(double value);
  Option& at_most(double value);
  Option& below(double value);
  Option& one_of(std::vector<std::string> values);
  /// A resumed run may change it: how long to train, how often to evaluate.
  Option& may_change_on_resume();

  /// "an integer of at least 1", "one of none, learned": what a reader of the config is told.
  std::string expected() const;
  /// Throws OptionError if the value that the target holds now is not allowed.
  void check() const;
};

/// The described fields of one section of a config file, in the order in which they are written
/// out.
class OptionList {
 public:
  Option& add(const std::string& name, Option::Target target, const std::string& help);
  const std::vector<Option>& options() const { return options_; }
  Option* find(const std::string& name);

 private:
  std::vector<Option> options_;
};

/// Whatever a config file can configure: a model, a task, the training. The file's reader fills the
/// described fields, checks each one, and then calls check().
class Configurable {
 public:
  virtual ~Configurable() = default;
  /// Adds every field to `list`.
  virtual void describe(OptionList& list) = 0;
  /// What no single field shows. Throws OptionError.
  virtual void check() const {}
};

}  // namespace heed
