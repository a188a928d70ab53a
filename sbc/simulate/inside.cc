// What the parties of a scene do in the call once it is answered.

#include <algorithm>

#include "sbc/call/media.h"
#include "sbc/simulate/description.h"
#include "sbc/simulate/stage.h"
#include "sbc/sip/contact.h"

namespace sbc::simulate {
namespace {

constexpr std::uint32_t kBeyondFirst = 10;  // versions of descriptions: beyond those of the set-up

}  // namespace

// Whose 2xx the border got last, and, as long as there is one, has not hung up: of two that answer at once one is.
// nullptr: nobody's.
const Attempt* Stage::answerer() const {
  const Attempt* last = nullptr;
  for (const Attempt& attempt : story_.attempts) {
    const bool answered = !attempt.responses.empty() && attempt.responses.back().second / 100 == 2;
    if (answered && (last == nullptr || last->hung_up || !attempt.hung_up)) last = &attempt;
  }
  return last;
}

sip::Source Stage::source_of(bool callee) const {
  if (!callee) return caller_;
  const Attempt* attempt = answerer();
  return attempt != nullptr ? called_.at(std::string(attempt->invite->top_via().branch)) : sip::Source{};
}

std::string Stage::request_inside(bool callee, const OwnRequest& what) const {
  // The message that has made the dialog on that side names the border's Contact.
  const sip::Message& made = callee ? *answerer()->invite : *accepted_;
  const sip::Source from = source_of(callee);
  const auto contact = sip::first_contact(made);
  const std::string own = from.hop.remote.text();
  const std::string local = callee ? std::string(made.to().text) + ";tag=callee" : std::string(invited_->from().text);
  const std::string remote(callee ? made.from().text : made.to().text);
  const std::string number = std::to_string(what.cseq);
  std::string out(what.method);
  out += " " + std::string(contact ? contact->uri_text : made.request_uri_text()) + " SIP/2.0\r\nVia: SIP/2.0/" +
         std::string(sip::name_of(from.hop.transport)) + " " + own + ";branch=z9hG4bK-inside-" +
         (callee ? "callee-" : "caller-") + std::string(what.branch) + number +
         "\r\nMax-Forwards: 70\r\nFrom: " + local + "\r\nTo: " + remote +
         "\r\nCall-ID: " + std::string(made.call_id()) + "\r\nCSeq: " + number + " " + std::string(what.method) +
         "\r\nContact: <sip:" + (callee ? "callee@" : "caller@") + own + ">\r\n";
  out.append(what.headers);
  if (!what.content_type.empty()) out.append("Content-Type: ").append(what.content_type).append("\r\n");
  return out.append("Content-Length: " + std::to_string(what.body.size()) + "\r\n\r\n").append(what.body);
}

void Stage::happen(const InsideEvent& event) {
  if (accepted_ == nullptr || answerer() == nullptr) return;
  if (event.method.empty()) return press(event);
  const std::uint32_t cseq = ++cseq_[event.callee ? 1 : 0];
  story_.inside.push_back({.at = elapsed(), .callee = event.callee, .method = event.method, .cseq = cseq});
  std::string body = event.body;
  std::string type = event.content_type;
  if (body.empty() && (event.method == "INVITE" || event.method == "UPDATE")) {
    const auto& ip = source_of(event.callee).hop.remote.ip;
    const auto heard = call::sdp_of(*answerer()->invite).value_or(std::nullopt);
    const std::string first = !event.callee ? scene_.caller.sdp.value_or(usual_offer(ip))
                              : heard       ? answer_to(*heard, ip)
                                            : usual_offer(ip);
    body = again(first.empty() ? usual_offer(ip) : first, kBeyondFirst + cseq, event.hold);
    type = "application/sdp";
  }
  arrive(request_inside(event.callee, {.method = event.method,
                                       .cseq = cseq,
                                       .branch = event.method,
                                       .headers = event.headers,
                                       .content_type = type,
                                       .body = body}),
         source_of(event.callee), base::Duration{});
}

// The relay tells what it was asked to listen for.
void Stage::press(const InsideEvent& event) {
  const auto half = event.callee ? control::HalfSide::B : control::HalfSide::A;
  const auto listens = [&](const control::FlowSpec& flow) {
    const auto& digits = (event.callee ? flow.b : flow.a).digits;
    return digits && (!digits->heard.empty() || digits->tones_heard);
  };
  const auto begins = [&](const control::FlowSpec& flow) {
    const auto& digits = (event.callee ? flow.b : flow.a).digits;
    return digits && digits->begins;
  };
  const bool told = std::ranges::any_of(spec_.flows, listens);
  const bool watched = std::ranges::any_of(spec_.flows, begins);  // nothing is converted
  const bool heard = watched ? advisor_.hears(policy::Handler::Dtmf, {}) : told;
  story_.inside.push_back({.at = elapsed(), .callee = event.callee, .method = {}, .heard = heard});
  if (watched) calls_.on_relay_event({0, control::Dtmf{session_, 0, half, event.digit, 0, true}}, now_, out_);
  if (!told) return;
  calls_.on_relay_event({0, control::Dtmf{session_, 0, half, event.digit, event.duration_ms}}, now_, out_);
}

// False: it answers something else.
bool Stage::answered_inside(const sip::Message& response, bool callee) {
  const auto found = std::ranges::find_if(story_.inside, [&](const Inside& one) {
    return one.callee == callee && one.cseq == response.cseq().number && one.method == response.method_text();
  });
  if (found == story_.inside.end()) return false;
  if (response.status() < 200) return true;
  const bool first = found->status == 0;
  found->status = response.status();
  if (response.method() != sip::Method::Invite) return true;
  // RFC 3261 13.2.2.4, 17.1.1.3: a 2xx is acknowledged each time, by a transaction of its own.
  const bool accepted = response.status() / 100 == 2;
  if (accepted || first)
    arrive(request_inside(callee, {.method = "ACK", .cseq = found->cseq, .branch = accepted ? "ACK" : "INVITE"}),
           source_of(callee));
  return true;
}

}  // namespace sbc::simulate
