// make_page FOLDER: writes pages of all sorts through AttentionPage, and beside NAME.html the
// maps that it was given, unrounded, as NAME.npz, for test_page.py to compare. The maps are drawn
// at random around the patterns that heads are known for.

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <functional>

#include "src/files/npz.h"
#include "src/pages/attention_page.h"

namespace heed {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

Strings split(const std::string& text) {
  Strings words(1);
  for (const char c : text) {
    if (c == ' ')
      words.emplace_back();
    else
      words.back() += c;
  }
  return words;
}

std::vector<int64_t> range(int64_t count) {
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

// Scores of T queries for S keys; `pattern` chooses where the largest are.
at::Tensor scores_of(int64_t pattern, int64_t queries, int64_t keys) {
  const auto query = at::arange(queries, at::kFloat).unsqueeze(1) *
                     (static_cast<double>(keys) / static_cast<double>(queries));
  const auto key = at::arange(keys, at::kFloat).unsqueeze(0);
  const auto noise = at::randn({queries, keys});
  switch (pattern % 6) {
    case 0:
      return noise - 4 * (query - 1 - key).abs().clamp_max(2);
    case 1:
      return noise + 3 * (key == 0).to(at::kFloat);
    case 2:
      return noise - .3 * (query - key).abs();
    case 3:
      return .3 * noise;
    case 4:
      return noise + 5 * (key == (query * .5).floor()).to(at::kFloat);
    default:
      return 2.5 * noise;
  }
}

struct MapsOptions {
  AttentionKind kind = AttentionKind::self;
  std::vector<int64_t> layers, heads;
  int64_t queries = 1, keys = 1;
  bool causal = true;
  size_t frames = 1;
};

PageMaps make_maps(const MapsOptions& options) {
  const auto layers = std::ssize(options.layers), heads = std::ssize(options.heads);
  PageMaps maps{
      .kind = options.kind, .layers = options.layers, .heads = options.heads, .frames = {}};
  auto scores = at::empty({layers, heads, options.queries, options.keys});
  for (int64_t layer = 0; layer < layers; ++layer)
    for (int64_t head = 0; head < heads; ++head)
      scores[layer][head] = scores_of(2 * layer + head, options.queries, options.keys);
  if (options.causal)
    scores.masked_fill_(at::ones({options.queries, options.keys}, at::kBool).triu(1), -INFINITY);
  for (size_t frame = 1; frame <= options.frames; ++frame)
    maps.frames.push_back(
        (scores * (static_cast<double>(frame) / static_cast<double>(options.frames))).softmax(-1));
  return maps;
}

// The float maps of the first sequence of a page: KIND_FRAME, [L, H, T, S].
void write_maps(const PageSequence& sequence, const fs::path& path) {
  NpzWriter archive(path);
  for (const auto& maps : sequence.maps)
    for (size_t frame = 0; frame < maps.frames.size(); ++frame) {
      const auto map = maps.frames[frame].contiguous();
      archive.add_float32(fmt::format("{}_{}", to_string(maps.kind), frame), map.sizes().vec(),
                          {map.const_data_ptr<float>(), static_cast<size_t>(map.numel())});
    }
  archive.close();
}

void write(const AttentionPage& page, const PageSequence& first, const fs::path& stem) {
  page.write(stem.string() + ".html");
  write_maps(first, stem.string() + ".npz");
}

PageSequence causal(const std::string& title, const Strings& tokens, int64_t layers,
                    int64_t heads) {
  return {.title = title,
          .tokens = tokens,
          .maps = {make_maps({.layers = range(layers),
                              .heads = range(heads),
                              .queries = std::ssize(tokens),
                              .keys = std::ssize(tokens)})}};
}

Strings characters(int64_t count) {
  const std::string text =
      "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n\n";
  Strings tokens;
  for (int64_t i = 0; i < count; ++i)
    tokens.push_back(text.substr(static_cast<size_t>(i) % text.size(), 1));
  return tokens;
}

AttentionPage page_of(const PageSequence& sequence, const std::string& name) {
  AttentionPage page(name, "heed attend runs/" + name);
  page.add(sequence);
  return page;
}

void one_sequence(const PageSequence& sequence, const fs::path& stem) {
  write(page_of(sequence, stem.filename().string()), sequence, stem);
}

void make_translation(const fs::path& stem) {
  const auto source = split("the old cat sat on the mat because it was tired .");
  const auto tokens = split("<s> za rilo ze ludo gol tatir"),
             written = split("za rilo ze ludo gol tatir </s>");
  const auto make = [](AttentionKind kind, size_t queries, size_t keys, bool masked) {
    return make_maps({.kind = kind,
                      .layers = {0, 1},
                      .heads = {0, 1, 2},
                      .queries = static_cast<int64_t>(queries),
                      .keys = static_cast<int64_t>(keys),
                      .causal = masked});
  };
  const PageSequence sequence{
      .title = "line 1",
      .tokens = tokens,
      .source_tokens = source,
      .written = written,
      .maps = {make(AttentionKind::encoder, source.size(), source.size(), false),
               make(AttentionKind::decoder, tokens.size(), tokens.size(), true),
               make(AttentionKind::cross, tokens.size(), source.size(), false)},
      .links = {{.name = "alignment",
                 .from = "written word",
                 .to = "its source",
                 .to_source = true,
                 .links = {{.query = 0, .keys = {0, 1}}, {.query = 2, .keys = {6}}}}}};
  AttentionPage page("translate", "heed attend runs/translate");
  page.add(sequence);
  write(page, sequence, stem);
}

void make_pair(const fs::path& stem) {
  const auto tokens = split("the cat sat on the mat the cat was asleep there");
  one_sequence({.title = "line 1",
                .tokens = tokens,
                .second = 6,
                .maps = {make_maps({.layers = {0, 1},
                                    .heads = {0, 1},
                                    .queries = std::ssize(tokens),
                                    .keys = std::ssize(tokens),
                                    .causal = false})}},
               stem);
}

void make_generation(const fs::path& stem) {
  auto sequence = causal("generated", characters(40), 2, 2);
  sequence.prompt = 15;
  one_sequence(sequence, stem);
}

void make_training(const fs::path& stem) {
  const auto tokens = split("the cats that the dog chases sleep .");
  one_sequence({.title = "line 1",
                .tokens = tokens,
                .frames = {"step 0", "step 100", "step 200"},
                .maps = {make_maps({.layers = {0, 1},
                                    .heads = {0, 1, 2},
                                    .queries = std::ssize(tokens),
                                    .keys = std::ssize(tokens),
                                    .frames = 3})}},
               stem);
}

void make_odd(const fs::path& stem) {
  one_sequence(causal("<img src=x onerror=alert(1)>",
                      {"\"double\"", "'single'", "<script>alert(1)</script>", "</script>", "<b>",
                       "&amp;", "👩‍👩‍👧", "שלום", "مرحبا", "\n", "\t", " ", "", " word",
                       "a,b", std::string(200, 'x'), "naïve", "\xE2", "{{data}}"},
                      2, 2),
               stem);
}

std::vector<PageHead> measured_heads(const PageMaps& maps) {
  const Strings words = {"previous", "first", "positional", "broad", "link:subject", "mixed"};
  std::vector<PageHead> heads;
  for (const int64_t layer : maps.layers)
    for (const int64_t head : maps.heads) {
      const auto& map = maps.frames[0][layer][head];
      const auto previous = map.diagonal(-1).mean().item<double>();
      const auto first = map.slice(0, 1).select(1, 0).mean().item<double>();
      const auto& word = words[static_cast<size_t>(2 * layer + head) % words.size()];
      heads.push_back({.layer = layer,
                       .head = head,
                       .role = word,
                       .evidence = fmt::format("{} {:.2f}, untrained 0.10", word, previous),
                       .values = {{"previous", previous},
                                  {"first", first},
                                  {"entropy", .1 * static_cast<double>(layer + head)},
                                  {"induction", layer == 0 ? NAN : .5},
                                  {"zero_rise", .02 * static_cast<double>(head)},
                                  {"mean_rise", .003 * static_cast<double>(head)},
                                  {"gradient", .4}},
                       .untrained = {{"previous", .1}, {"first", .2}, {"entropy", .95}}});
    }
  return heads;
}

void make_measured(const fs::path& stem) {
  auto sequence =
      causal("sample 1", split("the cats that the dog near the houses chases sleep . </s>"), 2, 4);
  sequence.links = {{.name = "subject",
                     .from = "verb",
                     .to = "its subject's noun",
                     .links = {{.query = 8, .keys = {4}}, {.query = 9, .keys = {1}}}},
                    {.name = "antecedent",
                     .from = "end",
                     .to = "any noun",
                     .links = {{.query = 10, .keys = {1, 4}}}}};
  AttentionPage page("demo transformer", "heed analyze runs/demo/transformer");
  page.set_measures(
      {{"previous", "previous", "mean over q > 0 of A[q, q-1]", "1905.09418"},
       {"first", "first", "mean over q > 0 of A[q, 0]", "2309.17453"},
       {"induction", "induction", "A[q, k], k after an earlier token like that at q",
        "2209.11895"},
       {"entropy", "entropy", "H(A[q]) / ln of the number of allowed keys", ""},
       {"zero_rise", "loss, set to zero", "rise in loss, nats", "1905.10650"},
       {"mean_rise", "loss, set to mean", "rise in loss, nats", ""},
       {"gradient", "gradient", "mean over sentences of |dL / d gate|", "1905.10650"}});
  page.set_heads(measured_heads(sequence.maps[0]));
  page.add(sequence);
  for (int i = 2; i <= 6; ++i)
    page.add(causal(fmt::format("sample {}", i), split("the dog chases the cat ."), 2, 4));
  write(page, sequence, stem);
}

// A selection of layers and heads, more sentences than there is room for, and one that is cut.
void make_selected(const fs::path& stem) {
  const auto tokens = split("a b c d e f");
  const PageSequence sequence{
      .title = "line 1",
      .tokens = tokens,
      .maps = {make_maps({.layers = {2, 5}, .heads = {1, 3, 7}, .queries = 6, .keys = 6})}};
  AttentionPage page("selected", "heed attend runs/x --layers 2,5 --heads 1,3,7", 300);
  for (int i = 0; i < 9; ++i) page.add(sequence);
  write(page, sequence, stem);
}

void make_corpus(const fs::path& stem) {
  const auto first = causal("line 1", split("the cat sat ."), 1, 2);
  auto page = page_of(first, "corpus");
  for (int i = 2; i <= 1000; ++i)
    page.add(causal(fmt::format("line {}", i), split(fmt::format("sentence {} .", i)), 1, 2));
  write(page, first, stem);
}

int make_pages(const fs::path& folder) {
  at::manual_seed(7);
  fs::create_directories(folder);
  one_sequence(causal("line 1", characters(256), 4, 4), folder / "many");
  page_of(causal("line 1", characters(512), 12, 12), "large").write(folder / "large.html");
  one_sequence(causal("line 1", split("the cat sat on the mat because it was tired ."), 2, 4),
               folder / "few");
  make_translation(folder / "translate");
  make_pair(folder / "pair");
  make_generation(folder / "generation");
  make_training(folder / "training");
  make_odd(folder / "odd");
  make_measured(folder / "measured");
  make_corpus(folder / "corpus");
  make_selected(folder / "selected");
  return 0;
}

}  // namespace
}  // namespace heed

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: make_page FOLDER\n");
    return 2;
  }
  return heed::make_pages(arguments[1]);
}
