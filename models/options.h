#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace heed {

/// An invalid option value. Holds the option's name within its section; the message says what was
/// expected and what came.
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

/// One value of an enum and its name in config files.
template <class Enum>
struct EnumName {
  const char* name;
  Enum value;
};

/// All names of an enum, in the order in which messages list them. Each enum that a config can set
/// specialises it: `template <> inline constexpr auto enum_names<Pooling> = std::to_array<...>`.
template <class Enum>
inline constexpr std::array<EnumName<Enum>, 0> enum_names = {};

template <class Enum>
std::string enum_name(Enum value) {
  for (const auto& one : enum_names<Enum>)
    if (one.value == value) return one.name;
  throw std::logic_error("an enum value without a name");
}

/// A field of an enum type that a config sets by name.
class EnumTarget {
 public:
  template <class Enum>
  explicit EnumTarget(Enum* field)
      : field_(field),
        get_([](const void* from) { return enum_name(*static_cast<const Enum*>(from)); }),
        set_([](void* to, const std::string& name) {
          for (const auto& one : enum_names<Enum>)
            if (name == one.name) return *static_cast<Enum*>(to) = one.value, true;
          return false;
        }) {
    for (const auto& one : enum_names<Enum>) names_.emplace_back(one.name);
  }

  const std::vector<std::string>& names() const { return names_; }
  std::string get() const { return get_(field_); }
  bool set(const std::string& name) const { return set_(field_, name); }  ///< false: unknown name

 private:
  void* field_;
  std::string (*get_)(const void*);
  bool (*set_)(void*, const std::string&);
  std::vector<std::string> names_;
};

/// One described field of an options struct: where it lives, what it means, which values it takes.
/// The field's value at the time of description is its default.
struct Option {
  using Target =
      std::variant<bool*, int64_t*, double*, std::string*, std::vector<std::string>*, EnumTarget>;

  /// What a target holds; an enum as its name.
  using Value = std::variant<bool, int64_t, double, std::string, std::vector<std::string>>;

  std::string name;
  Target target;
  std::string help;
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  bool above_minimum = false;        ///< the minimum itself is not allowed
  bool below_maximum = false;        ///< the maximum itself is not allowed
  std::vector<std::string> choices;  ///< allowed values of a text; empty: any
  bool changes_on_resume = false;    ///< a resumed run may have another value

  Option& at_least(double value);
  Option& above(double value);
  Option& at_most(double value);
  Option& below(double value);
  Option& one_of(std::vector<std::string> values);
  /// A resumed run may change it: how long to train, how often to evaluate.
  Option& may_change_on_resume();

  /// Describes the allowed values: "an integer of at least 1", "one of none, learned".
  std::string expected() const;
  /// Throws OptionError if the value that the target holds now is not allowed.
  void check() const;
  Value value() const;
  /// Sets a text or an enum. Throws OptionError for a name that the enum does not have.
  void set_text(const std::string& text) const;
};

/// The described fields of one section of a config file, in the order in which they are written.
class OptionList {
 public:
  Option& add(const std::string& name, Option::Target target, const std::string& help);
  template <class Enum>
  requires std::is_enum_v<Enum> Option& add(const std::string& name, Enum* field,
                                            const std::string& help) {
    return add(name, EnumTarget(field), help);
  }
  const std::vector<Option>& options() const { return options_; }
  Option* find(const std::string& name);

 private:
  std::vector<Option> options_;
};

/// Anything that a config file can configure: a model, a task, the training. The reader of the file
/// fills the described fields, checks each one, and then calls check().
class Configurable {
 public:
  virtual ~Configurable() = default;
  /// Adds every field to `list`.
  virtual void describe(OptionList& list) = 0;
  /// Checks what no single field shows. Throws OptionError.
  virtual void check() const {}
};

}  // namespace heed
