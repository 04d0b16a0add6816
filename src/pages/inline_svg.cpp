#include "src/pages/inline_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "src/pages/svg_attribute.h"
#include "train/files/file.h"

namespace heed {
namespace {

using Attributes = std::vector<std::pair<std::string, std::string>>;

// Elements that run code, hold foreign content, or are shown as a tooltip.
const std::set<std::string> dropped_elements = {
    "script", "style", "foreignobject", "iframe", "object", "embed", "audio",
    "video",  "link",  "handler",       "title",  "desc",   "meta",  "metadata"};

// Without the namespace's prefix: "href" of "xlink:href".
std::string local_name(const std::string& name) {
  return lower_case(name.substr(name.rfind(':') + 1));
}

class Inliner {
 public:
  Inliner(std::string text, std::string prefix)
      : text_(std::move(text)), prefix_(std::move(prefix)) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (text_[at_] != '<')
        read_text();
      else if (starts("<!--"))
        skip_past("-->");
      else if (starts("<![CDATA["))
        skip_past("]]>");
      else if (starts("<?"))
        skip_past("?>");
      else if (starts("<!"))
        skip_document_type();
      else if (starts("</"))
        read_end();
      else
        read_start();
    }
    if (!open_.empty() || !has_root_) throw std::runtime_error("it ends too early");
    return out_ + "\n";
  }

 private:
  struct Element {
    std::string name;
    size_t start = 0;      // in the output
    bool dropped = false;  // with everything in it
    bool filled = false;
  };

  bool starts(std::string_view with) const { return text_.compare(at_, with.size(), with) == 0; }
  bool dropping() const { return !open_.empty() && open_.back().dropped; }

  void skip_past(std::string_view end) {
    const size_t found = text_.find(end, at_);
    if (found == std::string::npos)
      throw std::runtime_error(fmt::format("expected \"{}\" before its end", end));
    at_ = found + end.size();
  }

  void skip_document_type() {
    const size_t bracket = text_.find_first_of("[>", at_);
    if (bracket != std::string::npos && text_[bracket] == '[') skip_past("]");
    skip_past(">");
  }

  void read_text() {
    const size_t end = std::min(text_.find('<', at_), text_.size());
    const auto part = std::string_view(text_).substr(at_, end - at_);
    at_ = end;
    if (open_.empty() || dropping()) return;
    const bool blank = part.find_first_not_of(" \t\r\n") == std::string_view::npos;
    open_.back().filled = open_.back().filled || !blank;
    if (!blank || open_.back().name == "text" || open_.back().name == "tspan") out_ += part;
  }

  void read_start() {
    ++at_;
    Element element{.name = read_name(), .start = out_.size(), .dropped = dropping()};
    auto attributes = read_attributes();
    const bool closed = starts("/");
    skip_past(">");
    element.dropped = element.dropped || dropped_elements.count(local_name(element.name)) > 0;
    if (open_.empty()) {
      if (has_root_ || element.name != "svg") throw std::runtime_error("it has no svg element");
      has_root_ = true;
      set_size(attributes);
    }
    if (!element.dropped) {
      write_start(element.name, attributes, closed);
      if (closed && !open_.empty()) open_.back().filled = true;
    }
    if (!closed) open_.push_back(element);
  }

  void read_end() {
    at_ += 2;
    const auto name = read_name();
    skip_past(">");
    if (open_.empty() || open_.back().name != name)
      throw std::runtime_error(fmt::format("there is no <{}> for </{}>", name, name));
    const auto element = open_.back();
    open_.pop_back();
    if (element.dropped) return;
    if (name == "g" && !element.filled) {
      out_.resize(element.start);
      return;
    }
    out_ += fmt::format("</{}>", name);
    if (!open_.empty()) open_.back().filled = true;
  }

