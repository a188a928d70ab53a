#pragma once
// A word that names one side of a call: its network, its software, or its own name for the call.

#include <cstdint>
#include <string_view>

namespace sbc::leak {

enum class Kind : std::uint8_t {
  Address,    // IP addresses: Via, Contact, Record-Route, From, descriptions, and where its packets come from
  Host,       // host names in the same places, and mDNS names of candidates
  CallId,     // Call-ID
  Tag,        // of From and To
  Branch,     // of Via, without the magic cookie
  Product,    // User-Agent, Server
  Session,    // session id of o=
  Candidate,  // ice-ufrag and ice-pwd
  Cname,      // of an RTP source
  kCount
};
inline constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::kCount);

const char* name_of(Kind kind);  // "call_id"

// As found in a message; a view into it.
struct Word {
  Kind kind = Kind::Address;
  std::string_view text;
};

}  // namespace sbc::leak
