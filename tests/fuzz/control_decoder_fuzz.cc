// rooms: control
// The control protocol from both ends: the first byte chooses whether a payload or a stream follows. Nothing crashes,
// what is accepted keeps the limits, and what is written of it is read the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "media-relay/control/check.h"
#include "media-relay/control/codec.h"
#include "media-relay/control/framing.h"

namespace {

void must(bool held) {
  if (!held) std::abort();
}

std::string payload_of(const std::string& frame) {
  control::FrameReader reader;
  reader.feed(frame);
  const auto result = reader.next();
  must(result.status == control::FrameReader::Status::Frame);
  return std::string(result.payload);
}

void check_payload(std::string_view payload) {
  if (const auto command = control::decode_command(payload)) {
    must(!control::problem_with(command->command));
    std::string frame;
    control::append_command(frame, command->request, command->command);
    const auto again = control::decode_command(payload_of(frame));
    must(again.has_value() && again->request == command->request);
    // Texts for people are cleaned when they are written; everything else comes back as it was.
    if (!std::holds_alternative<control::Close>(command->command)) must(again->command == command->command);
  } else {
    must(!command.error().text.empty());
  }
  if (const auto frame = control::decode_from_relay(payload)) {
    std::string out;
    if (const auto* reply = std::get_if<control::ReplyFrame>(&*frame))
      control::append_reply(out, reply->request, reply->reply);
    else
      control::append_event(out, std::get<control::Event>(*frame));
    must(control::decode_from_relay(payload_of(out)).has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    check_payload(bytes);
    return 0;
  }
  control::FrameReader reader;
  const std::size_t chunk = 1 + data[0] / 2;
  for (std::size_t at = 0; at < bytes.size(); at += chunk) {
    reader.feed(bytes.substr(at, chunk));
    for (;;) {
      const auto result = reader.next();
      if (result.status == control::FrameReader::Status::More) break;
      if (result.status != control::FrameReader::Status::Frame) return 0;
      check_payload(result.payload);
    }
  }
  return 0;
}
