#include "src/studies/pronouns.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "models/attention/head_ablation.h"
#include "models/sequence_model.h"
#include "train/tasks/objective.h"

namespace heed {
namespace {

using Tokens = std::vector<int64_t>;

bool has(const GrammarLanguage::Sentence& sentence, Link::Kind kind) {
  return std::any_of(sentence.links.begin(), sentence.links.end(),
                     [kind](const Link& link) { return link.kind == kind; });
}

SequenceInput make_input(const Tokens& tokens) {
  return {.values = at::tensor(tokens, at::kLong).unsqueeze(0)};
}

// With the pronoun and the copula after it hidden.
Tokens hidden(const Reader& reader, const Riddle& riddle) {
  auto tokens = riddle.tokens;
  for (const int64_t at : {riddle.pronoun, riddle.pronoun + 1})
    tokens[static_cast<size_t>(at)] = reader.id(mask_word);
  return tokens;
}

}  // namespace

std::vector<Riddle> Riddles::draw(size_t count, bool alike) {
  std::vector<Riddle> all;
  while (all.size() < count) {
    const auto sentence = language_.sample([this] { return random_.uniform(); });
    // A repeated noun would give the answer without the adjective.
    if (!has(sentence, Link::Kind::pronoun_antecedent) ||
        has(sentence, Link::Kind::mention_antecedent))
      continue;
    const auto traits = [&](int64_t at) {
      return language_.traits(sentence.words[static_cast<size_t>(at)]);
    };
    const auto& link = sentence.links.back();
    Riddle riddle{.tokens = sentence.words, .pronoun = link.from, .meant = link.to};
    for (int64_t at = 0; at < riddle.pronoun; ++at)
      if (traits(at).is_noun() && at != riddle.meant) riddle.other = at;
    ++pronouns_;
    far_ += riddle.pronoun - riddle.meant > near;
    nearest_ += riddle.meant > riddle.other;
    if ((traits(riddle.meant).number == traits(riddle.other).number) == alike)
      all.push_back(riddle);
  }
  return all;
}

std::vector<int64_t> Reader::encoded(const std::string& words) const {
  return run_.config.task->tokenizer()->encode(words, "the sentence");
}

at::Tensor Reader::read(const Tokens& tokens, AttentionHook* hook) const {
  const at::NoGradGuard no_gradients;
  return run_.model->forward(make_input(tokens), hook)[0].softmax(-1).to(at::kDouble);
}

double Reader::right_share(const std::vector<Riddle>& riddles, AttentionHook* hook) const {
  const int64_t it = id("it"), they = id("they");
  int64_t right = 0;
  for (const auto& riddle : riddles) {
    const auto words = read(hidden(*this, riddle), hook)[riddle.pronoun];
    const bool singular = words[it].item<double>() > words[they].item<double>();
    right += singular == (riddle.tokens[static_cast<size_t>(riddle.pronoun)] == it);
  }
  return static_cast<double>(right) / static_cast<double>(riddles.size());
}

std::vector<Carrier> find_carriers(const Reader& reader, const std::vector<Riddle>& alike,
                                   const std::vector<Riddle>& different) {
  std::map<HeadId, Carrier> by_head;
  const auto count = static_cast<double>(alike.size());
  for (const auto& riddle : alike) {
    AttentionRecorder recorder;
    reader.read(riddle.tokens, &recorder);
    for (const auto& [layer_id, weights, mask] : recorder.records())
      for (int64_t head = 0; head < weights.size(1); ++head) {
        auto& sum = by_head[{.layer_id = layer_id, .head = head}];
        const auto row = weights[0][head][riddle.pronoun];
        sum.meant += row[riddle.meant].item<double>() / count;
        sum.other += row[riddle.other].item<double>() / count;
      }
  }
  HeadMeans hook;
  for (const auto& riddle : different) {
    hook.begin(make_input(riddle.tokens));
    reader.read(hidden(reader, riddle), &hook);
  }
  const auto means = hook.means();
  std::vector<Carrier> carriers;
  for (auto& [head, carrier] : by_head) {
    HeadAblation ablation;
    ablation.ablate(head.layer_id, head.head, means.at(head.layer_id)[head.head]);
    carrier.head = head;
    carrier.right_without = reader.right_share(different, &ablation);
    carriers.push_back(carrier);
  }
  return carriers;
}

}  // namespace heed
