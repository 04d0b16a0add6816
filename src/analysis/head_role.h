#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace heed {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// What one head has to do with the links of one kind; shares from 0 to 1, NaN where unknown.
struct HeadLink {
  std::string name = {};               ///< "subject"
  double hit_rate = no_number;         ///< the head's
  double mass = no_number;             ///< its mean weight on the keys
  double offset_hit_rate = no_number;  ///< of the best fixed offset, and of other rules
  double first_hit_rate = no_number;
  double rival_hit_rate = no_number;
};

/// The numbers of one head, as the measures of this folder give them.
struct HeadNumbers {
  std::map<std::string, double> measures = {};  ///< means, by HeadMeasure::name
  double offset_mass = no_number;               ///< on its own best fixed offset q - k
  int64_t offset = 0;                           ///< that offset
  std::vector<HeadLink> links = {};
};

/// A number that speaks for a word.
struct HeadEvidence {
  std::string word = {};
  std::string measure = {};      ///< "previous", "offset 5", "hit rate on subject", "entropy"
  double value = no_number;      ///< of the head
  double untrained = no_number;  ///< of the same head before training
};

struct HeadWord {
  std::string word = {};
  HeadEvidence evidence = {};           ///< for "mixed": the largest of the masses, too small
  std::vector<HeadEvidence> also = {};  ///< other words whose rule holds, in the order below
};

constexpr double word_mass = 0.4;      ///< the least weight that makes a word
constexpr double word_gain = 0.1;      ///< how much more than the untrained head's
constexpr double word_hit_rate = 0.3;  ///< the least share of links hit
constexpr double word_lead = 0.1;      ///< how much more than what a simpler rule hits
constexpr double word_entropy = 0.8;   ///< the least entropy of a broad head
constexpr double same_mass = 0.05;     ///< masses that differ by no more are the same

/// A word for what a head does. The first rule that holds decides:
///
/// 1. "link:NAME": hits word_hit_rate of the links or more, and word_lead more of them than each of
///    the best fixed offset, "always the first key", the kind's rival rule and the untrained head.
///    Of several kinds the one that leads the rules most. But not where "duplicate" or "induction"
///    explains it: their rule (2) holds, with a mass no smaller than the link's by more than
///    same_mass. Fixed places need no such test: they cannot lead themselves.
/// 2. "previous", "next", "current", "first", "duplicate", "induction": the measure of that name is
///    word_mass or more, and word_gain more than the untrained head's. Of several the largest; of
///    equal ones the first in this order.
/// 3. "positional": the same of the mass on the best fixed offset, if that is none of -1, 0 and 1.
///    Also before (2) where it is larger than that by more than same_mass.
/// 4. "broad": normalised entropy of word_entropy or more, whatever it was before training.
/// 5. "mixed": none of these.
///
/// A number of the head that is NaN, or missing, fails its rule; one to compare with is passed.
HeadWord head_word(const HeadNumbers& head, const HeadNumbers& untrained);

}  // namespace heed
