// rooms: flow
// Flows of every kind but the plain one: a browser's transport with ICE, DTLS and a second flow on it (BUNDLE), fax
// (UDPTL), transcoded audio, header extensions and streams that are to be one. The input is the kind, its options, and
// a row of datagrams, each behind a byte that says where and when it arrives, whether it is made authentic first, and
// two of length. What is dropped for what it is leaves no trace but its counter, on no flow.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "media-relay/flow/flow.h"
#include "media-relay/packet/batch.h"
#include "media-relay/rtp/demux.h"

#include "../unit/flow/standing.h"
#include "sealed_stun.h"

namespace {

enum class Kind : std::uint8_t { Web, Fax, Transcoded, Streams };
constexpr unsigned kKinds = 4;

base::Endpoint endpoint(std::uint32_t ip, std::uint16_t port) {
  return {base::IpAddress::v4(ip), port};
}

const base::Endpoint kPhoneA = endpoint(0xc6336410, 4000);
const base::Endpoint kPhoneB = endpoint(0xcb007114, 5000);
const base::Endpoint kVideoB = endpoint(0xcb007114, 5010);

void require(bool promise) {
  if (!promise) std::abort();
}

std::shared_ptr<const secure::Identity> make_identity() {
  auto made = secure::Identity::make(1'700'000'000);
  require(made.has_value());
  return *std::move(made);
}
const std::shared_ptr<const secure::Identity>& ours() {
  static const auto made = make_identity();
  return made;
}
const std::shared_ptr<const secure::Identity>& theirs() {
  static const auto made = make_identity();
  return made;
}

flow::Spec two_phones() {
  flow::Spec spec;
  spec.a.local_rtp = endpoint(0xc0000201, 16384);
  spec.b.local_rtp = endpoint(0xc0000201, 16386);
  spec.a.remote_rtp = kPhoneA;
  spec.b.remote_rtp = kPhoneB;
  spec.name_key = {1, 2};
  spec.media_timeout = base::seconds(2);
  spec.one_sided_timeout = base::seconds(1);
  return spec;
}

void transcode(flow::Spec& spec, std::uint8_t options) {
  using codec::Coding;
  const std::array codings{flow::AudioFormat{Coding::Pcma, 8}, flow::AudioFormat{Coding::G722, 9}};
  const flow::AudioFormat& to = codings[options % codings.size()];
  const unsigned ptime = 10U * (1 + (options >> 4) % 4);
  spec.b.transcode = flow::Transcode{.from = {{Coding::Pcmu, 0, {}}}, .to = to, .ptime_ms = ptime};
  spec.a.transcode = flow::Transcode{.from = {to}, .to = {Coding::Pcmu, 0, {}}, .ptime_ms = 20};
  spec.b.transcode->events = {{101, 96, 8000, 8000, flow::PayloadUse::Event}};
  if ((options & 2) != 0) spec.b.transcode->noise_from = spec.b.transcode->noise_to = 13;
  if ((options & 4) != 0) {
    spec.a.transcode->noise_from = 13;
    spec.a.transcode->noise_to = std::nullopt;
  }
}

flow::Spec make_spec(Kind kind, std::uint8_t options) {
  flow::Spec spec = two_phones();
  const auto latch = (options & 1) != 0 ? flow::LatchMode::Learn : flow::LatchMode::Strict;
  switch (kind) {
    case Kind::Web:
      spec.a.rtcp_mux = true;
      spec.a.ice = ice::Parameters{"ours", base::Secret(std::as_bytes(std::span(fuzz::kPassword))),
                                   (options & 4) != 0 ? "them" : ""};
      spec.a.dtls = flow::Dtls{ours(), "1", {secure::DtlsRole::Passive, {theirs()->fingerprint()}}};
      spec.b.latch = latch;
      break;
    case Kind::Fax:
      spec.transport = flow::Transport::Udptl;
      spec.a.latch = spec.b.latch = latch;
      break;
    case Kind::Transcoded:
      transcode(spec, options);
      break;
    case Kind::Streams:
      spec.a.latch = spec.b.latch = latch;
      spec.a.one_stream = true;
      if ((options & 2) != 0) spec.b.sources = {0x01010101, 7};
      spec.b.extensions = rtp::ExtensionMap{};
      for (unsigned i = 0; i < 256; ++i)
        spec.b.extensions->set(static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(options * i));
      break;
  }
  require(flow::check(spec).empty());
  return spec;
}

flow::Spec guest_spec() {
  flow::Spec spec = two_phones();
  spec.a = {};
  spec.a.shared = true;
  spec.a.payload_types.set(96).set(97);
  spec.b.local_rtp = endpoint(0xc0000201, 16390);
  spec.b.remote_rtp = kVideoB;
  return spec;
}

flow::Flow::Ports ports(std::uint32_t first) {
  return {{{packet::PortIndex{first}, packet::PortIndex{first + 1}},
           {packet::PortIndex{first + 2}, packet::PortIndex{first + 3}}}};
}

class Run {
 public:
  Run(Kind kind, std::uint8_t options) : kind_(kind), flow_(make_spec(kind, options), ports(0), now_) {
    if (kind != Kind::Web) return;
    flow::Flow::Ports own = ports(4);
    own[0] = {};
    guest_ = std::make_unique<flow::Flow>(guest_spec(), own, now_);
    guest_->share(flow::Side::A, flow_);
    if ((options & 2) != 0) shake();
  }
  // A guest leaves before its carrier, or after it.
  void end(bool guest_first) {
    if (guest_first) guest_.reset();
    flow_.say_farewell();
    look_at_own();
  }

  void deliver(std::uint8_t where, std::span<const std::uint8_t> datagram) {
    now_ += base::milliseconds(where >> 4);
    if (where == 0xff) {
      flow_.replace(make_spec(kind_, datagram.empty() ? 0 : datagram[0]), now_);
      return look_at_own();
    }
    flow_.on_deadline(now_, events_);
    look_at_own();
    const auto side = (where & 1) != 0 ? flow::Side::B : flow::Side::A;
    const auto port = (where & 2) != 0 ? flow::Component::Rtcp : flow::Component::Rtp;
    std::string bytes(datagram.begin(), datagram.end());
    if ((where & 4) != 0 && !make_authentic(bytes)) return;
    if (bytes.size() > packet::kMaxDatagramBytes) return;
    base::Endpoint from = side == flow::Side::A ? kPhoneA : kPhoneB;
    if (port == flow::Component::Rtcp) ++from.port;
    if ((where & 8) != 0) from = endpoint(0xc6336463, 30000);
    send(flow_, bytes, side, port, from);
    if (guest_ && side == flow::Side::B) send(*guest_, bytes, side, port, (where & 8) != 0 ? from : kVideoB);
  }

 private:
  void send(flow::Flow& to, const std::string& bytes, flow::Side side, flow::Component port,
            const base::Endpoint& from) {
    packet::Packet p;
    std::memcpy(buffers_[0].data(), bytes.data(), bytes.size());
    p.assign(buffers_[0], bytes.size());
    p.source = from;
    const auto before = standing();
    const auto dropped = to.on_packet(p, side, port, now_, events_);
    if (p.leaves()) {
      require(flow::is_usable(p.destination));
      require(dropped || to.spec().transport == flow::Transport::Udptl || p.size() > 0);
    }
    if (dropped && flow::testing::is_malformed(*dropped)) {
      require(events_.empty());
      const auto after = standing();
      const auto counted = std::optional(std::pair(side, *dropped));
      require(after[0].differs_from(before[0], &to == &flow_ ? counted : std::nullopt).empty());
      if (guest_) require(after[1].differs_from(before[1], &to == guest_.get() ? counted : std::nullopt).empty());
    }
    look_at_own();
  }
  std::vector<flow::testing::Standing> standing() {
    std::vector<flow::testing::Standing> out;
    out.emplace_back(flow_, now_);
    if (guest_) out.emplace_back(*guest_, now_);
    return out;
  }

  // By whoever knows the password, or has the keys.
  bool make_authentic(std::string& bytes) {
    const auto kind = rtp::classify(std::as_bytes(std::span(bytes)));
    if (kind == rtp::Kind::Stun) {
      bytes = fuzz::seal(bytes);
      return true;
    }
    if (!sender_ || (kind != rtp::Kind::Rtp && kind != rtp::Kind::Rtcp)) return false;
    const std::size_t size = bytes.size();
    bytes.resize(size + secure::kMaxGrowthBytes);
    const auto room = std::as_writable_bytes(std::span(bytes));
    const auto sealed = kind == rtp::Kind::Rtp ? sender_->protect_rtp(room, size) : sender_->protect_rtcp(room, size);
    if (sealed) bytes.resize(*sealed);
    return sealed.has_value();
  }

  void shake() {
    // USERNAME "ours:them", PRIORITY, ICE-CONTROLLING and USE-CANDIDATE (RFC 8445 7.1).
    send(flow_,
         fuzz::seal(std::string("\0\x06\0\x09ours:them\0\0\0\0\x24\0\x04\0\0\0\x64\x80\x2a\0\x08\0\0\0\0\0\0\0\x01"
                                "\0\x25\0\0",
                                40)),
         flow::Side::A, flow::Component::Rtp, kPhoneA);
    const auto peer = secure::DtlsSession::make(theirs(), {secure::DtlsRole::Active, {ours()->fingerprint()}});
    std::vector<secure::Datagram> mine;
    peer->start(kPhoneB, now_, mine);
    for (int turns = 0; turns < 20 && !mine.empty(); ++turns) {
      std::vector<flow::Flow::Outgoing> answers;
      for (const secure::Datagram& d : std::exchange(mine, {})) {
        send(flow_, {reinterpret_cast<const char*>(d.data()), d.size()}, flow::Side::A, flow::Component::Rtp, kPhoneA);
        std::ranges::move(own_, std::back_inserter(answers));
      }
      for (const auto& out : answers) peer->on_datagram(out.bytes, kPhoneB, true, now_, mine);
    }
    if (peer->keys()) sender_ = secure::make_sender(secure::Engine::OpenSsl, peer->keys()->send);
  }

  void look_at_own() {
    own_ = flow_.attend(events_);
    if (guest_)
      for (auto& out : guest_->attend(events_)) own_.push_back(std::move(out));
    for (const auto& out : own_) require(flow::is_usable(out.destination));
    events_.clear();
  }

  const Kind kind_;
  base::Instant now_{base::seconds(10)};
  flow::Flow flow_;
  std::unique_ptr<flow::Flow> guest_;  // on the transport of flow_
  std::unique_ptr<secure::Sender> sender_;
  packet::Buffers buffers_;
  std::vector<flow::Event> events_;
  std::vector<flow::Flow::Outgoing> own_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> input(data, size);
  if (input.size() < 2) return 0;
  Run run(static_cast<Kind>(input[0] % kKinds), input[1]);
  std::size_t at = 2;
  for (int datagrams = 0; at + 3 <= input.size() && datagrams < 200; ++datagrams) {
    const std::uint8_t where = input[at];
    std::size_t length = (std::size_t{input[at + 1]} << 8 | input[at + 2]) % (packet::kMaxDatagramBytes + 1);
    at += 3;
    length = std::min(length, input.size() - at);
    run.deliver(where, input.subspan(at, length));
    at += length;
  }
  run.end((input[1] & 128) != 0);
  return 0;
}
