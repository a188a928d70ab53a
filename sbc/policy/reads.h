#pragma once
// What a handler wanted to know before it decided: for whoever explains a call.

#include <cstddef>
#include <string>

namespace sbc::policy {

// One fact that was read, or one look-up with its answer, in the order of the first time.
struct Read {
  std::string
      what;  // "call.from.user", "location.lookup(sip:bob@example.net)", "GET https://numbers.example.net/v1/43"
  std::string value;  // short; "nil" for what is not there, "***" for credentials
  std::string where;  // "default.lua:12"
};

// Of one invocation. A handler that walks all headers of a large message in a loop reads a few dozen things, and
// lib.quality eight counters of each carrier.
inline constexpr std::size_t kMaxReads = 128;
inline constexpr std::size_t kMaxReadText = 160;  // of `what` and of `value`

}  // namespace sbc::policy