  std::string read_name() {
    const size_t start = at_;
    at_ = std::min(text_.find_first_of(" \t\r\n/>=", at_), text_.size());
    if (at_ == start) throw std::runtime_error("a name is missing");
    return text_.substr(start, at_ - start);
  }

  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  Attributes read_attributes() {
    Attributes attributes;
    for (skip_blanks(); at_ < text_.size() && text_[at_] != '>' && text_[at_] != '/';
         skip_blanks()) {
      const auto name = read_name();
      skip_blanks();
      if (!starts("=")) throw std::runtime_error(fmt::format("{} has no value", name));
      ++at_;
      skip_blanks();
      const char mark = at_ < text_.size() ? text_[at_] : '\0';
      const size_t end =
          mark == '"' || mark == '\'' ? text_.find(mark, at_ + 1) : std::string::npos;
      if (end == std::string::npos)
        throw std::runtime_error(fmt::format("{} has no value in quotes", name));
      attributes.emplace_back(name, text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
    }
    return attributes;
  }

  // As wide as the file asks for, but no wider than the page.
  static void set_size(Attributes& attributes) {
    std::map<std::string, std::string> values(attributes.begin(), attributes.end());
    const double width = std::atof(values["width"].c_str());
    const double height = std::atof(values["height"].c_str());
    attributes.erase(std::remove_if(attributes.begin(), attributes.end(),
                                    [](const auto& attribute) {
                                      return attribute.first == "width" ||
                                             attribute.first == "height" ||
                                             attribute.first == "style";
                                    }),
                     attributes.end());
    if (values.count("viewBox") == 0)
      attributes.emplace_back("viewBox", fmt::format("0 0 {} {}", width, height));
    attributes.emplace_back("style", (width > 0 ? fmt::format("width:{}px;", width) : "") +
                                         "max-width:100%;height:auto");
    attributes.emplace_back("role", "img");
  }

  void write_start(const std::string& name, const Attributes& attributes, bool closed) {
    out_ += (name == "tspan" ? "<" : "\n<") + name;
    for (const auto& [key, value] : attributes) {
      const auto local = local_name(key);
      const bool declares = key == "xmlns" || key.starts_with("xmlns:");
      if (!declares && !is_harmless(local, value)) continue;
      out_ += fmt::format(" {}=\"{}\"", key, rewritten(local, value));
    }
    out_ += closed ? "/>" : ">";
  }

  std::string rewritten(const std::string& name, const std::string& value) {
    if (name == "id") return new_id(value);
    if (name == "href" && value.starts_with('#')) return "#" + prefix_ + value.substr(1);
    if (name == "font-family") return value + ", Verdana, sans-serif";
    std::string result = value;
    for (size_t at = result.find("url("); at != std::string::npos;
         at = result.find("url(", at + 4)) {
      const size_t hash = result.find('#', at);
      if (hash != std::string::npos) result.insert(hash + 1, prefix_);
    }
    std::replace(result.begin(), result.end(), '"', '\'');  // the value was in double quotes
    return result;
  }

  std::string new_id(const std::string& id) {
    const int count = ++ids_[id];
    return prefix_ + id + (count > 1 ? fmt::format("-{}", count) : "");
  }

  std::string text_, prefix_, out_;
  size_t at_ = 0;
  bool has_root_ = false;
  std::vector<Element> open_;
  std::map<std::string, int> ids_;
};

void check(const std::string& prefix) {
  const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  const bool good = !prefix.empty() && letter(prefix.front()) &&
                    std::all_of(prefix.begin(), prefix.end(), [&letter](char c) {
                      return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
                    });
  if (!good)
    throw std::invalid_argument(fmt::format(
        "the prefix of ids: expected a letter, then letters, digits, - and _, got \"{}\"", prefix));
}

}  // namespace

std::string inline_svg(const std::filesystem::path& svg, const std::string& prefix) {
  check(prefix);
  try {
    return Inliner(read_file(svg), prefix).run();
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(
        fmt::format("cannot show {} in a page: {}", svg.string(), error.what()));
  }
}

}  // namespace heed
