// The caller says for how long its invitation holds (Expires; RFC 3261 13.2.1, 13.3.1). When that time is over before
// the callee has accepted, the caller gets 487 and the callee a CANCEL, as if the caller had given up.

#include <algorithm>
#include <chrono>

#include "sbc/call/machine.h"
#include "sbc/sip/contact.h"

namespace sbc::call {
namespace {

// nullopt: for as long as the one who is asked likes; what cannot be read says nothing.
std::optional<base::Duration> validity_of(const sip::Message& invite) {
  const auto text = invite.find(sip::HeaderId::Expires);
  const auto seconds = text ? sip::parse_delta_seconds(*text) : std::nullopt;
  if (!seconds) return std::nullopt;
  return base::seconds(*seconds);
}

}  // namespace

void Machine::begin_expiry() {
  if (const auto valid = validity_of(*call_.invite)) arm(call_.expiry_timer, TimerKind::Expiry, now_ + *valid);
}

bool Machine::has_expired() const {
  const auto valid = validity_of(*call_.invite);
  return valid && now_ >= call_.began + *valid;
}

// For the callee: what is left, so that whoever is further away gives up in time as well.
std::optional<std::string> Machine::expiry_left() const {
  const auto valid = validity_of(*call_.invite);
  if (!valid) return std::nullopt;
  const base::Duration left = call_.began + *valid - now_;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
  return std::to_string(std::max<std::int64_t>(1, seconds));
}

// The same for a re-INVITE, which waits for the other peer's user.
void Machine::begin_change_expiry(const sip::Message& reinvite) {
  if (const auto valid = validity_of(reinvite))
    arm(call_.setup_timer, TimerKind::Setup, now_ + *valid, other(call_.inviter));
}

}  // namespace sbc::call
