#pragma once
// What a flow shall do, as plain values: written by whoever opens the flow, never changed afterwards. A modification is
// a new spec that replaces the old one between two batches.

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/hash.h"
#include "media-relay/base/ip.h"
#include "media-relay/base/rare.h"
#include "media-relay/base/time.h"
#include "media-relay/flow/limits.h"
#include "media-relay/flow/play.h"
#include "media-relay/flow/repair.h"
#include "media-relay/flow/transcode.h"
#include "media-relay/ice/agent.h"
#include "media-relay/rtp/extension.h"
#include "media-relay/secure/context.h"
#include "media-relay/secure/dtls_session.h"

namespace flow {

// The two ends of a flow, and the two components of an end.
enum class Side : std::uint8_t { A, B };
enum class Component : std::uint8_t { Rtp, Rtcp };

constexpr Side other(Side s) {
  return s == Side::A ? Side::B : Side::A;
}
constexpr std::size_t index_of(Side s) {
  return static_cast<std::size_t>(s);
}
constexpr std::size_t index_of(Component c) {
  return static_cast<std::size_t>(c);
}

enum class LatchMode : std::uint8_t {
  Strict,  // only the signalled remote endpoint is heard
  Learn,   // the first plausible source inside the window after signalling is learned (RFC 4961, RFC 7362)
  Hear,    // likewise, and it is heard; what is sent goes to the signalled endpoint, which may be another one
};

// SRTP with a peer. A direction whose keys are not known yet passes nothing: not in clear, and not unchecked.
struct Srtp {
  std::optional<secure::Parameters> send;     // what we protect with
  std::optional<secure::Parameters> receive;  // what the peer protects with
  friend bool operator==(const Srtp&, const Srtp&) = default;
};

// DTLS-SRTP with a peer: the keys come from the handshake.
struct Dtls {
  std::shared_ptr<const secure::Identity> identity;
  // Another name is another association (RFC 8842 section 4): a new handshake, while the keys of the old one go on.
  // What stands behind kPeerMark is the peer's, and may become known later; another one of these, like another
  // certificate, is another peer: a new handshake, and the old keys are gone.
  std::string association;
  secure::DtlsParameters parameters;
};
inline constexpr char kPeerMark = ';';
// Whether the second name may be what the first one has become.
bool is_same_association(std::string_view before, std::string_view now);

// The name of a line in packets from and to its peer (RFC 9143 15), under an identifier of the one-byte form (RFC 8285
// 4.2: 1 to 14); up to 16 bytes.
struct MediaId {
  std::uint8_t extension = 0;
  std::string name;
  friend bool operator==(const MediaId&, const MediaId&) = default;
};

// Requests for whole pictures (PLI, FIR), where only one of the two peers speaks of them in RTCP (pictures.cc).
struct Pictures {
  bool told = false;        // those of this side are told
  std::uint32_t asked = 0;  // another number in a replacement: this side is asked for one
  bool intra = false;       // by FIR (RFC 5104 4.3.1), else by PLI (RFC 4585 6.3.1)
};

struct HalfSpec {
  // Our own ports on this side, as bound: what the loop guard compares with. Empty when there is none.
  base::Endpoint local_rtp;
  base::Endpoint local_rtcp;
  // What the peer's SDP says; nullopt: not known yet. 0.0.0.0, ::, multicast and port 0 count as not known (hold as in
  // RFC 3264 8.4 sends nothing). remote_rtcp is not looked at with rtcp_mux; without it, nullopt means remote_rtp's
  // port + 1.
  std::optional<base::Endpoint> remote_rtp;
  std::optional<base::Endpoint> remote_rtcp;
  bool rtcp_mux = false;  // RFC 5761: RTCP shares the RTP port, both ways
  LatchMode latch = LatchMode::Strict;
  std::vector<base::Prefix> latch_from;     // sources that may be learned; empty: any. At most kMaxLatchPrefixes.
  bool send = true;                         // RTP may be sent to this peer (RTCP always may, RFC 3264 8.4)
  bool receive = true;                      // RTP from this peer is relayed (RTCP always is)
  bool one_stream = false;                  // in clear: see StreamGuard::Rules
  std::vector<std::uint32_t> sources = {};  // in clear: the peer's own; empty: any
  base::Rare<Srtp> srtp = {};               // nullopt: plain RTP, or DTLS
  // The peer's address is what its checks say, whatever was signalled. RTP and RTCP on one port.
  base::Rare<ice::Parameters> ice = {};
  base::Rare<Dtls> dtls = {};           // likewise on one port; instead of `srtp`
  std::optional<Rewrite> rewrite = {};  // towards this side; nullopt: packets leave as they came
  base::Rare<Digits> digits = {};
  base::Rare<Transcode> transcode = {};  // towards this side
  base::Rare<Play> play = {};            // towards this side, instead of what comes from the other one
  // Has no ports: it uses the transport of another flow's half (Flow::share), whose ICE, DTLS and addresses count. Of
  // what comes there, these payload types are for this flow (RFC 9143 9.2).
  bool shared = false;
  std::bitset<128> payload_types = {};
  // Where lines of one transport have payload types in common, on each of them. What names no line and comes from no
  // source of one goes by `payload_types`, also to the owner of the transport.
  base::Rare<MediaId> mid = {};
  base::Rare<Pictures> pictures = {};
  // Has neither peer nor ports: what comes from it are copies of what comes from this side of another flow
  // (Flow::copy).
  std::optional<Side> copies = {};
  // Header extensions (RFC 8285) that this peer has agreed to, and under which identifiers; it is sent no others.
  // nullopt: whatever comes.
  std::optional<rtp::ExtensionMap> extensions = {};
  // Another number is another peer (party.cc).
  std::uint32_t party = 0;
  std::uint8_t dscp = kDefaultDscp;  // mark of what leaves for this peer (RFC 2474), 0 to 63
};

enum class Transport : std::uint8_t {
  Rtp,
  Udptl,  // fax (T.38): one datagram is one packet, on the RTP port; no RTCP, no keys, no ICE
};

// Copies of what the two sides hear are taken (packet_tap.h).
struct Record {
  std::uint64_t id = 0;
  bool paused = false;
  friend bool operator==(const Record&, const Record&) = default;
};

struct Spec {
  HalfSpec a;
  HalfSpec b;
  Transport transport = Transport::Rtp;
  base::Duration latch_window = kDefaultLatchWindow;
  // With `one_stream`, in clear (stream_guard.h):
  base::Duration stream_silence = kStreamSilence;  // before another stream is heard
  bool steady = false;                             // audio, video: packets of a stream come in a row while it speaks
  bool probation = false;                          // audio: the first stream has to prove itself, too
  // Silence of both sides, RTP and RTCP, that is reported as lost media; zero: never. The time runs only while the flow
  // is not suspended, both remotes are known, and at least one side is received from: see flow.h.
  base::Duration media_timeout{};
  // Silence (no RTP) of one side, while the other one is heard, that is reported; zero: never. Looked at only where the
  // side is received from and its media may be sent on, and not while the flow is suspended.
  base::Duration one_sided_timeout{};
  base::Duration quality_interval{};  // how often Quality is told of RTP; zero: never
  bool suspended = false;
  std::optional<Record> record = {};
  secure::Engine srtp_engine = secure::Engine::OpenSsl;
  // Key under which the names in RTCP are hidden (rtp/sdes.h). Best chosen at random per session and used for all of
  // its flows, so that receivers can still synchronise them by CNAME (RFC 3550 6.5.1). All zero: the worker's own key
  // is used.
  base::HashKey name_key;
  // Together with the key, what SSRCs of ours come from: of one flow only. The worker sets it.
  std::uint64_t number = 0;

  const HalfSpec& half(Side s) const { return s == Side::A ? a : b; }
};

// Empty when the spec can be built, else what is wrong with it.
std::string check(const Spec& spec);

}  // namespace flow
