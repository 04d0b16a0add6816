#include <fmt/format.h>

#include <algorithm>

#include "src/attend/recording.h"
#include "src/studies/matrices.h"
#include "src/studies/pronouns.h"
#include "src/studies/study.h"
#include "src/studies/trained_run.h"
#include "train/tasks/objective.h"

namespace heed {
namespace {

using nlohmann::ordered_json;
using Words = std::vector<std::string>;
using Tokens = std::vector<int64_t>;

constexpr const char* coreference_experiment = R"(seed = 1
[task]
kind = "grammar"
objective = "masked"
mask_share = 0.3
[model]
kind = "transformer"
layers = 2
heads = 4
d_model = 64
position = "rotary"
query_key_norm = true
causal = false
[train]
steps = 3000
batch = 64
context = 24
optimizer = "muon"
lr = 1e-2
min_lr = 1e-4
warmup = 100
beta2 = 0.99
eval_every = 1000
checkpoint_every = 3000
)";

constexpr const char* sentence = "the cat sat on the mat because it was {} .";
// The number of the pronoun decides which noun is meant, and the adjective decides the number.
constexpr const char* hidden_sentence = "the cat sat on the mats because <mask> <mask> {} .";

// How much more weight a head gives the noun meant than the other one to carry the link.
constexpr double carries = 0.2;

/// One reading of the sentence: with an adjective for animals, or one for things.
struct Reading {
  std::string adjective;
  double to_cat = 0, to_mat = 0;  ///< the carrier's weight from "it"
  double it = 0, they = 0;        ///< probabilities of the hidden pronoun
};

class CoreferenceStudy : public Study {
 public:
  int place() const override { return 14; }

  std::string asked() const override {
    return "\"The cat sat on the mat because it was tired.\" A bidirectional encoder is trained on "
           "the built-in language, in which \"tired\" describes animals and decides what \"it\" "
           "means. Which words matter for \"tired\"? What is \"it\"? Which head carries the "
           "link, and what does silencing it cost? Why is this hard for a fixed window?";
  }

  void run(Report& report) const override {
    const auto run =
        trained_run(report.folder(), "model", coreference_experiment, training_settings(quick()));
    const Reader reader(run);
    Riddles riddles;
    const size_t count = quick() ? 32 : 256;
    const auto alike = riddles.draw(count, true), different = riddles.draw(count, false);
    const double right = reader.right_share(different);
    const auto carriers = find_carriers(reader, alike, different);
    const auto& carrier = *std::max_element(
        carriers.begin(), carriers.end(),
        [](const Carrier& a, const Carrier& b) { return a.difference() < b.difference(); });
    const std::vector<Reading> readings = {read_as(run, reader, carrier.head, "tired"),
                                           read_as(run, reader, carrier.head, "dusty")};
    show_sentence(report, run, carrier, readings);
    show_heads(report, carriers, right, count);
    what_matters(report, reader);
    answers(report, carrier, readings, right);
    window(report, riddles);
  }

 private:
  static AttentionArrays record(const Run& run, const std::string& word) {
    return record_text(run, {fmt::format(sentence, word), "the sentence"}, {});
  }

  static at::Tensor find_map(const AttentionArrays& arrays, const HeadId& head) {
    return arrays.maps.at(head.layer_id.kind)[head.layer_id.layer][0][head.head];  // [T, T]
  }

  static Reading read_as(const Run& run, const Reader& reader, const HeadId& head,
                         const std::string& word) {
    const auto map = find_map(record(run, word), head);
    const auto words = reader.read(reader.encoded(fmt::format(hidden_sentence, word)))[it];
    return {.adjective = word,
            .to_cat = map[it][cat].item<double>(),
            .to_mat = map[it][mat].item<double>(),
            .it = words[reader.id("it")].item<double>(),
            .they = words[reader.id("they")].item<double>()};
  }

  static void show_sentence(Report& report, const Run& run, const Carrier& carrier,
                            const std::vector<Reading>& readings) {
    report.heading("One sentence, two meanings");
    const auto name = to_string(carrier.head);
    ConsoleTable table({{"it was ..."},
                        {"it to cat", Align::right},
                        {"it to mat", Align::right},
                        {"\"it\"", Align::right},
                        {"\"they\"", Align::right}},
                       fmt::format("Weights of {}; probabilities of the pronoun when \"mat\" is "
                                   "\"mats\" and \"it was\" hidden",
                                   name));
    auto kept = ordered_json::object();
    std::vector<ShownMap> maps;
    Words tokens;
    for (const auto& reading : readings) {
      table.add_row({reading.adjective, fmt::format("{:.3f}", reading.to_cat),
                     fmt::format("{:.3f}", reading.to_mat), fmt::format("{:.3f}", reading.it),
                     fmt::format("{:.3f}", reading.they)});
      kept[reading.adjective] = {{"it_to_cat", reading.to_cat},
                                 {"it_to_mat", reading.to_mat},
                                 {"it", reading.it},
                                 {"they", reading.they}};
      const auto arrays = record(run, reading.adjective);
      maps.push_back({"it was " + reading.adjective, find_map(arrays, carrier.head)});
      tokens = arrays.tokens;
    }
    tokens[adjective] = readings[0].adjective + " or " + readings[1].adjective;
    show_maps(report, "readings",
              fmt::format("{}, reading the sentence with either adjective. Its row \"it\" says "
                          "what is meant.",
                          name),
              maps, tokens, tokens);
    report.table(table);
    report.record("readings", kept);
  }

