// rooms: identity
// Identity headers from strangers: nothing breaks, lists stay short, and what is written from them is a header value
// that is read again.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "sbc/identity/asserted.h"
#include "sbc/identity/emergency.h"
#include "sbc/identity/limits.h"
#include "sbc/identity/passport.h"
#include "sbc/identity/privacy.h"
#include "sbc/identity/reason.h"
#include "sbc/identity/redirect.h"
#include "sbc/identity/session_id.h"
#include "sbc/sip/parser.h"

namespace {

using namespace sbc;

void must(bool held) {
  if (!held) std::abort();
}

void check(const sip::Message& message) {
  for (const bool trusted : {true, false}) {
    const auto people =
        identity::asserted_by(message, {.trusted = trusted, .proven = {"sip:a@example.net", "sip:b@example.net"}});
    must(people.size() <= identity::kMaxIdentities);
    for (const auto& person : people) must(sip::parse_name_addr(identity::value_of(person, "h")).has_value());
    (void)identity::treat(identity::privacy_of(message), trusted);
    const auto redirects = identity::redirects_of(message);
    must(redirects.size() <= identity::kMaxRedirects);
    const identity::RedirectTarget target{.host = "h", .user = "u", .trusted = trusted};
    for (const auto& value : identity::diversion_values(redirects, target))
      must(sip::parse_name_addr(value).has_value());
    for (const auto& value : identity::history_values(redirects, target)) must(sip::parse_name_addr(value).has_value());
  }
  (void)identity::unprovidable(identity::privacy_of(message));
  for (const auto& reason : identity::reasons_of(message))
    must(identity::parse_reason(identity::value_of(reason)) == reason);
  (void)identity::resource_priorities(message);
  for (const bool trusted : {true, false})
    for (const auto& value : identity::locations(message, trusted))
      must(value.find_first_of("\r\n") == std::string::npos);
  must(identity::passports(message).size() <= identity::kMaxPassports);
  (void)identity::signed_date(message);
  (void)identity::same_number(message.from().uri.user, message.to().uri.user);
  (void)identity::is_emergency(message.request_uri(), {});
  if (const auto field = message.find(sip::HeaderId::SessionId)) {
    const auto id = identity::parse_session_id(*field);
    if (id) must(identity::parse_session_id(identity::session_id_value(id->local, id->remote)).has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Header lines only: the fuzzer need not learn to write a message.
  std::string text =
      "INVITE sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nMax-Forwards: 70\r\nFrom: <sip:a@h>;tag=1\r\n"
      "To: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n";
  text.append(reinterpret_cast<const char*>(data), size).append("\r\nContent-Length: 0\r\n\r\n");
  const auto result = sip::parse(std::move(text));
  if (result.ok()) check(*result.message);
  return 0;
}
