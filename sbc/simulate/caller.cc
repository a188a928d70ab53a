// The caller of a scene.

#include "sbc/call/media.h"
#include "sbc/simulate/description.h"
#include "sbc/simulate/place.h"
#include "sbc/simulate/stage.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/parser.h"
#include "sbc/sip/response.h"

namespace sbc::simulate {
namespace {

constexpr const char* kBranch = "z9hG4bK-simulated-";

// A file that somebody pasted: its line ends, and a Content-Length that is the body's.
std::string as_message(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) bytes.push_back('\r');
    bytes.push_back(text[i]);
  }
  while (bytes.starts_with("\r\n")) bytes.erase(0, 2);
  if (!bytes.contains("\r\n\r\n")) bytes += bytes.ends_with("\r\n") ? "\r\n" : "\r\n\r\n";
  const auto body = bytes.find("\r\n\r\n") + 4;
  std::string head;
  std::size_t at = 0;
  while (at < body - 2) {
    const auto end = bytes.find("\r\n", at) + 2;
    const std::string line = bytes.substr(at, end - at);
    const bool length = line.size() > 2 && (line.starts_with("Content-Length") || line.starts_with("l:"));
    if (!length) head += line;
    at = end;
  }
  const std::string rest = bytes.substr(body);
  return head + "Content-Length: " + std::to_string(rest.size()) + "\r\n\r\n" + rest;
}

}  // namespace

std::string Stage::invite(const Place& place) const {
  const Caller& who = scene_.caller;
  const base::Endpoint own = own_address(who, place);
  std::string from = whole_uri(setting_, who.from, place);
  if (!from.contains('<')) from = "<" + from + ">";
  const std::string to = whole_uri(setting_, who.to, place);
  const std::string body = who.sdp.value_or(usual_offer(own.ip));
  return "INVITE " + to + " SIP/2.0\r\nVia: SIP/2.0/" + std::string(sip::name_of(who.transport)) + " " + own.text() +
         ";branch=" + kBranch + "1\r\nMax-Forwards: 70\r\nFrom: " + from + ";tag=caller\r\nTo: <" + to +
         ">\r\nCall-ID: simulated-" + std::to_string(scene_.seed) + "\r\nCSeq: 1 INVITE\r\nContact: <sip:caller@" +
         own.text() + ";transport=" + std::string(sip::uri_name_of(who.transport)) +
         ">\r\nUser-Agent: " + who.user_agent + "\r\n" + who.headers +
         (body.empty() || who.headers.contains("Content-Type:") ? "" : "Content-Type: application/sdp\r\n") +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool Stage::begin() {
  const Caller& who = scene_.caller;
  const auto fail = [this](std::string why) {
    story_.problem = std::move(why);
    return false;
  };
  auto place = place_of(setting_, who);
  if (!place) return fail(place.error());
  caller_ = place->source;

  std::string bytes = who.message.empty() ? invite(*place) : as_message(who.message);
  const auto parsed = sip::parse(bytes);
  if (!parsed.ok()) return fail("the INVITE: " + (parsed.error ? parsed.error->text : "no message"));
  if (parsed.message->is_response() || parsed.message->method() != sip::Method::Invite)
    return fail("the message is no INVITE");
  invited_ = parsed.message;
  cseq_[0] = invited_->cseq().number;
  if (sip::first_contact(*invited_) == std::nullopt) return fail("the INVITE: it has no Contact");
  // A pasted message comes from where it says that it does, unless the scene knows better.
  const auto& via = invited_->top_via();
  const auto sent_by = base::IpAddress::parse(via.host);
  if (!who.message.empty() && !who.source && place->trunk == nullptr && sent_by)
    caller_.hop.remote = {*sent_by, via.port_or_default()};
  arrive(std::move(bytes), caller_, base::Duration{});
  if (who.gives_up) plans_[now_ + *who.gives_up] = "cancel";
  return true;
}

// In the dialog that `dialog`, a response to the INVITE, has made.
std::string Stage::caller_request(std::string_view method, const sip::Message& dialog, std::uint32_t cseq,
                                  const std::string& sdp) const {
  const auto contact = sip::first_contact(dialog);
  const std::string target = contact ? std::string(contact->uri_text) : std::string(invited_->request_uri_text());
  return std::string(method) + " " + target + " SIP/2.0\r\nVia: SIP/2.0/" +
         std::string(sip::name_of(caller_.hop.transport)) + " " + caller_.hop.remote.text() + ";branch=" + kBranch +
         std::string(method) + std::to_string(cseq) +
         "\r\nMax-Forwards: 70\r\nFrom: " + std::string(invited_->from().text) +
         "\r\nTo: " + std::string(dialog.to().text) + "\r\nCall-ID: " + std::string(invited_->call_id()) +
         "\r\nCSeq: " + std::to_string(cseq) + " " + std::string(method) +
         (sdp.empty() ? "" : "\r\nContent-Type: application/sdp") +
         "\r\nContent-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" + sdp;
}

// RFC 3261 17.1.1.3, and 9.1: both are of the INVITE's own branch.
void Stage::acknowledge(const sip::Message& response) {
  arrive("ACK " + std::string(invited_->request_uri_text()) +
             " SIP/2.0\r\nVia: " + std::string(invited_->find(sip::HeaderId::Via).value_or("")) +
             "\r\nMax-Forwards: 70\r\nFrom: " + std::string(invited_->from().text) +
             "\r\nTo: " + std::string(response.to().text) + "\r\nCall-ID: " + std::string(invited_->call_id()) +
             "\r\nCSeq: " + std::to_string(invited_->cseq().number) + " ACK\r\nContent-Length: 0\r\n\r\n",
         caller_);
}

void Stage::cancel() {
  if (answered_ != 0) return;
  arrive("CANCEL " + std::string(invited_->request_uri_text()) +
             " SIP/2.0\r\nVia: " + std::string(invited_->find(sip::HeaderId::Via).value_or("")) +
             "\r\nMax-Forwards: 70\r\nFrom: " + std::string(invited_->from().text) +
             "\r\nTo: " + std::string(invited_->to().text) + "\r\nCall-ID: " + std::string(invited_->call_id()) +
             "\r\nCSeq: " + std::to_string(invited_->cseq().number) + " CANCEL\r\nContent-Length: 0\r\n\r\n",
         caller_);
}

void Stage::on_caller(const sip::MessagePtr& message) {
  if (message->is_response() && answered_inside(*message, false)) return;
  story_.to_caller.emplace_back(elapsed(), message);
  if (message->is_request()) {
    if (message->method() != sip::Method::Ack) arrive(answer(*message, 200, "", caller_.hop.remote), caller_);
    return;
  }
  if (message->method() != sip::Method::Invite || message->status() < 200) return;
  ++answered_;
  if (message->status() >= 300) return acknowledge(*message);
  const std::uint32_t cseq = message->cseq().number;
  // Without an offer of the caller's, the answer to the callee's goes in the ACK (RFC 3261 13.2.2.4).
  const auto offered = call::sdp_of(*message).value_or(std::nullopt);
  const bool late = offered && !call::sdp_of(*invited_).value_or(std::nullopt);
  arrive(caller_request("ACK", *message, cseq, late ? answer_to(*offered, caller_.hop.remote.ip) : ""), caller_);
  if (accepted_ != nullptr) return;
  accepted_ = message;
  plans_[now_ + scene_.caller.talks] = "BYE";
  for (const InsideEvent& event : scene_.inside) inside_.emplace(now_ + event.after, &event);
}

}  // namespace sbc::simulate
