#pragma once
// Digits (DTMF) between legs that send them differently: as telephone-events among the media (RFC 4733), as INFO, or as
// tones in the audio. Each leg has one way; what comes by another one is not passed, and what is converted is not
// passed as well, so that nobody hears a digit twice. Where nothing is converted key_watch.h sees to that.
//
//   media of A --- relay: Dtmf ---> INFO to B           INFO of A ---> relay: SendDigits ---> media of B
//
// INFO here is the older use without a package (RFC 6086 section 1), with the bodies that everybody sends.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sbc::call {

struct InfoDigit {
  char digit = '0';               // one of "0123456789*#ABCD!", '!' for a flash
  std::uint32_t duration_ms = 0;  // 0: not said
  friend bool operator==(const InfoDigit&, const InfoDigit&) = default;
};

// application/dtmf-relay ("Signal=5", "Duration=160") and application/dtmf ("5"); the body of another type, or one that
// names no digit, is none. `type` as body::bare_type has it.
std::optional<InfoDigit> read_info_digit(std::string_view type, std::string_view body);
inline constexpr std::string_view kDtmfRelay = "application/dtmf-relay";
std::string dtmf_relay_body(const InfoDigit& digit);

// INFOs towards one leg that wait for the answer to the one before: digits must come in their order.
inline constexpr std::size_t kMaxWaitingDigits = 32;

}  // namespace sbc::call
