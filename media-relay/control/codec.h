#pragma once
// Messages to frames and back. A frame is a length (4 bytes, big endian, of what follows) and one protobuf envelope of
// control.proto. Decoding checks everything that limits.h limits, so that the rooms above need no error path for it.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "media-relay/control/messages.h"

namespace control {

struct CommandFrame {
  std::uint64_t request = 0;
  Command command;
};
struct ReplyFrame {
  std::uint64_t request = 0;
  Reply reply;
};
using RelayFrame = std::variant<ReplyFrame, Event>;

struct DecodeError {
  enum class Reason : std::uint8_t {
    Unreadable,      // not an envelope of ours: the stream is not to be trusted any more
    NoRequest,       // an envelope without a request number: nobody can be answered
    UnknownMessage,  // readable, but no command (or reply) that this version knows
    BadField,        // a field out of its range or too long
  };
  Reason reason = Reason::Unreadable;
  std::uint64_t request = 0;  // to answer with, when it was readable
  ErrorCode code = ErrorCode::Malformed;
  std::string text;  // "open: flow 1: half b: network: expected 1 to 32 bytes, got 0"
};
std::string_view name_of(DecodeError::Reason reason);

// Append one whole frame, length included. The message must have passed problem_with (check.h) where it comes from
// outside; strings that are only for people (reasons, error texts) are cut to their limits.
void append_command(std::string& out, std::uint64_t request, const Command& command);
void append_reply(std::string& out, std::uint64_t request, const Reply& reply);
// SessionLost and SessionDrains never cross the wire; appending one is a mistake of ours and appends nothing.
void append_event(std::string& out, const Event& event);

// Decode the payload of one frame, without its length.
std::expected<CommandFrame, DecodeError> decode_command(std::string_view payload);
std::expected<RelayFrame, DecodeError> decode_from_relay(std::string_view payload);

}  // namespace control
