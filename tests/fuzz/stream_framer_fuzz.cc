// rooms: sip
// The first byte says in which pieces the rest arrives. However a stream is cut up, the same messages come out of it,
// and the framer never holds more than its limits allow.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "sbc/sip/framer.h"

namespace {

using namespace sbc::sip;

void require(bool promise) {
  if (!promise) std::abort();
}

constexpr Limits kLimits{.message_bytes = 4096, .head_bytes = 2048, .body_bytes = 2048};

struct Outcome {
  std::vector<std::string> messages;
  bool broken = false;
};

Outcome run(std::string_view stream, std::size_t step) {
  Outcome outcome;
  StreamFramer framer(kLimits);
  for (std::size_t at = 0; at < stream.size(); at += step) {
    framer.feed(stream.substr(at, step));
    while (auto frame = framer.next()) {
      if (auto* message = std::get_if<MessageBytes>(&*frame)) {
        require(message->bytes.size() <= kLimits.message_bytes);
        (void)parse(message->bytes, kLimits, Framing::Stream);
        outcome.messages.push_back(std::move(message->bytes));
      }
    }
    require(framer.buffered() <= kLimits.message_bytes + step);
  }
  outcome.broken = framer.broken();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = run(stream, stream.size() + 1);
  const Outcome pieces = run(stream, static_cast<std::size_t>(data[0]) % 64 + 1);
  require(whole.messages == pieces.messages);
  require(whole.broken == pieces.broken);
  return 0;
}
