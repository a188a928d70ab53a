#pragma once
// Why a request was sent or a call refused: the Reason header (RFC 3326; in responses RFC 6432). What crosses the
// border is the protocol and the number. The text of a value is written anew: a far side's own words carry names of
// hosts and products.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/limit/reached.h"
#include "sbc/sip/message.h"

namespace sbc::identity {

struct Reason {
  enum class Protocol : std::uint8_t { Sip, Q850, Preemption };
  Protocol protocol = Protocol::Q850;
  std::uint16_t cause = 0;
  friend bool operator==(const Reason&, const Reason&) = default;
};

// One value; nullopt for other protocols, and for a cause that is missing or outside of its protocol's range: SIP
// 200..699, Q.850 1..127, Preemption 1..5 (RFC 4411 5).
std::optional<Reason> parse_reason(std::string_view value);
// The first of each protocol, in order: more than one of a protocol is not allowed (RFC 3326 2).
std::vector<Reason> reasons_of(const sip::Message& message, limit::Counts* limits = nullptr);
// `Q.850;cause=16;text="Normal call clearing"`
std::string value_of(const Reason& reason);
// One header line for each, with CRLF; only Q.850 when `response` (RFC 6432 3).
std::string reason_lines(const std::vector<Reason>& reasons, bool response);

// RFC 3398 8.2.6.1, for a far side that gave only a status; nullopt where the RFC has no mapping.
std::optional<Reason> q850_from_status(int status);

}  // namespace sbc::identity
