#include "train/tasks/formal_task.h"

namespace heed {
namespace {

/// Digits below 5 alternate with + - *; no brackets, products before sums, modulo 5.
///
/// A finite automaton can compute the value: its state is the sum of the complete terms, the signed
/// product of the incomplete one, and the operator if that was read last.
class ModularTask : public FormalTask {
 public:
  TaskCard card() const override {
    return {
        .definition =
            "Digits 0 to 4 with + - * between them, without brackets, drawn uniformly; the "
            "answer is the value modulo 5, products before sums. Lengths are odd; even ones are "
            "rounded down.",
        .judged = judged(),
        .source = "\"Modular arithmetic (simple)\" of Deletang et al. 2022 (2207.02098)"};
  }

 protected:
  std::vector<std::string> words() const override {
    return {"0", "1", "2", "3", "4", "+", "-", "*"};
  }
  std::vector<std::string> answers() const override { return {"0", "1", "2", "3", "4"}; }

  WordRange words_at(int64_t place) const override {
    return place % 2 == 0 ? WordRange{.first = 0, .count = modulus}
                          : WordRange{.first = plus, .count = 3};
  }
  int64_t whole_length(int64_t length) const override { return length - (length + 1) % 2; }

  int64_t states() const override { return modulus * modulus * 4; }

  int64_t next_state(int64_t number, int64_t word) const override {
    auto state = unpack(number);
    if (word >= plus) return pack({state.sum, state.term, word});
    if (state.operation == times) return pack({state.sum, state.term * word, none});
    return pack({state.sum + state.term, state.operation == minus ? -word : word, none});
  }

  int64_t answer(int64_t number) const override {
    const auto state = unpack(number);
    return state.operation == none ? (state.sum + state.term) % modulus : not_scored;
  }

 private:
  static constexpr int64_t modulus = 5;
  static constexpr int64_t plus = 5, minus = 6, times = 7, none = 8;  // the first three are words

  struct State {
    int64_t sum = 0;           // of the complete terms
    int64_t term = 0;          // the product so far, with its sign
    int64_t operation = none;  // the word read last, if it was an operator
  };

  static int64_t pack(const State& state) {
    const int64_t sum = state.sum % modulus, term = (state.term + modulus) % modulus;
    const int64_t operation = state.operation == none ? 0 : state.operation - plus + 1;
    return (operation * modulus + sum) * modulus + term;
  }

  static State unpack(int64_t number) {
    const int64_t operation = number / (modulus * modulus);
    return {.sum = number / modulus % modulus,
            .term = number % modulus,
            .operation = operation == 0 ? none : operation - 1 + plus};
  }
};

const Registration<Task, ModularTask> modular_registration{
    "modular", "the value modulo 5 of digits with + - * between them"};

}  // namespace
}  // namespace heed
