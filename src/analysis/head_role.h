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
  double heuristic_hit_rate = no_number;
};

/// The numbers of one head, as the measures of this folder give them.
struct HeadNumbers {
  std::map<std::string, double> measures = {};  ///< means, by HeadMeasure::name
  double offset_mass = no_number;               ///< on its own best fixed offset q - k
  int64_t offset = 0;                           ///< that offset
  std::vector<HeadLink> links = {};
};

/// A number that speaks for a role.
struct HeadEvidence {
  std::string role = {};
  std::string measure = {};      ///< "previous", "offset 5", "hit rate on subject", "entropy"
  double value = no_number;      ///< of the head
  double untrained = no_number;  ///< of the same head before training
};

struct HeadRole {
  std::string role = {};
  HeadEvidence evidence = {};           ///< for "mixed": the largest of the masses, too small
  std::vector<HeadEvidence> also = {};  ///< other roles whose rule holds, in the order below
};

constexpr double role_mass = 0.4;      ///< the least weight that makes a role
constexpr double role_gain = 0.1;      ///< how much more than the untrained head's
constexpr double role_hit_rate = 0.3;  ///< the least share of links hit
constexpr double role_lead = 0.1;      ///< how much more than what a simpler rule hits
constexpr double role_entropy = 0.8;   ///< the least entropy of a broad head
constexpr double same_mass = 0.05;     ///< masses that differ by no more are the same

/// The role of a head: what it does. The first rule that holds decides:
///
/// 1. "link:NAME": hits role_hit_rate of the links or more, and role_lead more of them than each of
///    the best fixed offset, "always the first key", the kind's heuristic and the untrained head.
///    Of several kinds the one that leads the rules most. But not where "duplicate" or "induction"
///    explains it: their rule (2) holds, with a mass no smaller than the link's by more than
///    same_mass. Fixed places need no such test: they cannot lead themselves.
/// 2. "previous", "next", "current", "first", "duplicate", "induction": the measure of that name is
///    role_mass or more, and role_gain more than the untrained head's. Of several the largest; of
///    equal ones the first in this order.
/// 3. "positional": the same of the mass on the best fixed offset, if that is none of -1, 0 and 1.
///    Also before (2) where it is larger than that by more than same_mass.
/// 4. "broad": normalised entropy of role_entropy or more, whatever it was before training.
/// 5. "mixed": none of these.
///
/// A number of the head that is NaN, or missing, fails its rule; one to compare with is passed.
HeadRole head_role(const HeadNumbers& head, const HeadNumbers& untrained);

}  // namespace heed
