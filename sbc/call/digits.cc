// Digits on their way from one leg to the other, where the two send them differently.

#include "sbc/call/digits.h"

#include <algorithm>

#include "media-relay/control/limits.h"

#include "sbc/body/multipart.h"
#include "sbc/call/crossing.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/machine.h"
#include "sbc/sip/writer.h"

namespace sbc::call {

using policy::Dtmf;

// The relay has heard one.
void Machine::digit_heard(Side from, const InfoDigit& digit) {
  key_ended(from, digit.digit);
  if (policy_stops_digit({.side = from}, digit)) return;
  if (!call_.media.converts_digits() || call_.media.digit_way(from) == call_.media.digit_way(other(from))) return;
  send_digit(other(from), digit);
}

bool Machine::digit_by_info(const Input& in) {
  const sip::Message& request = *in.message;
  if (request.method() != sip::Method::Info || request.count(sip::HeaderId::InfoPackage) != 0) return false;
  const auto digit =
      read_info_digit(body::bare_type(request.find(sip::HeaderId::ContentType).value_or("")), request.body());
  if (!digit) return false;
  if (key_by_info(in, *digit)) return true;
  const bool converts = call_.media.converts_digits();
  const Dtmf way = call_.media.digit_way(in.side);
  // One that comes by the media as well is told when it does.
  if ((!converts || way == Dtmf::Info) && policy_stops_digit(in, *digit)) return true;
  if (!converts || !takes_method(in.side, request.method_text())) return false;
  if (way == Dtmf::Info && call_.media.digit_way(other(in.side)) == Dtmf::Info) return false;
  respond_to(in, 200);
  if (way != Dtmf::Info) {
    // It comes by its media as well.
    ++core_.counters.digits_suppressed;
    return true;
  }
  send_digit(other(in.side), *digit);
  return true;
}

void Machine::send_digit(Side to, const InfoDigit& digit) {
  auto& waiting = call_.digits[static_cast<std::size_t>(to)];
  if (call_.media.digit_way(to) == Dtmf::Info) {
    if (waiting.size() >= kMaxWaitingDigits || !call_.leg(to).dialog) {
      ++core_.counters.digits_lost;
      return;
    }
    waiting.push_back(digit);
    next_digit(to);
    return;
  }
  const auto line = call_.media.digit_line();
  if (!call_.session_open || !line) {
    ++core_.counters.digits_lost;
    return;
  }
  ++core_.counters.digits_to_media;
  const std::uint32_t ms = digit.duration_ms == 0 ? 0 : std::max(digit.duration_ms, control::kMinDigitMs);
  // Owner 0: a digit that cannot be sent ends nothing; the relay counts it.
  out_.relay.push_back({0, control::SendDigits{call_.session, static_cast<std::uint32_t>(*line),
                                               to == Side::A ? control::HalfSide::A : control::HalfSide::B,
                                               std::string(1, digit.digit), ms}});
}

// One at a time: over UDP the second could overtake the first.
void Machine::next_digit(Side to) {
  auto& waiting = call_.digits[static_cast<std::size_t>(to)];
  const auto is_digit = [to](const Passing& passing) { return !passing.server && passing.from == other(to); };
  if (waiting.empty() || std::ranges::any_of(call_.passing, is_digit)) return;
  const InfoDigit digit = waiting.front();
  waiting.pop_front();
  if (!call_.leg(to).dialog || call_.passing.size() >= kMaxPassing) {
    ++core_.counters.digits_lost;
    return;
  }
  const auto client = send_info(to, kDtmfRelay, dtmf_relay_body(digit));
  if (!client) {
    ++core_.counters.digits_lost;
    return;
  }
  ++core_.counters.digits_to_info;
  call_.passing.push_back({other(to), sip::Method::Info, {}, client});
}

// An INFO of ours in the leg's dialog.
transaction::ClientId Machine::send_info(Side to, std::string_view type, std::string_view text) {
  Leg& leg = call_.leg(to);
  const sip::Hop hop = next_hop(core_, leg);
  const std::string branch = core_.minter.branch(core_.random);
  std::string via;
  sip::append_via(via, hop.transport, core_.settings->faces.at(hop.listener).sent_by, branch);
  std::string bytes;
  sip::Writer writer(bytes, 700 + text.size());
  constexpr std::uint32_t kMaxForwards = 70;
  leg.dialog->write_request_head(writer, "INFO", leg.dialog->next_cseq(), via, kMaxForwards);
  core_.credentials->write_inside(core_, leg, hop, sip::Method::Info, text, writer);
  writer.finish(type, text);
  return core_.layer.request({.method = sip::Method::Info,
                              .method_text = "INFO",
                              .branch = branch,
                              .hop = hop,
                              .bytes = base::share(std::move(bytes)),
                              .owner = call_.handle.pack()},
                             now_, out_.transaction);
}

}  // namespace sbc::call
