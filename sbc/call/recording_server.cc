// What the recording server asks of us in its session (RFC 7866 7.2, 9.2; trap 89): it may refresh the session, hold
// streams or want them again, ask for the whole metadata, and end the session.

#include <utility>

#include "media-relay/base/text.h"

#include "sbc/body/multipart.h"
#include "sbc/call/recording_client.h"
#include "sbc/sdp/parser.h"
#include "sbc/sip/values.h"

namespace sbc::call {
namespace {

constexpr std::string_view kMetadata = "application/rs-metadata";

// What it may require, as option tags; the others, as the value of Unsupported.
std::string unsupported(const sip::Message& request) {
  std::string tags;
  sip::for_each_value(request, sip::HeaderId::Require, [&](std::string_view tag) {
    if (base::equals_ignoring_case(tag, "siprec") || base::equals_ignoring_case(tag, "timer")) return;
    tags.append(tags.empty() ? "" : ", ").append(tag);
  });
  return tags;
}

// RFC 7866 9.2: nothing else of the server's comes so.
bool asks_for_snapshot(const sip::Message& request) {
  const auto type = request.find(sip::HeaderId::ContentType);
  return type && body::bare_type(*type).starts_with(kMetadata);
}

}  // namespace

void RecordingClient::respond(const transaction::RequestArrived& request, int status,
                              std::span<const sip::ExtraHeader> headers, Body body) {
  const Leg& leg = session().leg;
  core_.layer.respond(
      request.transaction, status,
      leg_response(*request.message, request.source, leg, status, leg.dialog->local_tag(), headers, body), now_,
      out_.transaction);
}

bool RecordingClient::refuse_early(const transaction::RequestArrived& request) {
  const sip::Message& message = *request.message;
  Leg& leg = session().leg;
  if (leg.dialog->on_request(message) == dialog::Dialog::Check::OutOfOrder) {
    ++core_.counters.out_of_order;
    respond(request, 500);
    return true;
  }
  if (const auto tags = unsupported(message); !tags.empty()) {
    const sip::ExtraHeader header[] = {{"Unsupported", tags}};
    respond(request, 420, header);
    return true;
  }
  const bool refreshes = message.method() == sip::Method::Invite || message.method() == sip::Method::Update;
  if (refreshes && !dialog::SessionTimer::acceptable(message, core_.settings->session)) {
    const std::string least = std::to_string(core_.settings->session.min);
    const sip::ExtraHeader min_se[] = {{"Min-SE", least}};
    respond(request, 422, min_se);
    return true;
  }
  return false;
}

void RecordingClient::on_request(const transaction::RequestArrived& request) {
  Leg& leg = session().leg;
  const sip::Message& message = *request.message;
  if (!leg.dialog || !leg.dialog->matches(message) || (leg.over && message.method() != sip::Method::Bye)) {
    ++core_.counters.outside_dialogs;
    auto bytes = base::share(sip::build_response(message, 481, core_.minter.tag(core_.random), request.source));
    core_.layer.respond(request.transaction, 481, std::move(bytes), now_, out_.transaction);
    return;
  }
  if (refuse_early(request)) return;
  const sip::ExtraHeader able[] = {{"Allow", leg.allow}, {"Accept", "application/sdp, application/rs-metadata"}};
  switch (message.method()) {
    case sip::Method::Invite:
      return answer_invite(request);
    case sip::Method::Update:
      return answer_update(request);
    case sip::Method::Options:
      return respond(request, 200, able);
    case sip::Method::Bye:
      respond(request, 200);
      leg.over = true;
      if (session().step != Step::Over) fail("the recording server has ended its session");
      return;
    default:
      return respond(request, 405, std::span(able).first(1));
  }
}

// What to say to the server's offer; nullopt: it cannot be used.
std::optional<std::string> RecordingClient::answer_to(std::string_view offer) {
  Media& media = session().media;
  const control::SessionSpec spec = call_.media.spec(0);
  std::expected<std::string, MediaError> answer = std::unexpected(MediaError{});
  if (media.take_offer(Side::B, offer)) {
    // The call answers by us.
    if (const auto asked = media.make_offer(Side::A))
      if (const auto session = sdp::parse_shared(*asked))
        if (media.take_answer(Side::A, recorded_answer(now_recorded(spec), **session), sdp::Finality::Final))
          answer = media.make_answer(Side::B, sdp::Finality::Final);
  }
  if (answer) return *std::move(answer);
  media.roll_back();
  return std::nullopt;
}

void RecordingClient::answer_invite(const transaction::RequestArrived& request) {
  RecordingSession& rs = session();
  // RFC 3261 14.2: ours is under way, or the one before waits for its ACK.
  if (rs.step != Step::Up) return respond(request, 491);
  if (rs.leg.accepted.waiting()) {
    const std::string seconds = std::to_string(dialog::retry_after_seconds(core_.random));
    const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
    return respond(request, 500, retry);
  }
  const auto sdp = sdp_of(*request.message);
  if (!sdp) return respond(request, sdp.error().status);
  rs.offered = !*sdp;
  if (*sdp) {
    const auto answer = answer_to(**sdp);
    return answer ? accept(request, *answer) : respond(request, 488);
  }
  // It wants an offer: what it knows, or what is new.
  const control::SessionSpec spec = call_.media.spec(0);
  std::expected<std::string, MediaError> offer = std::unexpected(MediaError{});
  if (rs.media.take_offer(Side::A, recorded_offer(now_recorded(spec))) && !rs.media.needs_ports())
    offer = rs.media.make_offer(Side::B);
  if (offer) return accept(request, *offer);
  rs.media.roll_back();
  respond(request, 500);
}

void RecordingClient::accept(const transaction::RequestArrived& request, const std::string& description) {
  RecordingSession& rs = session();
  const sip::Message& message = *request.message;
  rs.leg.dialog->refresh_target(message);
  rs.leg.hop = request.source.hop;
  const auto timer = rs.leg.session.answer(message, now_);
  std::vector<sip::ExtraHeader> headers{{"Supported", "timer"}};
  if (!timer.session_expires.empty()) headers.push_back({"Session-Expires", timer.session_expires});
  if (timer.require_timer) headers.push_back({"Require", "timer"});
  const std::string labels = labelled(description, rs.streams.size());
  auto bytes = leg_response(message, request.source, rs.leg, 200, rs.leg.dialog->local_tag(), headers,
                            description.empty() ? Body{} : sdp_body(labels));
  if (message.method() == sip::Method::Invite) {
    rs.leg.server = request.transaction;
    rs.leg.accepted = dialog::AcceptedInvite(message.cseq().number, core_.settings->t1, core_.settings->t2);
    rs.leg.accepted.start(now_);
    rs.leg.accepted_bytes = bytes;
  }
  core_.layer.respond(request.transaction, 200, std::move(bytes), now_, out_.transaction);
  arm();
  if (!rs.offered && !description.empty()) Machine(core_, call_, now_, out_).relay_changes();
}

void RecordingClient::answer_update(const transaction::RequestArrived& request) {
  RecordingSession& rs = session();
  const sip::Message& message = *request.message;
  if (asks_for_snapshot(message)) {
    accept(request, {});
    rs.unasked = true;
    return follow();
  }
  if (message.body().empty()) return accept(request, {});
  const auto sdp = sdp_of(message);
  if (!sdp) return respond(request, sdp.error().status);
  // RFC 3311 5.2.
  if (rs.step != Step::Up || rs.leg.accepted.waiting()) return respond(request, 491);
  rs.offered = false;
  const auto answer = *sdp ? answer_to(**sdp) : std::nullopt;
  if (!answer) return respond(request, 488);
  accept(request, *answer);
}

void RecordingClient::on_ack(const transaction::AckArrived& ack) {
  RecordingSession& rs = session();
  if (!rs.leg.dialog || !rs.leg.dialog->matches(*ack.message)) {
    ++core_.counters.stray_acks;
    return;
  }
  if (!rs.leg.accepted.on_ack(ack.message->cseq().number)) return;
  rs.leg.accepted_bytes.reset();
  if (std::exchange(rs.offered, false)) {
    if (!take_answer(*ack.message)) {
      send_bye();
      return died("the recording server's answer cannot be used");
    }
    Machine(core_, call_, now_, out_).relay_changes();
  }
  arm();
  follow();
}

}  // namespace sbc::call
