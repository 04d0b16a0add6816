#include "src/pages/attention_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "src/console/console.h"
#include "src/console/console_table.h"
#include "src/pages/html.h"
#include "src/pages/page_weights.h"
#include "src/pages/viewer/viewer.h"
#include "train/files/file.h"

namespace heed {
namespace {

using Json = nlohmann::ordered_json;

// Heads share an element while it is small, so that neither ten thousand short sentences nor a long
// one make the page slow.
constexpr int64_t weights_in_an_element = 1 << 16;

// Only "<" could end a <script>, and JSON has it in strings only.
std::string json_text(const Json& json) {
  const auto text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string safe;
  for (const char c : text) {
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  }
  return safe;
}

// Invalid UTF-8 bytes (of byte-level tokens) are shown one by one: "\xE2".
std::string readable(const std::string& token) {
  std::string text;
  for (const auto& character : shown_characters(token)) {
    if (character.valid)
      text += character.bytes;
    else
      text += fmt::format("\\x{:02X}", static_cast<unsigned char>(character.bytes[0]));
  }
  return text;
}

Json readable(const std::vector<std::string>& tokens) {
  Json list = Json::array();
  for (const auto& token : tokens) list.push_back(readable(token));
  return list;
}

Json first(const std::vector<int64_t>& numbers, int64_t count) {
  return std::vector<int64_t>(numbers.begin(), numbers.begin() + count);
}

Json to_json(const PagePart& part, PageShare share, const std::string& name, int64_t block) {
  return {{"kind", to_string(part.maps->kind)},
          {"layers", first(part.maps->layers, part.layers(share))},
          {"heads", first(part.maps->heads, part.heads(share))},
          {"queries", part.layout.queries},
          {"keys", part.layout.keys},
          {"triangle", part.layout.triangle},
          {"element", name},
          {"block", block}};
}

// Writes the page with its placeholders filled in, without looking for placeholders in the values.
void fill(std::string_view page, const std::map<std::string, std::vector<std::string_view>>& values,
          std::ostream& out) {
  for (;;) {
    const auto open = page.find("{{");
    out << page.substr(0, open);
    if (open == std::string_view::npos) return;
    const auto close = page.find("}}", open);
    for (const auto& piece : values.at(std::string(page.substr(open + 2, close - open - 2))))
      out << piece;
    page.remove_prefix(close + 2);
  }
}

// A source of a content security policy: only the text with this hash.
std::string hash_source(const std::string& hexadecimal) {
  std::string bytes;
  for (size_t i = 0; i < hexadecimal.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16));
  return fmt::format("'sha256-{}'", base64(bytes));
}

}  // namespace

AttentionPage::AttentionPage(std::string title, std::string origin, int64_t budget)
    : title_(std::move(title)), origin_(std::move(origin)), budget_(budget) {}

void AttentionPage::set_measures(const std::vector<PageMeasure>& measures) {
  Json list = Json::array();
  for (const auto& measure : measures)
    list.push_back({{"key", measure.key},
                    {"title", measure.title},
                    {"formula", measure.formula},
                    {"source", measure.source}});
  measures_ = json_text(list);
}

void AttentionPage::set_heads(const std::vector<PageHead>& heads) {
  Json list = Json::array();
  for (const auto& head : heads)
    list.push_back({{"kind", to_string(head.kind)},
                    {"layer", head.layer},
                    {"head", head.head},
                    {"role", head.role},
                    {"evidence", head.evidence},
                    {"values", head.values},
                    {"untrained", head.untrained}});
  heads_ = json_text(list);
}

size_t AttentionPage::find_or_add_kind(const GoldLinks& links) {
  const auto found = std::find_if(link_kinds_.begin(), link_kinds_.end(),
                                  [&](const auto& one) { return one.name == links.name; });
  if (found != link_kinds_.end()) return static_cast<size_t>(found - link_kinds_.begin());
  link_kinds_.push_back(links);
  link_kinds_.back().links.clear();
  return link_kinds_.size() - 1;
}

void AttentionPage::add(const PageSequence& sequence) {
  if (sequence.maps.empty())
    throw std::runtime_error(
        fmt::format("attention page, {}: expected maps of at least one kind of attention, got none",
                    sequence.title));
  const auto parts = list_parts(sequence);
  PageShare share;
  if (count_weights(parts, share) > budget_ && sequences_.empty()) {
    share = largest_share(parts, budget_);
    if (share.heads > 0)
      cuts_.push_back(fmt::format(
          "{} has {} weights, more than the {} that a page holds: shown {}; attention.npz has all.",
          readable(sequence.title), with_thousands(count_weights(parts, {})),
          with_thousands(budget_),
          share.layers > 1 ? fmt::format("are its first {} layers", share.layers)
                           : fmt::format("of its first layer {} heads", share.heads)));
  }
  const int64_t weights = count_weights(parts, share);
  if (share.heads == 0 || weights > budget_ - used_) {
    ++left_out_;
    return;
  }
  used_ += weights;
  Json maps = Json::array();
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto name = fmt::format("w{}-{}", sequences_.size(), i);
    const auto block = std::max<int64_t>(1, weights_in_an_element / parts[i].layout.bytes());
    maps.push_back(to_json(parts[i], share, name, block));
    append_elements(parts[i], share, name, block, weights_);
  }
  Json links = Json::array();
  for (const auto& kind : sequence.links) {
    const size_t number = find_or_add_kind(kind);
    for (const auto& link : kind.links) links.push_back({number, link.query, link.keys});
  }
  sequences_.push_back(json_text({{"title", readable(sequence.title)},
                                  {"tokens", readable(sequence.tokens)},
                                  {"source_tokens", readable(sequence.source_tokens)},
                                  {"written", readable(sequence.written)},
                                  {"second", sequence.second},
                                  {"prompt", sequence.prompt},
                                  {"frames", readable(sequence.frames)},
                                  {"maps", maps},
                                  {"links", links}}));
}

std::vector<std::string> AttentionPage::notes() const {
  auto notes = cuts_;
  if (left_out_ > 0)
    notes.push_back(
        fmt::format("Shows {} of {} sentences, as many as {} weights allow; attention.npz has all.",
                    with_thousands(std::ssize(sequences_)),
                    with_thousands(std::ssize(sequences_) + left_out_), with_thousands(budget_)));
  return notes;
}

std::string AttentionPage::data() const {
  Json kinds = Json::array();
  for (const auto& kind : link_kinds_)
    kinds.push_back(
        {{"name", kind.name}, {"from", kind.from}, {"to", kind.to}, {"to_source", kind.to_source}});
  return fmt::format(
      R"({{"title":{},"origin":{},"notes":{},"measures":{},"heads":{},"links":{},"sequences":[{}]}})",
      json_text(readable(title_)), json_text(readable(origin_)), json_text(notes()), measures_,
      heads_, json_text(kinds), fmt::join(sequences_, ",\n"));
}

void AttentionPage::write(const std::filesystem::path& path) const {
  const auto policy = fmt::format(
      "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri "
      "'none'; form-action 'none'",
      hash_source(viewer::script_sha256), hash_source(viewer::style_sha256));
  const auto title = html_text(title_), content = data();
  write_file(path, [&](std::ostream& out) {
    fill(viewer::html,
         {{"policy", {policy}},
          {"title", {title}},
          {"style", {viewer::style}},
          {"script", {viewer::script}},
          {"data", {content}},
          {"weights", {weights_.begin(), weights_.end()}}},
         out);
  });
}

}  // namespace heed
