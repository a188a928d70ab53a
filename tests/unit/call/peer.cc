#include "peer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sbc/sip/contact.h"
#include "sbc/sip/parser.h"
#include "sbc/sip/response.h"
#include "sbc/sip/values.h"

#include "rig.h"

namespace sbc::call::test {

std::string sdp(std::string_view ip, int port, std::string_view direction, int version) {
  const std::string address(ip);
  return "v=0\r\no=ua-" + std::to_string(port) + " 7700 " + std::to_string(770000 + version) + " IN IP4 " + address +
         "\r\ns=session of " + address + "\r\nc=IN IP4 " + address + "\r\nt=0 0\r\nm=audio " + std::to_string(port) +
         " RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=" + std::string(direction) + "\r\n";
}

std::string sdp_two_lines(std::string_view ip, int port, int version) {
  return sdp(ip, port, "sendrecv", version) + "m=video " + std::to_string(port + 2) +
         " RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\n";
}

namespace {

// Takes the line out of `lines`; without one a body is SDP.
std::string take_content_type(std::string& lines) {
  constexpr std::string_view kName = "Content-Type: ";
  const std::size_t begins = lines.find(kName);
  if (begins == std::string::npos) return "application/sdp";
  const std::size_t ends = lines.find("\r\n", begins);
  std::string type = lines.substr(begins + kName.size(), ends - begins - kName.size());
  lines.erase(begins, ends + 2 - begins);
  return type;
}

}  // namespace

std::string line_of(const sip::Message& message) {
  return message.is_request() ? std::string(message.method_text())
                              : std::to_string(message.status()) + " " + std::string(message.method_text());
}

bool fits(const sip::Message& message, std::string_view what) {
  const std::string line = line_of(message);
  return line == what || (message.is_response() && line.starts_with(std::string(what) + " "));
}

Peer::Peer(Rig& rig, std::string name, std::string address, std::uint16_t listener)
    : rig_(rig), name_(std::move(name)), endpoint_(*base::Endpoint::parse(address)), listener_(listener) {
  local_uri_ = "<sip:" + name_ + "@" + name_ + ".invalid>";
}

std::string Peer::new_branch() {
  return "z9hG4bK-" + name_ + "-" + std::to_string(rig_.next_number());
}

std::string Peer::via(std::string_view branch) const {
  return "Via: SIP/2.0/UDP " + endpoint_.text() + ";branch=" + std::string(branch) + "\r\n";
}

sip::Source Peer::source() const {
  sip::Source s;
  s.hop.transport = transport;
  s.hop.listener = listener_;
  s.hop.remote = endpoint_;
  s.local = rig_.listener(listener_);
  return s;
}

void Peer::send_raw(std::string bytes) {
  rig_.print("<-", name_, bytes);
  sent.push_back(bytes);
  rig_.inject(std::move(bytes), source());
}

void Peer::invite(const InviteOptions& options) {
  const std::string number = std::to_string(rig_.next_number());
  call_id_ = "call-of-" + name_ + "-" + number;
  local_tag_ = "tag-of-" + name_ + "-" + number;
  remote_tag_.clear();
  cseq_ = invite_cseq_ = 3'000'000 + static_cast<std::uint32_t>(rig_.next_number());
  invite_branch_ = new_branch();
  remote_uri_ = "<sip:5551234@" + rig_.listener(listener_).ip.text() + ">";
  target_ = request_uri.empty() ? "sip:5551234@" + rig_.listener(listener_).ip.text() : request_uri;
  own_invite_pending_ = true;
  accepted_ = unacked_ = nullptr;
  send_raw("INVITE " + target_ + " SIP/2.0\r\n" + via(invite_branch_) +
           "Max-Forwards: " + std::to_string(options.max_forwards) + "\r\nFrom: \"Alice\" " + local_uri_ +
           ";tag=" + local_tag_ + "\r\nTo: " + remote_uri_ + "\r\nCall-ID: " + call_id_ +
           "\r\nCSeq: " + std::to_string(invite_cseq_) + " INVITE\r\nContact: <sip:contact-of-" + name_ + "@" +
           endpoint_.text() + ">\r\nUser-Agent: agent-of-" + name_ + "\r\nX-Secret: header-of-" + name_ + "\r\n" +
           options.headers + (options.body.empty() ? "" : "Content-Type: " + options.content_type + "\r\n") +
           "Content-Length: " + std::to_string(options.body.size()) + "\r\n\r\n" + options.body);
}

void Peer::cancel(std::string_view headers) {
  const bool initial = remote_tag_.empty() || accepted_ == nullptr;
  const std::string to = initial ? remote_uri_ : remote_uri_ + ";tag=" + remote_tag_;
  const std::string uri = initial && accepted_ == nullptr && target_.starts_with("sip:5551234") ? target_ : target_;
  send_raw("CANCEL " + uri + " SIP/2.0\r\n" + via(invite_branch_) + "Max-Forwards: 70\r\nFrom: \"Alice\" " +
           local_uri_ + ";tag=" + local_tag_ + "\r\nTo: " + to + "\r\nCall-ID: " + call_id_ + "\r\nCSeq: " +
           std::to_string(invite_cseq_) + " CANCEL\r\n" + std::string(headers) + "Content-Length: 0\r\n\r\n");
}

std::string Peer::request_text(std::string_view method, std::uint32_t cseq, std::string_view body,
                               std::string_view headers, std::string_view branch) const {
  return std::string(method) + " " + target_ + " SIP/2.0\r\n" + via(branch) +
         "Max-Forwards: 70\r\nFrom: " + local_uri_ + ";tag=" + local_tag_ + "\r\nTo: " + remote_uri_ +
         (remote_tag_.empty() ? "" : ";tag=" + remote_tag_) + "\r\nCall-ID: " + call_id_ +
         "\r\nCSeq: " + std::to_string(cseq) + " " + std::string(method) + "\r\nContact: <sip:contact-of-" + name_ +
         "@" + endpoint_.text() + ">\r\n" + std::string(headers) +
         (body.empty() || headers.find("Content-Type:") != std::string_view::npos
              ? ""
              : "Content-Type: application/sdp\r\n") +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

void Peer::request(std::string_view method, std::string_view body, std::string_view headers,
                   std::optional<std::uint32_t> cseq) {
  if (!cseq) cseq = ++cseq_;
  if (method == "BYE") ledger.said_bye({call_id_, local_tag_, remote_tag_});
  send_raw(request_text(method, *cseq, body, headers, new_branch()));
}

void Peer::reinvite(std::string_view body, std::string_view headers) {
  invite_cseq_ = ++cseq_;
  invite_branch_ = new_branch();
  own_invite_pending_ = true;
  unacked_ = nullptr;
  send_raw(request_text("INVITE", invite_cseq_, body, headers, invite_branch_));
}

void Peer::ack(std::string_view body, std::string_view headers) {
  ASSERT_NE(accepted_, nullptr) << name_ << " has nothing to acknowledge";
  const auto text = request_text("ACK", accepted_->cseq().number, body, headers, new_branch());
  acks_[std::to_string(accepted_->cseq().number) + " " + std::string(accepted_->to_tag())] = text;
  unacked_ = nullptr;
  send_raw(text);
}

void Peer::ack_from(const std::string& address, std::string_view body) {
  const base::Endpoint home = endpoint_;
  endpoint_ = *base::Endpoint::parse(address);
  ack(body);
  endpoint_ = home;
}

// --- answering --------------------------------------------------------------------------------------------------

void Peer::answer(int status, std::string_view body, std::string_view headers, std::string_view tag) {
  ASSERT_FALSE(pending_.empty()) << name_ << " has no INVITE to answer";
  answer_to(sip::MessagePtr(pending_.front()), status, body, headers, tag);
}

void Peer::answer_to(const sip::MessagePtr& request, int status, std::string_view body, std::string_view headers,
                     std::string_view tag) {
  const bool invite = request->method() == sip::Method::Invite;
  std::string to_tag(tag);
  if (to_tag.empty()) to_tag = request->to_tag().empty() ? "tag-of-" + name_ : std::string(request->to_tag());
  std::string lines(headers);
  const std::string type = body.empty() ? "" : take_content_type(lines);
  ledger.answered(*request,
                  {.status = status,
                   .own_tag = to_tag,
                   .described = body.contains("\r\nm="),
                   .reliable = headers.contains("Require: 100rel")},
                  rig_.now);
  std::vector<sip::ExtraHeader> extra;
  const std::string contact = "<sip:contact-of-" + name_ + "@" + endpoint_.text() + ">";
  const std::string server = "agent-of-" + name_;
  if (invite && status < 300 && !headers.contains("Contact:")) extra.push_back({"Contact", contact});
  extra.push_back({"Server", server});
  extra.push_back({"X-Secret", server});
  sip::Source from;
  from.hop.remote = rig_.listener(listener_);
  std::string bytes =
      sip::build_response(*request, status, status == 100 ? "" : to_tag, from, extra, type, body, "reason-of-" + name_);
  bytes.insert(bytes.find("\r\n") + 2, lines);
  answered_[std::string(request->top_via().branch) + " " + std::string(request->method_text())] = bytes;
  if (invite && status >= 200) {
    std::erase(pending_, request);
    if (status < 300) {
      last_accept_ = bytes;
      if (request->to_tag().empty()) {  // a dialog begins
        call_id_ = std::string(request->call_id());
        local_tag_ = to_tag;
        remote_tag_ = std::string(request->from_tag());
        local_uri_ = "<" + std::string(request->to().uri_text) + ">";
        remote_uri_ = "<" + std::string(request->from().uri_text) + ">";
        cseq_ = 5'000'000 + static_cast<std::uint32_t>(rig_.next_number());
      }
      if (const auto c = sip::first_contact(*request)) target_ = std::string(c->uri_text);
    }
  }
  send_raw(std::move(bytes));
}

void Peer::repeat_accept() {
  send_raw(std::string(last_accept_));
}

// --- receiving --------------------------------------------------------------------------------------------------

void Peer::receive(const sip::MessagePtr& message) {
  if (deaf) return;
  log.push_back(message);
  ledger.got(*message);
  if (message->is_request()) {
    on_request(message);
  } else {
    on_response(message);
  }
}

void Peer::on_request(const sip::MessagePtr& message) {
  const std::string key = std::string(message->top_via().branch) + " " + std::string(message->method_text());
  if (!seen_.insert(key).second) {
    if (message->method() == sip::Method::Ack) return;
    if (const auto known = answered_.find(key); known != answered_.end()) send_raw(std::string(known->second));
    return;
  }
  inbox.push_back(message);
  switch (message->method()) {
    case sip::Method::Invite:
      pending_.push_back(message);
      break;
    case sip::Method::Bye:
      if (auto_bye_ok) answer_to(message, 200);
      break;
    case sip::Method::Cancel: {
      if (auto_cancel_ok) answer_to(message, 200);
      if (!auto_terminate) break;
      const auto cancelled = std::ranges::find_if(
          pending_, [&](const auto& invite) { return invite->top_via().branch == message->top_via().branch; });
      if (cancelled != pending_.end()) answer_to(sip::MessagePtr(*cancelled), 487);
      break;
    }
    default:
      break;
  }
}

void Peer::on_response(const sip::MessagePtr& message) {
  const std::string key = line_of(*message) + " " + std::to_string(message->cseq().number) + " " +
                          std::string(message->to_tag()) + " " + std::string(message->top_via().branch);
  const bool again = !seen_.insert(key).second;
  if (message->method() == sip::Method::Invite && message->status() >= 200) {
    if (message->top_via().branch == invite_branch_) own_invite_pending_ = false;
    if (message->status() >= 300) {
      if (ack_failures) {
        const std::string uri = target_.empty() ? "sip:" + rig_.listener(listener_).ip.text() : target_;
        send_raw("ACK " + uri + " SIP/2.0\r\n" + via(message->top_via().branch) +
                 "Max-Forwards: 70\r\nFrom: " + std::string(message->from().text) +
                 "\r\nTo: " + std::string(message->to().text) + "\r\nCall-ID: " + std::string(message->call_id()) +
                 "\r\nCSeq: " + std::to_string(message->cseq().number) + " ACK\r\nContent-Length: 0\r\n\r\n");
      }
    } else if (again) {
      const auto ack = acks_.find(std::to_string(message->cseq().number) + " " + std::string(message->to_tag()));
      if (repeats_ack && ack != acks_.end()) send_raw(std::string(ack->second));
    } else {
      accepted_ = unacked_ = message;
    }
  }
  if (message->call_id() == call_id_ && message->method() == sip::Method::Invite && message->status() > 100 &&
      message->status() < 300) {
    remote_tag_ = std::string(message->to_tag());
    if (const auto c = sip::first_contact(*message)) target_ = std::string(c->uri_text);
  }
  if (!again || message->status() < 200) inbox.push_back(message);
}

sip::MessagePtr Peer::take(std::string_view what) {
  const auto found = std::ranges::find_if(inbox, [what](const auto& m) { return fits(*m, what); });
  if (found == inbox.end()) return nullptr;
  auto message = *found;
  inbox.erase(found);
  return message;
}

bool Peer::has(std::string_view what) const {
  return std::ranges::any_of(inbox, [what](const auto& m) { return fits(*m, what); });
}

std::size_t Peer::count(std::string_view what) const {
  return static_cast<std::size_t>(std::ranges::count_if(log, [what](const auto& m) { return fits(*m, what); }));
}

std::vector<std::string> Peer::inbox_lines() const {
  std::vector<std::string> lines;
  for (const auto& message : inbox) lines.push_back(line_of(*message));
  return lines;
}

}  // namespace sbc::call::test
