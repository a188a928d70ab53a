#include "dialog_ledger.h"

#include <algorithm>
#include <utility>

namespace sbc::call::test {
namespace {

constexpr base::Duration k64T1 = base::seconds(32);

// RFC 5057 5.1: 481 says that there is no such dialog. To PRACK it is about the response, to CANCEL the transaction,
// and nothing answers an ACK; and after a 2xx to an INVITE no other answer of it is heard.
bool denies(const sip::Message& request, int status) {
  return status == 481 && !request.to_tag().empty() && request.method() != sip::Method::Prack &&
         request.method() != sip::Method::Cancel && request.method() != sip::Method::Ack;
}

}  // namespace

void DialogLedger::on_its_way(const sip::Message& message, base::Instant now) {
  if (message.is_response()) return;
  const std::string branch(message.top_via().branch);
  if (message.method() == sip::Method::Invite) invites_.try_emplace(branch, Invite{.ends = now + k64T1});
  if (message.method() != sip::Method::Cancel) return;
  const auto found = invites_.find(branch);
  if (found == invites_.end() || std::exchange(found->second.cancelled, true)) return;
  found->second.ends = std::min(found->second.ends, now + k64T1);
}

void DialogLedger::could_not_be_sent(const sip::Message& message, base::Instant now) {
  if (message.is_response()) return;
  if (message.method() == sip::Method::Bye) got(message);
  const auto found = invites_.find(message.top_via().branch);
  if (message.method() == sip::Method::Invite && found != invites_.end()) found->second.ends = now;
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
    if (message.method() == sip::Method::Bye)
      end({std::string(message.call_id()), std::string(message.to_tag()), std::string(message.from_tag())});
    return;
  }
  DialogName dialog{std::string(message.call_id()), std::string(message.from_tag()), std::string(message.to_tag())};
  // The border's own 481 ends nothing: a peer that has to hear it from there was not told in time.
  if (message.method() == sip::Method::Invite && message.status() / 100 == 2) confirm(std::move(dialog));
}

void DialogLedger::answered(const sip::Message& request, int status, std::string_view own_tag, base::Instant now) {
  if (request.method() == sip::Method::Invite && !is_heard(request, status, now)) return;
  DialogName dialog{std::string(request.call_id()), std::string(own_tag), std::string(request.from_tag())};
  if (request.method() == sip::Method::Invite && status / 100 == 2) return confirm(std::move(dialog));
  if (denies(request, status)) end(dialog);
}

void DialogLedger::said_bye(const DialogName& dialog) {
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
