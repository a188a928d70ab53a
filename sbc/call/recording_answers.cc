// What the recording server answers to our requests, and how these leave.

#include <utility>

#include "sbc/call/recording_client.h"
#include "sbc/sip/parser.h"
#include "sbc/sip/retry_after.h"

namespace sbc::call {
namespace {

// RFC 3261 22.1: the ACK carries what its INVITE carried.
std::string credentials_in(const base::SharedBytes& request) {
  std::string lines;
  if (request == nullptr) return lines;
  const auto parsed = sip::parse(std::string(*request));
  if (!parsed.message) return lines;
  for (const auto& field : parsed.message->headers())
    if (field.id == sip::HeaderId::Authorization || field.id == sip::HeaderId::ProxyAuthorization)
      lines.append(field.name).append(": ").append(field.value).append("\r\n");
  return lines;
}

}  // namespace

void RecordingClient::on_response(const transaction::ResponseArrived& response) {
  RecordingSession& rs = session();
  const sip::Message& message = *response.message;
  const int status = message.status();
  if (answer_challenge(response)) return;
  if (rs.leg.bye && rs.leg.bye == response.transaction) {
    if (status >= 200) {
      rs.leg.bye = {};
      Machine(core_, call_, now_, out_).recorder_gone();
    }
    return;
  }
  for (std::size_t i = 0; i < call_.strays.size(); ++i)
    if (call_.strays[i].client == response.transaction)
      return Machine(core_, call_, now_, out_).stray_response(i, response.message);
  if (rs.leg.client != response.transaction) {
    if (status / 100 != 2 || message.method() != sip::Method::Invite) return;
    const auto* ack = rs.leg.acks.find(message.to_tag(), message.cseq().number, now_);
    if (ack != nullptr) core_.layer.send(call_, ack->hop, ack->bytes, out_.transaction);
    return;
  }
  if (status == 100) return;
  if (status < 200) {
    if (rs.step != Step::Inviting || std::exchange(rs.attempt->rang, true)) return;
    rs.hunt.answered(core_.health);
    rs.give_up = now_ + core_.settings->ring;
    return arm();
  }
  if (status < 300) return answered(response);
  if (rs.step == Step::Changing) return refused_change(message);
  if (rs.step != Step::Inviting) return;
  if (status == 422 && !rs.attempt->rang && rs.leg.session.too_small(message)) {
    dialog::ClientStart start = std::move(rs.attempt->start);
    rs.media.roll_back(Side::B);
    return dial(std::move(start));  // RFC 4028 7.3
  }
  next_target({.cause = route::Failure::Cause::Response,
               .status = static_cast<std::uint16_t>(status),
               .retry_after = sip::retry_after(message)});
}

void RecordingClient::on_failed(const transaction::ClientFailed& failed) {
  RecordingSession& rs = session();
  if (rs.leg.bye && rs.leg.bye == failed.transaction) {
    rs.leg.bye = {};
    return Machine(core_, call_, now_, out_).recorder_gone();
  }
  if (rs.leg.client != failed.transaction) return;
  rs.leg.client = {};
  if (rs.step == Step::Changing) {
    // RFC 3261 12.2.1.2: no response at all ends the dialog.
    send_bye();
    return died("the recording server does not answer");
  }
  if (rs.step != Step::Inviting) return;
  next_target({.cause = failed.reason == transaction::ClientFailed::Reason::Timeout
                            ? route::Failure::Cause::Timeout
                            : route::Failure::Cause::Transport});
}

// A 2xx to our INVITE or re-INVITE.
void RecordingClient::answered(const transaction::ResponseArrived& response) {
  RecordingSession& rs = session();
  const sip::Message& message = *response.message;
  if (rs.step == Step::Over && rs.leg.dialog) return send_ack();  // it crossed our BYE
  if (rs.step != Step::Inviting && rs.step != Step::Changing) return;
  const bool first = rs.step == Step::Inviting;
  rs.leg.client = {};
  rs.leg.challenges = 0;
  rs.leg.invite_credentials = credentials_in(response.request);
  rs.give_up = base::kNever;
  if (first) {
    rs.attempt->start.cseq = rs.leg.invite_cseq;
    auto made = dialog::Dialog::from_client(rs.attempt->start, message);
    if (!made) return next_target({.cause = route::Failure::Cause::Response, .status = 500});
    rs.leg.dialog = *std::move(made);
    rs.hunt.answered(core_.health);
  } else {
    rs.leg.dialog->refresh_target(message);
  }
  rs.leg.hop = response.source.hop;
  rs.leg.session.accepted(message, now_);
  send_ack();
  rs.step = Step::Up;
  if (!take_answer(message)) {
    send_bye();
    if (!first) return died("the recording server's answer cannot be used");
    return next_target({.cause = route::Failure::Cause::Response, .status = 488});
  }
  if (first) {
    ++core_.counters.recording_sessions;
    call_.record.recorder = rs.leg.trunk;
    out_.notes.push_back(note_about(call_, Note::Level::Info, "recorded by " + rs.hunt.current()->text()));
  }
  arm();
  Machine(core_, call_, now_, out_).relay_changes();
  follow();
}

bool RecordingClient::take_answer(const sip::Message& message) {
  Media& media = session().media;
  const auto sdp = sdp_of(message);
  if (!sdp || !*sdp || !media.take_answer(Side::B, **sdp, sdp::Finality::Final)) {
    media.roll_back();
    return false;
  }
  // Nobody reads it; but the exchange is over then on that side, too.
  (void)media.make_answer(Side::A, sdp::Finality::Final);
  return true;
}

void RecordingClient::refused_change(const sip::Message& response) {
  RecordingSession& rs = session();
  const int status = response.status();
  rs.leg.client = {};
  rs.media.roll_back();
  rs.step = Step::Up;
  if (status == 481 || status == 408) {
    if (status == 408) send_bye();
    return died("the recording server no longer knows the session");
  }
  if (status == 422 && rs.leg.session.too_small(response)) return change();
  if (status == 491 || status == 500 || status == 503) {
    rs.again_at = now_ + dialog::glare_wait(true, core_.random);
    rs.told.clear();
    return arm();
  }
  // It records as it did before, and will not be asked for the same again.
  rs.leg.session.refused(now_);
  out_.notes.push_back(
      note_about(call_, Note::Level::Warning, "the recording server refuses a change: " + std::to_string(status)));
  arm();
  Machine(core_, call_, now_, out_).relay_changes();
}

bool RecordingClient::answer_challenge(const transaction::ResponseArrived& response) {
  RecordingSession& rs = session();
  const sip::Message& message = *response.message;
  if (message.status() != 401 && message.status() != 407) return false;
  transaction::ClientId* slot = rs.leg.client == response.transaction ? &rs.leg.client
                                : rs.leg.bye == response.transaction  ? &rs.leg.bye
                                                                      : nullptr;
  if (slot == nullptr || !*slot) return false;
  const auto again = core_.credentials->repeat({.settings = *core_.settings,
                                                .trunk = rs.leg.trunk,
                                                .before = rs.leg.challenges,
                                                .least = rs.leg.dialog ? rs.leg.dialog->next_cseq() : 0U},
                                               response, core_.minter, core_.random);
  if (!again) return false;
  const auto client = core_.layer.request({.method = again->request->method(),
                                           .method_text = again->request->method_text(),
                                           .branch = again->branch,
                                           .hop = response.hop,
                                           .bytes = again->bytes,
                                           .owner = call_.handle.pack()},
                                          now_, out_.transaction);
  if (!client) return false;
  *slot = client;
  ++rs.leg.challenges;
  ++core_.credentials->counters.retried;
  if (rs.leg.dialog) rs.leg.dialog->raise_local_cseq(again->cseq);
  if (again->request->method() != sip::Method::Invite) return true;
  rs.leg.invite_cseq = again->cseq;
  if (rs.attempt && !rs.leg.dialog) {
    rs.attempt->client = client;
    rs.attempt->start.cseq = again->cseq;
  }
  return true;
}

transaction::ClientId RecordingClient::send(sip::Method method, std::uint32_t cseq, std::string_view headers,
                                            Body body) {
  const Leg& leg = session().leg;
  const sip::Hop hop = next_hop(core_, leg);
  const std::string branch = core_.minter.branch(core_.random);
  return core_.layer.request({.method = method,
                              .method_text = {},
                              .branch = branch,
                              .hop = hop,
                              .bytes = in_dialog_request(core_, leg, hop, method, cseq, branch, headers, body),
                              .owner = call_.handle.pack()},
                             now_, out_.transaction);
}

void RecordingClient::send_ack() {
  Leg& leg = session().leg;
  const sip::Hop hop = next_hop(core_, leg);
  auto bytes =
      in_dialog_request(core_, leg, hop, sip::Method::Ack, leg.invite_cseq, core_.minter.branch(core_.random), {}, {});
  if (!leg.acks.remember(leg.dialog->remote_tag(), leg.invite_cseq, hop, bytes, now_))
    core_.counters.limits.add(limit::Reached::StoredAcks);
  core_.layer.send(call_, hop, std::move(bytes), out_.transaction);
}

void RecordingClient::send_bye() {
  Leg& leg = session().leg;
  if (!leg.dialog || std::exchange(leg.over, true)) return;
  leg.bye = send(sip::Method::Bye, leg.dialog->next_cseq(), {}, {});
}

}  // namespace sbc::call
