#pragma once
// What was left out, forgotten or refused because a limit was reached that has no counter of another name. Each room
// counts its own; the shard adds them up for the operator (parapet_limits_total).

#include <array>
#include <cstddef>
#include <cstdint>

namespace sbc::limit {

enum class Reached : std::uint8_t {
  LeakWords,           // left out: words that the leak guard can no longer learn in this call, and will not find
  LeakHits,            // left out: leaks of one message beyond those that it counts; what it takes out is all
  HeldProgress,        // left out: 18x that waited for a PRACK
  Referrals,           // forgotten: the oldest REFER of a call, whose NOTIFYs go on unmapped
  RedirectContacts,    // left out: contacts of a 3xx
  Farewells,           // forgotten: a BYE to a trunk, which is not sent again when the trunk asks for credentials
  StoredAcks,          // forgotten: an ACK that a repeated 2xx would get again
  CancelHeaders,       // left out: Reason of a CANCEL
  WithoutTcp,          // forgotten: that a peer has no TCP
  FlowNotes,           // left out: registrations that end with their connection
  Signposts,           // refused: a leg that another shard wanted for an attended transfer
  Attempts,            // forgotten: where a CANCEL of an INVITE with Replaces goes
  NamedDialogs,        // left out: dialogs named in one body, which then loses them
  AtOnce,              // left out: places of a list that is to be called at once, which follow the others
  Contacts,            // left out: registered contacts beyond those that one decision is offered
  DnsRecords,          // left out: records of one answer
  Places,              // left out: places of one name
  HealthMarks,         // forgotten: that a target is busy or dead
  Challenges,          // left out: challenges of one response
  ChallengeRealms,     // forgotten: a nonce of a trunk
  Reasons,             // left out: values of Reason
  Redirects,           // left out: values of Diversion or History-Info
  Priorities,          // left out: values of Resource-Priority
  PrivacyWords,        // left out: words of Privacy
  Identities,          // left out: values of P-Asserted-Identity
  PolicyInstructions,  // refused: handlers that found what all of a thread may spend in a second spent
  kCount
};
const char* name_of(Reached limit);  // "route_set"

class Counts {
 public:
  void add(Reached limit, std::uint64_t times = 1) { counts_[static_cast<std::size_t>(limit)] += times; }
  std::uint64_t& at(Reached limit) { return counts_[static_cast<std::size_t>(limit)]; }
  std::uint64_t operator[](Reached limit) const { return counts_[static_cast<std::size_t>(limit)]; }
  Counts& operator+=(const Counts& others) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += others.counts_[i];
    return *this;
  }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Reached::kCount)> counts_{};
};

// For readers that may be asked without a count.
inline void note(Counts* counts, Reached limit) {
  if (counts != nullptr) counts->add(limit);
}

}  // namespace sbc::limit
