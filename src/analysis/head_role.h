#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace heed {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// How one head follows the links of one kind; shares from 0 to 1, NaN where unknown.
struct HeadLink {
  std::string name = {};               ///< "subject"
  double hit_rate = no_number;         ///< the head's
  double mass = no_number;             ///< its mean weight on the keys
  double offset_hit_rate = no_number;  ///< of the best fixed offset
  double first_hit_rate = no_number;
  double heuristic_hit_rate = no_number;
};

/// The numbers of one head that decide on its role.
struct HeadNumbers {
  std::map<std::string, double> measures = {};  ///< means, by HeadMeasure::name
  double offset_mass = no_number;               ///< on its own best fixed offset q - k
  int64_t offset = 0;                           ///< that offset
  std::vector<HeadLink> links = {};
};

/// A number that supports a role.
struct HeadEvidence {
  std::string role = {};
  std::string measure = {};      ///< "previous", "offset 5", "hit rate on subject"
  double value = no_number;      ///< of the head
  double untrained = no_number;  ///< of the same head before training
};

struct HeadRole {
  std::string role = {};
  HeadEvidence evidence = {};           ///< of "mixed": the largest weight, which is too small
  std::vector<HeadEvidence> also = {};  ///< other roles whose rule holds, in the order below
};

constexpr double role_hit_rate = 0.3;  ///< the least share of links hit
constexpr double role_lead = 0.1;      ///< how much more that is than what a simpler rule hits
constexpr double same_mass = 0.05;     ///< weights that differ by no more count as equal

/// The role of a head: what it does. The first rule that holds decides:
///
/// 1. "link:NAME": the head hits at least role_hit_rate of the links of that kind, and role_lead
/// more
///    of them than each of: the best fixed offset, "always the first key", the heuristic of the
///    kind, the untrained head. Of several kinds the one whose lead is largest. The rule does not
///    apply where a pattern of tokens explains the link (RoleRule::explains_links): that pattern's
///    rule (2) holds with a weight at most same_mass smaller than the link's.
/// 2. A pattern (RoleRule::Kind::pattern): the measure has at least RoleRule::least, and
///    RoleRule::gain more than the untrained head. Of several the largest; of equal ones the first
///    by rank.
/// 3. "positional": the same for the weight on the best fixed offset, unless that is -1, 0 or 1. It
///    comes before (2) where it is larger than the pattern by more than same_mass.
/// 4. A fallback (RoleRule::Kind::fallback), by rank.
/// 5. "mixed": none of these.
///
/// A number of the head that is NaN or missing fails its rule; a missing number to compare with is
/// passed.
HeadRole head_role(const HeadNumbers& head, const HeadNumbers& untrained);

}  // namespace heed