  static void show_heads(Report& report, const std::vector<Carrier>& carriers, double right,
                         size_t count) {
    report.heading("All heads");
    report.paragraph(fmt::format(
        "Weights from the pronoun, mean over {} sentences whose nouns have the same number, so "
        "that the adjective alone decides. In {} others the nouns differ in number, and pronoun "
        "and copula are hidden: the model predicts the right pronoun, \"it\" or \"they\", in "
        "{:.1f} "
        "%. The last column gives that share with one head set to its mean.",
        count, count, 100 * right));
    ConsoleTable table({{"head"},
                        {"to the noun meant", Align::right},
                        {"to the other", Align::right},
                        {"right without it", Align::right}});
    auto heads = ordered_json::array();
    for (const auto& one : carriers) {
      table.add_row({to_string(one.head), fmt::format("{:.3f}", one.meant),
                     fmt::format("{:.3f}", one.other),
                     fmt::format("{:.1f} %", 100 * one.right_without)});
      heads.push_back({{"layer", one.head.layer_id.layer},
                       {"head", one.head.head},
                       {"to_noun_meant", one.meant},
                       {"to_other_noun", one.other},
                       {"right_without", one.right_without}});
    }
    report.table(table);
    report.record("right", right);
    report.record("heads", heads);
  }

  // The probability of an adjective for animals.
  static double animal_share(const Reader& reader, const Tokens& tokens) {
    static const Words animals = {"tired", "hungry", "thirsty", "sleepy", "scared", "angry"};
    const auto words = reader.read(tokens)[adjective];
    double share = 0;
    for (const auto& word : animals) share += words[reader.id(word)].item<double>();
    return share;
  }

  static void what_matters(Report& report, const Reader& reader) {
    const std::string words = "the cat sat on the mat because it was <mask> , the cat .";
    const auto tokens = reader.encoded(words);
    const double all = animal_share(reader, tokens);
    ConsoleTable table(
        {{"hidden as well"}, {"tired, hungry, ...", Align::right}},
        fmt::format("\"{}\": the probability of an animal's adjective, {:.3f}, and what is left "
                    "of it when a word more is hidden",
                    words, all));
    auto kept = ordered_json::object();
    std::pair<std::string, double> most{"", all};
    for (const auto& [at, word] : hideable) {
      auto fewer = tokens;
      fewer[static_cast<size_t>(at)] = reader.id(mask_word);
      const double left = animal_share(reader, fewer);
      table.add_row({word, fmt::format("{:.3f}", left)});
      kept[word] = left;
      if (left < most.second) most = {word, left};
    }
    report.heading("Which words matter for \"tired\"?");
    report.table(table);
    report.record("animal_adjective", all);
    report.record("animal_adjective_without", kept);
    report.answer("Which words matter for \"tired\"?",
                  most.first.empty()
                      ? "None of them, in this model: hiding a word lowers nothing."
                      : fmt::format("Most of all \"{}\": without it the probability of a word "
                                    "for animals falls from {:.3f} to {:.3f}.",
                                    most.first, all, most.second));
  }

  static void window(Report& report, const Riddles& riddles) {
    report.record("noun_far", riddles.far_share());
    report.record("noun_is_nearest", riddles.nearest_share());
    report.answer(
        "Why is this hard for a fixed window?",
        fmt::format("The adjective that decides comes two words after the pronoun, and the noun "
                    "meant may be close or far: in {:.0f} % of the sentences it is more than {} "
                    "words back, outside a window of that size. Always taking the nearest noun is "
                    "right in {:.0f} %.",
                    100 * riddles.far_share(), Riddles::near, 100 * riddles.nearest_share()));
  }

  static void answers(Report& report, const Carrier& carrier, const std::vector<Reading>& readings,
                      double right) {
    const auto &tired = readings[0], &dusty = readings[1];
    const auto name = to_string(carrier.head);
    report.answer(
        "What is \"it\"?",
        fmt::format("From \"it\", {} gives \"cat\" {:.3f} and \"mat\" {:.3f} after \"tired\"; "
                    "after \"dusty\", which describes things, {:.3f} and {:.3f}. And when the cat "
                    "sits on the mats and the pronoun is hidden, the model says \"it\" with a "
                    "probability of {:.3f} and \"they\" with {:.3f} before \"tired\", {:.3f} and "
                    "{:.3f} before \"dusty\". {}",
                    name, tired.to_cat, tired.to_mat, dusty.to_cat, dusty.to_mat, tired.it,
                    tired.they, dusty.it, dusty.they,
                    tired.it > tired.they && dusty.they > dusty.it
                        ? "One word after the pronoun changes its meaning."
                        : "In this model that one word does not yet change the meaning."));
    const double cost = right - carrier.right_without;
    report.answer(
        "Which head carries the link, and what does silencing it cost?",
        fmt::format("{} With this head at its mean the model predicts {:.1f} % of the hidden "
                    "pronouns, where the intact model predicts {:.1f} %: {}.",
                    carrier.difference() >= carries
                        ? fmt::format("{}: its weight on the noun meant is {:.3f} on average, on "
                                      "the other one {:.3f}.",
                                      name, carrier.meant, carrier.other)
                        : fmt::format("None does clearly; {} comes nearest.", name),
                    100 * carrier.right_without, 100 * right,
                    cost > 0.02 ? "the meaning of the pronoun passes through this head"
                                : "the model has another way to know"));
  }

  // Positions in the sentence.
  static constexpr int64_t cat = 1, mat = 5, it = 7, adjective = 9;
  static inline const std::vector<std::pair<int64_t, std::string>> hideable = {
      {1, "cat"}, {2, "sat"}, {5, "mat"},         {6, "because"},
      {7, "it"},  {8, "was"}, {12, "cat (again)"}};
};

const Registration<Study, CoreferenceStudy> coreference_registration{
    "coreference", "what \"it\" means, and the head that knows"};

}  // namespace
}  // namespace heed
