#include "media-relay/control/messages.h"

#include <array>

namespace control {

std::string_view name_of(HalfSide side) {
  switch (side) {
    case HalfSide::A:
      return "a";
    case HalfSide::B:
      return "b";
  }
  return "?";
}

std::string_view name_of(const Command& command) {
  static constexpr std::array<std::string_view, std::variant_size_v<Command>> kNames{
      "hello", "open", "modify", "close", "query", "list", "subscribe", "ping", "send_digits"};
  return kNames[command.index()];
}

std::string_view name_of(const Reply& reply) {
  static constexpr std::array<std::string_view, std::variant_size_v<Reply>> kNames{
      "welcome", "opened", "modified", "closed", "queried", "listed", "subscribed", "pong", "error", "sending_digits"};
  return kNames[reply.index()];
}

std::string_view name_of(const Event& event) {
  static constexpr std::array<std::string_view, std::variant_size_v<Event>> kNames{
      "first_packet",      "latched",      "media_lost", "session_closed", "one_sided",
      "peer_changed",      "dtmf",         "play_ended", "quality",        "stopping",
      "recording_stopped", "session_lost", "draining",   "session_drains", "picture_asked"};
  return kNames[event.index()];
}

std::string_view name_of(PeerChange change) {
  switch (change) {
    case PeerChange::IceConnected:
      return "ice_connected";
    case PeerChange::ConsentLost:
      return "consent_lost";
    case PeerChange::Secured:
      return "secured";
    case PeerChange::NotSecured:
      return "not_secured";
    case PeerChange::Closed:
      return "closed";
  }
  return "?";
}

std::string_view name_of(PlayEnd end) {
  switch (end) {
    case PlayEnd::Done:
      return "done";
    case PlayEnd::Yielded:
      return "yielded";
    case PlayEnd::NoSound:
      return "no_sound";
    case PlayEnd::TooMany:
      return "too_many";
    case PlayEnd::Unreachable:
      return "unreachable";
  }
  return "?";
}

namespace {

// Of a command or an event.
template <typename Message>
const SessionId& id_of(const Message& message) {
  static const SessionId kNone;
  return std::visit(
      [](const auto& m) -> const SessionId& {
        if constexpr (requires { m.id; })
          return m.id;
        else
          return kNone;
      },
      message);
}

}  // namespace

const SessionId& session_of(const Command& command) {
  return id_of(command);
}

const SessionId& session_of(const Event& event) {
  return id_of(event);
}

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::Malformed:
      return "malformed";
    case ErrorCode::Unsupported:
      return "unsupported";
    case ErrorCode::HelloFirst:
      return "hello_first";
    case ErrorCode::BadSpec:
      return "bad_spec";
    case ErrorCode::UnknownSession:
      return "unknown_session";
    case ErrorCode::UnknownNetwork:
      return "unknown_network";
    case ErrorCode::NoPorts:
      return "no_ports";
    case ErrorCode::SessionLimit:
      return "session_limit";
    case ErrorCode::Draining:
      return "draining";
    case ErrorCode::Internal:
      return "internal";
    case ErrorCode::LinkDown:
      return "link_down";
    case ErrorCode::Timeout:
      return "timeout";
    case ErrorCode::Overloaded:
      return "overloaded";
  }
  return "unknown";
}

}  // namespace control
