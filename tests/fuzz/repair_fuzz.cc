// rooms: flow
// What a flow makes of packets that it rewrites and of the digits in them: payload types, telephone-events (RFC 4733)
// under two clocks, one stream of ours whatever speaks behind it, and RTCP about it. The input is a row of datagrams,
// each behind a byte that says what it is and two of length.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "media-relay/flow/flow.h"
#include "media-relay/packet/batch.h"
#include "media-relay/rtp/translate.h"

namespace {

base::Endpoint endpoint(std::uint32_t ip, std::uint16_t port) {
  return {base::IpAddress::v4(ip), port};
}

const base::Endpoint kPhoneA = endpoint(0xc6336410, 4000);
const base::Endpoint kPhoneB = endpoint(0xcb007114, 5000);

void require(bool promise) {
  if (!promise) std::abort();
}

flow::Spec make_spec(std::uint8_t options) {
  flow::Spec spec;
  spec.a.local_rtp = endpoint(0xc0000201, 16384);
  spec.b.local_rtp = endpoint(0xc0000201, 16386);
  spec.a.remote_rtp = kPhoneA;
  spec.b.remote_rtp = kPhoneB;
  spec.name_key = {1, 2};
  const bool continuous = (options & 1) == 0;
  spec.b.rewrite = flow::Rewrite{{{101, 120, 8000, 48'000, flow::PayloadUse::Event},
                                  {102, 121, 48'000, 8000, flow::PayloadUse::Event},
                                  {103, 0, 0, 0, flow::PayloadUse::Drop},
                                  {0, 8, 8000, 0, flow::PayloadUse::Pass}},
                                 (options & 2) != 0,
                                 continuous};
  if ((options & 4) != 0) spec.a.rewrite = flow::Rewrite{{}, false, true};
  spec.a.digits = flow::Digits{{{101, 8000}, {102, 48'000}}, (options & 8) != 0, std::nullopt, std::nullopt};
  if (continuous && (options & 16) != 0)
    spec.b.digits = flow::Digits{{}, false, flow::EventFormat{99, (options & 32) != 0 ? 48'000U : 8000U}, std::nullopt};
  if (continuous && (options & 64) != 0) spec.b.digits = flow::Digits{{}, false, std::nullopt, 8};
  require(flow::check(spec).empty());
  return spec;
}

class Run {
 public:
  explicit Run(std::uint8_t options) : flow_(make_spec(options), ports(), now_) {}

  void deliver(std::uint8_t where, std::span<const std::uint8_t> datagram) {
    now_ += base::milliseconds(where >> 3);
    flow_.on_deadline(now_, events_);
    look_at_own();
    if ((where & 7) == 7) {
      (void)flow_.play(flow::Side::B, {reinterpret_cast<const char*>(datagram.data()), datagram.size()},
                       base::milliseconds(40 + where), now_);
      return;
    }
    if ((where & 7) == 6) {
      flow_.replace(make_spec(datagram.empty() ? 0 : datagram[0]), now_);
      return;
    }
    const auto side = (where & 1) != 0 ? flow::Side::B : flow::Side::A;
    const auto port = (where & 2) != 0 ? flow::Component::Rtcp : flow::Component::Rtp;
    packet::Packet p;
    std::memcpy(buffers_[0].data(), datagram.data(), datagram.size());
    p.assign(buffers_[0], datagram.size());
    p.source = side == flow::Side::A ? kPhoneA : kPhoneB;
    if (port == flow::Component::Rtcp) ++p.source.port;
    const auto dropped = flow_.on_packet(p, side, port, now_, events_);
    require(p.leaves() == !dropped.has_value());
    require(p.size() <= datagram.size());
    if (p.leaves() && port == flow::Component::Rtp) require(rtp::read_header(p.bytes()).has_value());
    if (p.leaves() && port == flow::Component::Rtcp) require(rtp::read_compound(p.bytes()).has_value());
    for (const flow::Event& e : events_)
      if (const auto* digit = std::get_if<flow::Dtmf>(&e)) require(rtp::event_of(digit->digit).has_value());
    events_.clear();
  }

  void end() {
    for (int i = 0; i < 100; ++i) {
      now_ += base::milliseconds(100);
      flow_.on_deadline(now_, events_);
      look_at_own();
    }
    flow_.say_farewell();
    look_at_own();
  }

 private:
  static flow::Flow::Ports ports() {
    return {{{packet::PortIndex{0}, packet::PortIndex{1}}, {packet::PortIndex{2}, packet::PortIndex{3}}}};
  }
  void look_at_own() {
    for (const auto& out : flow_.attend(events_)) {
      require(flow::is_usable(out.destination));
      require(rtp::read_header(out.bytes).has_value() || rtp::read_compound(out.bytes).has_value());
    }
  }

  base::Instant now_{base::seconds(10)};
  flow::Flow flow_;
  packet::Buffers buffers_;
  std::vector<flow::Event> events_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> input(data, size);
  if (input.empty()) return 0;
  Run run(input[0]);
  std::size_t at = 1;
  while (at + 3 <= input.size()) {
    const std::uint8_t where = input[at];
    std::size_t length = (std::size_t{input[at + 1]} << 8 | input[at + 2]) % (packet::kMaxDatagramBytes + 1);
    at += 3;
    length = std::min(length, input.size() - at);
    run.deliver(where, input.subspan(at, length));
    at += length;
  }
  run.end();
  return 0;
}
