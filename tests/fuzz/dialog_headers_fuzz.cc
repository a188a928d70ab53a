// rooms: call
// Headers that make, name, time and enter dialogs, and those of registrations through proxies, from strangers: nothing
// breaks, and what is written from them is one line that is read again.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "sbc/call/crossing.h"
#include "sbc/call/digits.h"
#include "sbc/call/extensions.h"
#include "sbc/call/facts.h"
#include "sbc/call/header_rules.h"
#include "sbc/call/limits.h"
#include "sbc/call/redirect.h"
#include "sbc/call/refer.h"
#include "sbc/dialog/dialog.h"
#include "sbc/dialog/session_timer.h"
#include "sbc/route/locate.h"
#include "sbc/sip/breadth.h"
#include "sbc/sip/cseq.h"
#include "sbc/sip/parser.h"
#include "sbc/sip/retry_after.h"
#include "sbc/sip/rseq.h"

namespace {

using namespace sbc;

void must(bool held) {
  if (!held) std::abort();
}

bool one_line(std::string_view text) {
  return text.find_first_of("\r\n") == std::string_view::npos;
}

void check_referring(const sip::Message& message) {
  const auto target = call::refer_target(message);
  if (target) {
    must(one_line(target->uri) && !target->uri.empty());
    if (const auto uri = sip::parse_uri(target->uri)) (void)route::named_host(*uri);
  } else {
    must(target.error() >= 400 && target.error() < 500);
  }
  (void)call::wants_reports(message);
  if (const auto referrer = call::referred_by(message)) must(one_line(referrer->uri_text));
  for (const auto id : {sip::HeaderId::Replaces, sip::HeaderId::Join, sip::HeaderId::TargetDialog}) {
    const auto value = message.find(id);
    const auto named = value ? call::named_dialog(*value) : std::nullopt;
    if (!named) continue;
    const auto again = call::named_dialog(named->call_id + ";to-tag=" + named->to_tag + ";from-tag=" + named->from_tag);
    must(again && again->call_id == named->call_id && again->to_tag == named->to_tag);
  }
}

void check_timing(const sip::Message& message) {
  (void)dialog::session_expires_of(message);
  (void)dialog::min_se_of(message);
  const dialog::SessionWish wish;
  dialog::SessionTimer timer(wish);
  const base::Instant now{base::hours(1)};
  if (dialog::SessionTimer::acceptable(message, wish)) (void)timer.answer(message, now);
  must(timer.interval() == 0 || timer.interval() >= wish.min);
  must(timer.next_deadline() == base::kNever || timer.next_deadline() > now);
}

void check_crossing(const sip::Message& message) {
  const std::string lines = call::crossing_request_headers(message);
  for (std::size_t at = 0; (at = lines.find('\n', at)) != std::string::npos; ++at)
    must(at != 0 && lines[at - 1] == '\r');
  must(lines.find("\r\n\r\n") == std::string::npos);
  (void)call::unsupported_extensions(message);
  if (const auto packages = call::info_packages(message)) {
    must(one_line(*packages));
    (void)call::names_package(*packages, message.find(sip::HeaderId::InfoPackage).value_or("x"));
  }
}

void check_reliable(const sip::Message& message) {
  if (const auto number = sip::reliable_number(message)) must(*number != 0);
  if (const auto rack = message.find(sip::HeaderId::RAck)) (void)sip::parse_rack(*rack);
  const auto breadth = sip::max_breadth(&message);
  must(breadth >= 1 && breadth <= 60);
  (void)sip::retry_after(message);
}

// What crosses from an INVITE by itself, and what a policy is told.
void check_calling(const sip::Message& message) {
  for (const auto& [name, value] : call::passed_headers(message)) must(one_line(name) && one_line(value));
  sip::Source source;
  source.hop.remote = *base::Endpoint::parse("198.51.100.7:5060");
  (void)call::invite_facts(message, source, {});
  (void)call::behind_nat(message, source);
}

// INFO: what is read as a digit is read again from what we write of it.
void check_digits(std::string_view body) {
  for (const char* type : {"application/dtmf-relay", "application/dtmf", "text/plain"}) {
    const auto digit = call::read_info_digit(type, body);
    if (!digit) continue;
    must(std::string_view("0123456789*#ABCD!").contains(digit->digit));
    const auto again = call::read_info_digit(call::kDtmfRelay, call::dtmf_relay_body(*digit));
    must(again && again->digit == digit->digit);
  }
}

// As a 3xx would have them.
void check_redirection(const sip::Message& message) {
  const auto contacts = call::redirect_contacts(message);
  must(contacts.size() <= call::kMaxRedirectContacts);
  const auto hidden = call::hidden_contacts(contacts, "border.example;transport=tcp");
  must(hidden.size() <= contacts.size());
  for (const std::string& value : hidden) must(one_line(value) && sip::parse_name_addr(value).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_digits(input);
  // Header lines only: the fuzzer need not learn to write a message.
  std::string text =
      "REFER sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nMax-Forwards: 70\r\nFrom: <sip:a@h>;tag=1\r\n"
      "To: <sip:b@h>;tag=2\r\nCall-ID: c\r\nCSeq: 1 REFER\r\n";
  text.append(input).append("\r\nContent-Length: 0\r\n\r\n");
  const auto result = sip::parse(std::move(text));
  if (!result.ok()) return 0;
  check_referring(*result.message);
  check_timing(*result.message);
  check_crossing(*result.message);
  check_reliable(*result.message);
  check_redirection(*result.message);
  check_calling(*result.message);
  auto dialog = dialog::Dialog::from_server(*result.message, "3");
  must(dialog.local_tag() == "3");
  dialog.refresh_target(*result.message);
  (void)dialog.next_hop_uri();
  return 0;
}
