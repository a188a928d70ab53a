// rooms: flow
// What arrives on a media port: demultiplexing, RTP and RTCP views, name hiding, and whole flows that are fed datagrams
// from the phones and from strangers. The input is a row of datagrams, each behind a byte that says where and when it
// arrives and two of length. What is dropped for what it is leaves no trace but its counter.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "media-relay/flow/flow.h"
#include "media-relay/packet/batch.h"
#include "media-relay/rtp/demux.h"
#include "media-relay/rtp/extension.h"
#include "media-relay/rtp/sdes.h"

#include "../unit/flow/standing.h"

namespace {

base::Endpoint endpoint(std::uint32_t ip, std::uint16_t port) {
  return {base::IpAddress::v4(ip), port};
}

const base::Endpoint kPhoneA = endpoint(0xc6336410, 4000);
const base::Endpoint kPhoneB = endpoint(0xcb007114, 5000);

flow::Spec make_spec(std::uint8_t options) {
  flow::Spec spec;
  spec.a.local_rtp = endpoint(0xc0000201, 16384);
  spec.b.local_rtp = endpoint(0xc0000201, 16386);
  spec.a.remote_rtp = kPhoneA;
  spec.b.remote_rtp = (options & 32) != 0 ? spec.a.local_rtp : kPhoneB;
  spec.a.latch = (options & 1) != 0 ? flow::LatchMode::Learn : flow::LatchMode::Strict;
  spec.b.latch = (options & 2) != 0 ? flow::LatchMode::Learn : flow::LatchMode::Strict;
  spec.a.rtcp_mux = (options & 4) != 0;
  spec.b.send = (options & 8) == 0;
  if ((options & 16) != 0) spec.a.latch_from = {*base::Prefix::parse("198.51.100.0/24")};
  if ((options & 64) != 0) {
    const std::vector<std::byte> key(30, std::byte{7});
    const secure::Parameters parameters{secure::Suite::AesCm128HmacSha1_80, {{base::Secret(key), ""}}};
    spec.a.srtp = flow::Srtp{parameters, parameters};
  }
  spec.media_timeout = base::seconds(2);
  return spec;
}

void require(bool promise) {
  if (!promise) std::abort();
}

class Run {
 public:
  explicit Run(std::uint8_t options) : flow_(make_spec(options), ports(), now_) {}

  void deliver(std::uint8_t where, std::span<const std::uint8_t> datagram) {
    now_ += base::milliseconds(where >> 3);
    if (where == 0xff) {
      flow_.replace(make_spec(datagram.empty() ? 0 : datagram[0]), now_);
      return;
    }
    flow_.on_deadline(now_, events_);
    events_.clear();
    const auto side = (where & 1) != 0 ? flow::Side::B : flow::Side::A;
    const auto port = (where & 2) != 0 ? flow::Component::Rtcp : flow::Component::Rtp;
    packet::Packet p;
    std::memcpy(buffers_[0].data(), datagram.data(), datagram.size());
    p.assign(buffers_[0], datagram.size());
    p.source = side == flow::Side::A ? kPhoneA : kPhoneB;
    if (port == flow::Component::Rtcp) ++p.source.port;
    if ((where & 4) != 0) p.source = endpoint(0xc6336463, static_cast<std::uint16_t>(30000 + (where >> 6)));
    const flow::testing::Standing before(flow_, now_);
    const auto dropped = flow_.on_packet(p, side, port, now_, events_);
    if (dropped && flow::testing::is_malformed(*dropped)) {
      require(events_.empty());
      require(flow::testing::Standing(flow_, now_).differs_from(before, std::pair(side, *dropped)).empty());
    }
    require(p.leaves() == !dropped.has_value());
    require(p.size() == datagram.size());
    if (p.leaves()) {
      require(flow::is_usable(p.destination));
      require(p.destination != flow_.spec().a.local_rtp && p.destination != flow_.spec().b.local_rtp);
      require(p.leaves_by == ports()[flow::index_of(flow::other(side))][0] ||
              p.leaves_by == ports()[flow::index_of(flow::other(side))][1]);
    }
    const flow::Stats stats = flow_.stats(now_);
    require(stats.a().jitter >= base::Duration{} && stats.b().jitter >= base::Duration{});
    events_.clear();
  }

 private:
  static flow::Flow::Ports ports() {
    return {{{packet::PortIndex{0}, packet::PortIndex{1}}, {packet::PortIndex{2}, packet::PortIndex{3}}}};
  }
  base::Instant now_{base::seconds(10)};
  flow::Flow flow_;
  packet::Buffers buffers_;
  std::vector<flow::Event> events_;
};

// The payload stays what it is, and the header one that can be read.
void check_extensions(std::span<const std::byte> packet, const rtp::Header& header) {
  rtp::ExtensionMap map{};
  for (unsigned i = 0; i < 256; ++i)
    map.set(static_cast<std::uint8_t>(i), std::to_integer<std::uint8_t>(packet[i % packet.size()]));
  for (const std::size_t room : {std::size_t{0}, std::size_t{std::to_integer<std::uint8_t>(packet[1])}}) {
    std::vector<std::byte> storage(packet.size() + room);
    std::ranges::copy(packet, storage.begin());
    const std::size_t size = rtp::map_extensions(storage, packet.size(), map);
    require(size <= storage.size());
    const auto mapped = rtp::read_header(std::span(storage).first(size));
    require(mapped && mapped->payload_size == header.payload_size && mapped->sequence == header.sequence);
    require(std::ranges::equal(std::span(storage).subspan(mapped->payload_offset, mapped->payload_size),
                               packet.subspan(header.payload_offset, header.payload_size)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> input(data, size);
  if (input.size() < 4) return 0;
  // As one datagram, without a flow around it.
  std::vector<std::byte> whole(size);
  std::memcpy(whole.data(), data, size);
  (void)rtp::classify(whole);
  if (rtp::read_compound(whole)) {
    rtp::hide_names(whole, {1, 2});
    require(rtp::read_compound(whole).has_value());
  }
  if (const auto header = rtp::read_header(whole)) {
    require(header->payload_offset + header->payload_size <= size);
    check_extensions(whole, *header);
  }
  // As a row of datagrams.
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
  return 0;
}
