#pragma once
// What a REGISTER asks for, read and judged: the part of RFC 3261 section 10.3 steps 6 and 7 that needs no bindings.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "sbc/policy/decision.h"
#include "sbc/register/binding.h"
#include "sbc/register/settings.h"
#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"

namespace sbc::registrar {

// The realm's settings with what the policy replaced for this one request, each within its ceiling.
struct Terms {
  ExpirySettings expiry;
  std::size_t max_contacts = 0;
  bool vouched = false;          // Identity::vouched
  std::uint64_t next_epoch = 1;  // random, not 0 (Update::next_epoch)
};
Terms terms_for(const RealmSettings& realm, const policy::RegisterDecision& decision);

struct RequestRefusal {
  int status = 400;  // 400, 403 (RFC 5627 5.1), 423, or 439 (RFC 5626 11.6)
  std::string text;
};

// Without Contact: an update that changes nothing. All intervals are already shortened to the maximum.
std::expected<Update, RequestRefusal> read_update(const sip::Message& request, const sip::Source& source,
                                                  const Terms& terms, std::string_view aor);

// The Expires header in seconds: `otherwise` when absent, 3600 when malformed (as RFC 3261 section 20.10 has it for the
// parameter).
std::uint32_t expires_header(const sip::Message& request, std::uint32_t otherwise);

}  // namespace sbc::registrar
