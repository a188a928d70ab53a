// rooms: stun
// Whatever comes, the answer is a STUN message of its own length, and not much longer than what asked for it.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "media-relay/stun/binding.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view datagram(reinterpret_cast<const char*>(data), size);
  const auto from = *base::Endpoint::parse("[2001:db8::1]:5060");
  const auto answer = stun::answer_binding(datagram, from);
  if (!answer) return 0;
  if (!stun::looks_like_stun(*answer) || answer->size() % 4 != 0 || answer->size() > size + 24) std::abort();
  // A response is never answered: two servers cannot keep each other busy.
  if (stun::answer_binding(*answer, from)) std::abort();
  return 0;
}
