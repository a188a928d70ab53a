#pragma once
// What both sides of a layer share.

#include <cassert>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "media-relay/base/random.h"

#include "sbc/sip/minter.h"
#include "sbc/transaction/config.h"
#include "sbc/transaction/counters.h"
#include "sbc/transaction/ids.h"
#include "sbc/transaction/matching.h"
#include "sbc/transaction/oversize.h"
#include "sbc/transaction/timers.h"

namespace sbc::transaction {

struct Shared {
  Shared(const Config& c, const sip::Minter& m, base::Random& r) : config(c), minter(m), random(r), matching(r) {}

  const Config config;
  const sip::Minter& minter;
  base::Random& random;
  Matching matching;
  Oversize oversize;
  std::vector<std::string> emergency_numbers;
  std::function<bool(const sip::Source&)> trusts;
  Deadlines deadlines;
  Counters counters;
};

// Tokens on the wire side (Send::token) and in the deadline queue: a packed handle, and a bit for the side it belongs
// to.
inline constexpr std::uint64_t kClientSide = std::uint64_t{1} << 31;  // top bit of the slot: tables are far smaller

inline std::uint64_t token_of(ServerId id) {
  return id.pack();
}
inline std::uint64_t token_of(ClientId id) {
  return id.pack() | kClientSide;
}
inline bool is_client_token(std::uint64_t token) {
  return (token & kClientSide) != 0;
}
inline ServerId server_of(std::uint64_t token) {
  return ServerId::unpack(token);
}
inline ClientId client_of(std::uint64_t token) {
  return ClientId::unpack(token & ~kClientSide);
}

// A pair that the state tables call impossible has come: our own promise is broken. Fatal where it is looked for
// (debug, tests, simulation); counted, and the end of that transaction, where people talk.
inline void note_bug(Counters& counters) {
  ++counters.bugs;
  assert(false && "transaction: impossible pair of state and event");
}

}  // namespace sbc::transaction
