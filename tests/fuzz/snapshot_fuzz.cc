// rooms: session
// Whatever stands in the file of a predecessor, with a right head in front of it: it is read or refused, what was read
// is written again as it was, and whatever a flow is given as its state, it takes or refuses.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "media-relay/flow/flow.h"
#include "media-relay/session/snapshot.h"

namespace {

constexpr base::Instant kNow{base::seconds(1000)};

flow::Spec spec() {
  flow::Spec out;
  out.a.remote_rtp = *base::Endpoint::parse("192.0.2.1:4000");
  out.b.remote_rtp = *base::Endpoint::parse("192.0.2.2:4000");
  out.a.latch = flow::LatchMode::Learn;
  const secure::Suite suite = secure::Suite::AesCm128HmacSha1_80;
  const std::vector<std::byte> key(30, std::byte{1});
  out.a.srtp = flow::Srtp{secure::Parameters{suite, {{base::Secret(key), ""}}},
                          secure::Parameters{suite, {{base::Secret(key), ""}}}};
  return out;
}

void restore(std::string_view state) {
  flow::Flow::Ports ports{};
  flow::Flow flow(spec(), ports, kNow);
  if (!flow.restore(state, kNow)) return;
  const auto again = flow.save(kNow);
  if (!again) std::abort();
  flow::Flow successor(spec(), ports, kNow);
  if (!successor.restore(*again, kNow)) std::abort();
  std::vector<flow::Event> events;
  successor.on_deadline(kNow + base::seconds(60), events);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (auto read = session::decode(input, kNow)) {
    const std::string again = session::encode(*read, kNow);
    if (!session::decode(again, kNow)) std::abort();
  }
  auto read = session::decode(session::with_head(input), kNow);
  if (read && !session::decode(session::encode(*read, kNow), kNow)) std::abort();
  restore(input);
  return 0;
}
