// rooms: ice
// Whatever arrives as STUN at an agent. The first byte says how: as it is, or made authentic by whoever knows the
// password. Nothing that is not authentic makes a source valid, and no answer is longer than its room.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/ice/agent.h"
#include "media-relay/stun/binding.h"
#include "media-relay/stun/wire.h"

#include "sealed_stun.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  const bool authentic = (data[0] & 1) != 0;
  const std::string datagram = authentic ? fuzz::seal(input) : std::string(input);
  const auto from = *base::Endpoint::parse("[2001:db8::1]:5060");
  base::Instant now{base::seconds(1)};
  ice::Agent agent({"ours", base::Secret(std::as_bytes(std::span(fuzz::kPassword))), (data[0] & 2) != 0 ? "them" : ""},
                   now);
  std::vector<ice::Event> events;
  std::array<std::byte, stun::ResponseWriter::kMaxBytes> response{};
  const auto outcome = agent.on_stun(std::as_bytes(std::span(datagram)), from, now, response, events);
  if (outcome.response_bytes > response.size()) std::abort();
  if (agent.is_valid(from) != (authentic && !outcome.refusal)) {
    // An indication is not refused, and proves nothing.
    if (outcome.refusal || outcome.response_bytes != 0) std::abort();
  }
  if (outcome.response_bytes == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(response.data()), outcome.response_bytes);
  if (!stun::looks_like_stun(text) || stun::get16(text, 2) != text.size() - 20) std::abort();
  // A response is never answered: two servers cannot keep each other busy.
  std::vector<std::byte> again(response.begin(), response.begin() + static_cast<std::ptrdiff_t>(text.size()));
  if (agent.on_stun(again, from, now, response, events).response_bytes != 0) std::abort();
  return 0;
}
