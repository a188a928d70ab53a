#include "dialog_ledger.h"

#include <algorithm>
#include <utility>

namespace sbc::call::test {
namespace {

constexpr base::Duration k64T1 = base::seconds(32);

// RFC 5057 5.1: 481 says that the usage is gone that the request is of. SUBSCRIBE, NOTIFY and REFER have one of their
// own, MESSAGE and the like have none; to PRACK it is about the response, to CANCEL the transaction, and nothing
// answers an ACK. After a 2xx to an INVITE no other answer of it is heard.
bool denies(const sip::Message& request, int status) {
  const sip::Method method = request.method();
  return status == 481 && !request.to_tag().empty() &&
         (method == sip::Method::Invite || method == sip::Method::Update || method == sip::Method::Info ||
          method == sip::Method::Bye);
}

// The dialog of a request to the peer, as the peer names it.
DialogName own_name(const sip::Message& request) {
  return {std::string(request.call_id()), std::string(request.to_tag()), std::string(request.from_tag())};
}

}  // namespace

void DialogLedger::on_its_way(const sip::Message& message, base::Instant now) {
  if (message.is_response()) return;
  const std::string branch(message.top_via().branch);
  if (message.method() == sip::Method::Invite) invites_.try_emplace(branch, Invite{.ends = now + k64T1});
  if (message.method() == sip::Method::Ack) acknowledged(message, now);
  if (message.method() == sip::Method::Bye) hung_up(message, now);
  if (message.method() != sip::Method::Cancel) return;
  const auto found = invites_.find(branch);
  if (found == invites_.end() || std::exchange(found->second.cancelled, true)) return;
  found->second.ends = std::min(found->second.ends, now + k64T1);
}

void DialogLedger::could_not_be_sent(const sip::Message& message, base::Instant now) {
  if (message.is_response()) return;
  if (message.method() == sip::Method::Bye) got(message);
  const auto found = invites_.find(message.top_via().branch);
  // RFC 3261 figure 5: whoever has answered provisionally was reached, and the transaction goes on.
  if (message.method() == sip::Method::Invite && found != invites_.end() && !found->second.heard)
    found->second.ends = now;
}

// Whether the response to an INVITE finds its transaction, or what is left of it.
bool DialogLedger::is_heard(const sip::Message& request, int status, base::Instant now) {
  const auto found = invites_.find(request.top_via().branch);
  if (found == invites_.end()) return true;
  Invite& invite = found->second;
  if (now >= invite.ends || invite.refused) return false;
  if (invite.accepted && status >= 300 && !request.to_tag().empty()) return false;
  if (!invite.heard && !invite.cancelled) invite.ends = base::kNever;
  invite.heard = true;
  invite.accepted = invite.accepted || status / 100 == 2;
  if (invite.accepted) invite.ends = std::min(invite.ends, now + k64T1);
  invite.refused = status >= 300;
  return true;
}

void DialogLedger::got(const sip::Message& message) {
  if (message.is_request()) {
    if (message.method() == sip::Method::Bye) end(own_name(message));
    return;
  }
  DialogName dialog{std::string(message.call_id()), std::string(message.from_tag()), std::string(message.to_tag())};
  // The border's own 481 ends nothing: a peer that has to hear it from there was not told in time.
  if (message.method() == sip::Method::Invite && message.status() / 100 == 2) confirm(std::move(dialog));
}

void DialogLedger::answered(const sip::Message& request, const Reply& reply, base::Instant now) {
  const bool invite = request.method() == sip::Method::Invite;
  if (invite && !is_heard(request, reply.status, now)) return;
  DialogName dialog{std::string(request.call_id()), std::string(reply.own_tag), std::string(request.from_tag())};
  if (invite && request.body().empty() && reply.described) offered(request, dialog, reply);
  if (invite && reply.status / 100 == 2) return confirm(std::move(dialog));
  if (denies(request, reply.status)) end(dialog);
}

// SDP in a response that nobody has to acknowledge is a preview: the offer comes in the 2xx (RFC 3261 13.2.1).
void DialogLedger::offered(const sip::Message& invite, const DialogName& dialog, const Reply& reply) {
  if (reply.status >= 300 || (reply.status < 200 && !reply.reliable)) return;
  offers_.try_emplace({dialog, invite.cseq().number}, reply.status < 200 ? Offer::InPrack : Offer::InAck);
}

void DialogLedger::acknowledged(const sip::Message& ack, base::Instant now) {
  DialogName dialog = own_name(ack);
  const auto found = offers_.find({dialog, ack.cseq().number});
  if (found == offers_.end() || std::exchange(found->second, Offer::Done) != Offer::InAck) return;
  if (ack.body().empty()) bare_acks_.try_emplace(std::move(dialog), BareAck{now, std::string(ack.bytes())});
}

// Before the ACK, or at once after it. A later one does not excuse it.
void DialogLedger::hung_up(const sip::Message& bye, base::Instant now) {
  BareAck& bare = bare_acks_[own_name(bye)];
  if (bare.sent == now) bare.text.clear();
}

std::vector<std::string> DialogLedger::unanswered() const {
  std::vector<std::string> result;
  for (const auto& [dialog, ack] : bare_acks_)
    if (!ack.text.empty()) result.push_back(ack.text);
  return result;
}

void DialogLedger::said_bye(const DialogName& dialog) {
  bare_acks_.try_emplace(dialog);
  end(dialog);
}

std::vector<DialogName> DialogLedger::alive() const {
  std::vector<DialogName> result;
  for (const auto& [dialog, state] : dialogs_)
    if (state == State::Confirmed) result.push_back(dialog);
  return result;
}

// A repeated 2xx, or one to a re-INVITE that crossed the BYE, does not bring a dialog back.
void DialogLedger::confirm(DialogName dialog) {
  dialogs_.try_emplace(std::move(dialog), State::Confirmed);
}

void DialogLedger::end(const DialogName& dialog) {
  if (const auto found = dialogs_.find(dialog); found != dialogs_.end()) found->second = State::Ended;
}

}  // namespace sbc::call::test
