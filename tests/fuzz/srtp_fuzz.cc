// rooms: secure
// What arrives on a protected port: SRTP and SRTCP of no, a wrong or the right sender, altered at will. The first byte
// chooses suite and MKI; then a row of packets, each behind a byte that says how it is made and two of length.
// A packet is opened only when it is one that the sender sealed, and only once.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "media-relay/secure/context.h"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

secure::Parameters make_parameters(std::uint8_t options) {
  secure::Parameters out;
  out.suite = static_cast<secure::Suite>(options % secure::kSuites);
  const secure::Traits& traits = secure::traits_of(out.suite);
  std::vector<std::byte> key(traits.key_bytes + traits.salt_bytes, std::byte{0x42});
  out.keys.push_back({base::Secret(key), (options & 0x80) != 0 ? "ab" : ""});
  return out;
}

class Run {
 public:
  explicit Run(std::uint8_t options)
      : sender_(secure::make_sender(secure::Engine::OpenSsl, make_parameters(options))),
        receiver_(secure::make_receiver(secure::Engine::OpenSsl, make_parameters(options))) {}

  void deliver(std::uint8_t how, std::span<const std::uint8_t> datagram) {
    const bool rtcp = (how & 1) != 0;
    std::vector<std::byte> packet(datagram.size() + secure::kMaxGrowthBytes);
    std::ranges::transform(datagram, packet.begin(), [](std::uint8_t b) { return static_cast<std::byte>(b); });
    std::size_t size = datagram.size();
    if ((how & 2) != 0) {  // sealed by the true sender
      const auto sealed = rtcp ? sender_->protect_rtcp(packet, size) : sender_->protect_rtp(packet, size);
      if (!sealed) return;
      size = *sealed;
      sealed_.emplace(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
      if ((how & 4) != 0) packet[(how >> 3) % size] ^= std::byte{1};
    }
    std::vector<std::byte> exact(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
    const std::vector<std::byte> arrived = exact;
    const auto opened = rtcp ? receiver_->unprotect_rtcp(exact) : receiver_->unprotect_rtp(exact);
    if (!opened) return;
    require(*opened < size);
    require(sealed_.contains(arrived));
    require(opened_.insert(arrived).second);
  }

 private:
  std::unique_ptr<secure::Sender> sender_;
  std::unique_ptr<secure::Receiver> receiver_;
  std::set<std::vector<std::byte>> sealed_;
  std::set<std::vector<std::byte>> opened_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::uint8_t> input(data, size);
  if (input.empty()) return 0;
  Run run(input[0]);
  input = input.subspan(1);
  for (int packets = 0; input.size() >= 3 && packets < 64; ++packets) {
    const std::uint8_t how = input[0];
    const std::size_t length = std::min<std::size_t>(input[1] * 256U + input[2], input.size() - 3);
    run.deliver(how, input.subspan(3, length));
    input = input.subspan(3 + length);
  }
  return 0;
}
