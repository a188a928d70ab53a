#include <algorithm>

#include "media-relay/control/check.h"
#include "media-relay/control/codec.h"
#include "media-relay/control/limits.h"
#include "media-relay/control/wire.h"

namespace control {
namespace {

using Reason = DecodeError::Reason;

std::unexpected<DecodeError> bad(Reason reason, std::uint64_t request, ErrorCode code, std::string text) {
  return std::unexpected(DecodeError{reason, request, code, std::move(text)});
}

// Protobuf takes an int; the frame limit keeps sizes far below.
template <typename Envelope>
bool parse(Envelope& out, std::string_view payload) {
  return payload.size() <= kMaxFrameBytes && out.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
}

std::optional<Command> command_of(const wire::ToRelay& in, Reading& r) {
  switch (in.command_case()) {
    case wire::ToRelay::kHello:
      return Hello{in.hello().controller(), in.hello().lease_ms(), in.hello().version()};
    case wire::ToRelay::kOpen:
      return Open{in.open().id(), r.spec(in.open().spec())};
    case wire::ToRelay::kModify:
      return Modify{in.modify().id(), r.spec(in.modify().spec())};
    case wire::ToRelay::kClose:
      return Close{in.close().id(), r.text("reason", in.close().reason(), kMaxReasonBytes)};
    case wire::ToRelay::kQuery:
      return Query{in.query().id()};
    case wire::ToRelay::kList:
      return List{in.list().cursor()};
    case wire::ToRelay::kSubscribe:
      return Subscribe{in.subscribe().events()};
    case wire::ToRelay::kPing:
      return Ping{};
    case wire::ToRelay::kSendDigits: {
      const wire::SendDigits& m = in.send_digits();
      return SendDigits{m.id(), m.flow(), m.half_b() ? HalfSide::B : HalfSide::A,
                        r.text("digits", m.digits(), kMaxDigits), m.duration_ms()};
    }
    case wire::ToRelay::COMMAND_NOT_SET:
      break;
  }
  return std::nullopt;
}

template <typename Repeated>
std::vector<FlowAddresses> all_addresses(const Repeated& in, Reading& r) {
  std::vector<FlowAddresses> out;
  if (static_cast<std::size_t>(in.size()) > kMaxFlows) r.fail("flows", "expected fewer flows");
  for (const auto& a : in)
    if (!r.failed()) out.push_back(r.addresses(a));
  return out;
}

template <typename Repeated>
std::vector<FlowStats> all_stats(const Repeated& in, Reading& r) {
  std::vector<FlowStats> out;
  // A session that was modified has closed flows as well as open ones; the frame limit bounds them.
  for (const auto& s : in)
    if (!r.failed()) out.push_back(r.stats(s));
  return out;
}

Error error_of(const wire::Error& in, Reading& r) {
  const int code = in.code();
  const bool known = code >= static_cast<int>(ErrorCode::Malformed) && code <= static_cast<int>(ErrorCode::Internal);
  // A code of a later version still is an error.
  return {known ? static_cast<ErrorCode>(code) : ErrorCode::Internal,
          r.text("error text", in.text(), kMaxErrorTextBytes)};
}

Listed listed_of(const wire::Listed& in, Reading& r) {
  if (static_cast<std::size_t>(in.ids_size()) > kListPage) r.fail("ids", "expected a shorter page");
  if (!std::ranges::all_of(in.ids(), valid_session_id)) r.fail("ids", "expected session ids");
  return {{in.ids().begin(), in.ids().end()}, r.text("next", in.next(), kMaxSessionIdBytes)};
}

Welcome welcome_of(const wire::Welcome& in, Reading& r) {
  if (static_cast<std::size_t>(in.networks_size()) > kMaxNetworks) r.fail("networks", "expected fewer networks");
  for (const std::string& name : in.networks()) r.text("networks", name, kMaxNetworkNameBytes);
  return {
      in.relay_instance(), in.lease_ms(), in.sessions(), {in.networks().begin(), in.networks().end()}, in.resume_ms()};
}

HalfSide side_of(const wire::MediaNotice& in) {
  return in.half_b() ? HalfSide::B : HalfSide::A;
}

std::string id_of(const std::string& id, Reading& r) {
  if (!valid_session_id(id)) r.fail("id", "expected a session id");
  return id;
}

std::optional<Reply> reply_of(const wire::FromRelay& in, Reading& r) {
  switch (in.body_case()) {
    case wire::FromRelay::kWelcome:
      return welcome_of(in.welcome(), r);
    case wire::FromRelay::kOpened:
      return Opened{id_of(in.opened().id(), r), all_addresses(in.opened().flows(), r)};
    case wire::FromRelay::kModified:
      return Modified{id_of(in.modified().id(), r), all_addresses(in.modified().flows(), r)};
    case wire::FromRelay::kClosed:
      return Closed{id_of(in.closed().id(), r), in.closed().existed(), all_stats(in.closed().stats(), r)};
    case wire::FromRelay::kQueried:
      return Queried{id_of(in.queried().id(), r), all_addresses(in.queried().flows(), r),
                     all_stats(in.queried().stats(), r), in.queried().age_ms()};
    case wire::FromRelay::kListed:
      return listed_of(in.listed(), r);
    case wire::FromRelay::kSubscribed:
      return Subscribed{in.subscribed().events()};
    case wire::FromRelay::kPong:
      return Pong{in.pong().sessions(), in.pong().max_sessions(), in.pong().controllers()};
    case wire::FromRelay::kError:
      return error_of(in.error(), r);
    case wire::FromRelay::kSendingDigits:
      return SendingDigits{id_of(in.sending_digits().id(), r)};
    case wire::FromRelay::kDtmf:
    case wire::FromRelay::kPictureAsked:
    case wire::FromRelay::kPlayEnded:
    case wire::FromRelay::kFirstPacket:
    case wire::FromRelay::kLatched:
    case wire::FromRelay::kMediaLost:
    case wire::FromRelay::kPeerChanged:
    case wire::FromRelay::kSessionClosed:
    case wire::FromRelay::kOneSided:
    case wire::FromRelay::kQuality:
    case wire::FromRelay::kStopping:
    case wire::FromRelay::kDraining:
    case wire::FromRelay::kRecordingStopped:
    case wire::FromRelay::BODY_NOT_SET:
      break;
  }
  return std::nullopt;
}

std::optional<Event> event_of(const wire::FromRelay& in, Reading& r) {
  if (in.has_first_packet()) {
    const wire::MediaNotice& m = in.first_packet();
    return FirstPacket{id_of(m.id(), r), m.flow(), side_of(m), r.endpoint("source", m.source())};
  }
  if (in.has_latched()) {
    const wire::MediaNotice& m = in.latched();
    return Latched{id_of(m.id(), r), m.flow(), side_of(m), r.endpoint("source", m.source())};
  }
  if (in.has_media_lost())
    return MediaLost{id_of(in.media_lost().id(), r), in.media_lost().flow(), in.media_lost().silent_ms()};
  if (in.has_peer_changed()) {
    const wire::PeerChanged& m = in.peer_changed();
    if (m.change() < wire::PEER_ICE_CONNECTED || m.change() > wire::PEER_CLOSED)
      r.fail("change", "expected a known one, got " + std::to_string(m.change()));
    PeerChanged out{id_of(m.id(), r),
                    m.flow(),
                    m.half_b() ? HalfSide::B : HalfSide::A,
                    static_cast<PeerChange>(m.change()),
                    std::nullopt,
                    r.text("text", m.text(), kMaxReasonBytes)};
    if (m.has_source()) out.source = r.endpoint("source", m.source());
    return out;
  }
  if (in.has_dtmf()) {
    const wire::Dtmf& m = in.dtmf();
    if (m.digit().size() != 1 || !kDigitLetters.contains(m.digit()[0])) r.fail("digit", "expected a digit");
    return Dtmf{
        id_of(m.id(), r), m.flow(), m.half_b() ? HalfSide::B : HalfSide::A, m.digit().empty() ? '0' : m.digit()[0],
        m.duration_ms(),  m.began()};
  }
  if (in.has_picture_asked()) {
    const wire::PictureAsked& m = in.picture_asked();
    return PictureAsked{id_of(m.id(), r), m.flow(), m.half_b() ? HalfSide::B : HalfSide::A};
  }
  if (in.has_play_ended()) {
    const wire::PlayEnded& m = in.play_ended();
    if (m.end() < wire::PLAY_DONE || m.end() > wire::PLAY_UNREACHABLE)
      r.fail("end", "expected a known one, got " + std::to_string(m.end()));
    return PlayEnded{id_of(m.id(), r), m.flow(), m.half_b() ? HalfSide::B : HalfSide::A, m.number(),
                     static_cast<PlayEnd>(m.end())};
  }
  if (in.has_session_closed()) {
    const wire::SessionClosed& m = in.session_closed();
    return SessionClosed{id_of(m.id(), r), r.text("reason", m.reason(), kMaxReasonBytes), all_stats(m.stats(), r)};
  }
  if (in.has_one_sided()) {
    const wire::OneSided& m = in.one_sided();
    return OneSided{id_of(m.id(), r), m.flow(), m.half_b() ? HalfSide::B : HalfSide::A, m.silent_ms()};
  }
  if (in.has_recording_stopped()) {
    const wire::RecordingStopped& m = in.recording_stopped();
    return RecordingStopped{id_of(m.id(), r), m.flow(), r.text("reason", m.reason(), kMaxReasonBytes)};
  }
  if (in.has_quality()) return Quality{id_of(in.quality().id(), r), r.stats(in.quality().lately())};
  if (in.has_stopping()) {
    if (in.stopping().resume_ms() > kMaxMilliseconds) r.fail("resume_ms", "expected a day at most");
    return Stopping{in.stopping().resume_ms()};
  }
  if (in.has_draining()) {
    if (in.draining().within_ms() > kMaxMilliseconds) r.fail("within_ms", "expected a day at most");
    return Draining{in.draining().within_ms()};
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(DecodeError::Reason reason) {
  switch (reason) {
    case Reason::Unreadable:
      return "unreadable";
    case Reason::NoRequest:
      return "no_request";
    case Reason::UnknownMessage:
      return "unknown_message";
    case Reason::BadField:
      return "bad_field";
  }
  return "?";
}

std::expected<CommandFrame, DecodeError> decode_command(std::string_view payload) {
  wire::ToRelay in;
  if (!parse(in, payload))
    return bad(Reason::Unreadable, 0, ErrorCode::Malformed, "frame: expected an envelope of the control protocol");
  if (in.request() == 0)
    return bad(Reason::NoRequest, 0, ErrorCode::Malformed, "request: expected a number above 0, got 0");
  Reading reading;
  std::optional<Command> command = command_of(in, reading);
  wipe_keys(in);
  if (!command)
    return bad(Reason::UnknownMessage, in.request(), ErrorCode::Unsupported,
               "command: expected one of version " + std::to_string(kProtocolVersion) + ", got none that is known");
  const std::string name = std::string(name_of(*command)) + ": ";
  if (reading.failed()) return bad(Reason::BadField, in.request(), ErrorCode::Malformed, name + reading.problem());
  if (std::optional<Problem> problem = problem_with(*command))
    return bad(Reason::BadField, in.request(), problem->code, name + problem->text);
  return CommandFrame{in.request(), *std::move(command)};
}

std::expected<RelayFrame, DecodeError> decode_from_relay(std::string_view payload) {
  wire::FromRelay in;
  if (!parse(in, payload))
    return bad(Reason::Unreadable, 0, ErrorCode::Malformed, "frame: expected an envelope of the control protocol");
  Reading reading;
  RelayFrame frame;
  if (std::optional<Reply> reply = reply_of(in, reading)) {
    frame = ReplyFrame{in.request(), *std::move(reply)};
  } else if (std::optional<Event> event = event_of(in, reading)) {
    frame = *std::move(event);
  } else {
    return bad(Reason::UnknownMessage, in.request(), ErrorCode::Unsupported, "expected a known reply or event");
  }
  if (reading.failed()) return bad(Reason::BadField, in.request(), ErrorCode::Malformed, reading.problem());
  return frame;
}

}  // namespace control
