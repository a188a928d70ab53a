#pragma once
// The messages of the control protocol as plain values. protocol.md says what they mean on the wire and in which order
// they go; this header is what programs on both ends work with.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/rare.h"
#include "media-relay/base/secret.h"

namespace control {

// Chosen by the controller, unique among its own sessions, 1 to kMaxSessionIdBytes visible ASCII bytes.
using SessionId = std::string;

// Strict: media is accepted from the remote address only. Learn: the remote address is learned once from a packet that
// arrives in the relay's latch window, from an address that `latch_from` allows.
enum class LatchMode : std::uint8_t { Strict, Learn, Hear };
// A flow joins two halves: A and B are the two legs of a call, in the controller's words.
enum class HalfSide : std::uint8_t { A, B };
std::string_view name_of(HalfSide side);

// ---- What a session should be ----

// SRTP keys (RFC 3711) of one direction. Secrets: never in a log, and wiped when the message ends.
struct SrtpKey {
  base::Secret key_and_salt;   // as long as the suite says
  std::string mki;             // raw bytes; of one length for all keys of a stream, empty: not used
  std::uint64_t lifetime = 0;  // packets that may be sent under it; 0: 2^48
  friend bool operator==(const SrtpKey&, const SrtpKey&) = default;
};
struct SrtpStream {
  std::string suite;          // its name in SDP (RFC 4568): "AES_CM_128_HMAC_SHA1_80"
  std::vector<SrtpKey> keys;  // the first one protects, any may have protected what arrives
  friend bool operator==(const SrtpStream&, const SrtpStream&) = default;
};
// Towards one peer. A direction that is absent is not known yet: nothing passes in it.
struct Srtp {
  std::optional<SrtpStream> send;     // from the relay to the peer
  std::optional<SrtpStream> receive;  // from the peer
  friend bool operator==(const Srtp&, const Srtp&) = default;
};

// ICE towards one peer (RFC 8445), of which the relay is the lite side. The names and the password are drawn by the
// controller and told in its SDP.
struct Ice {
  std::string local_ufrag;
  base::Secret local_password;
  std::string remote_ufrag;  // empty: not known yet
  friend bool operator==(const Ice&, const Ice&) = default;
};
// DTLS-SRTP with one peer (RFC 5764).
enum class DtlsRole : std::uint8_t { Passive, Active };  // Active: the relay sends the ClientHello
struct Fingerprint {
  std::string hash;   // "sha-256" or stronger, as in SDP (RFC 8122)
  std::string value;  // raw bytes
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};
struct Dtls {
  DtlsRole role = DtlsRole::Passive;
  std::string association;                // another name is another handshake
  std::vector<Fingerprint> fingerprints;  // of the peer; empty: not known yet, and nothing passes
  friend bool operator==(const Dtls&, const Dtls&) = default;
};

// What becomes of a payload type that the other half's peer sends.
enum class PayloadUse : std::uint8_t {
  Pass,   // it leaves under its new number
  Event,  // likewise, and it is telephone-event (RFC 4733): its timestamps and durations are scaled to the new clock
  Drop,   // it is not for this peer
};
struct PayloadRule {
  std::uint8_t from = 0;         // as the other half's peer sends it
  std::uint8_t to = 0;           // as this half's peer wants it; without meaning with Drop
  std::uint32_t clock_from = 0;  // of its RTP clock, in Hz; 0: not known (telephone-event: must be)
  std::uint32_t clock_to = 0;    // 0: the same
  PayloadUse use = PayloadUse::Pass;
  friend bool operator==(const PayloadRule&, const PayloadRule&) = default;
};
// How RTP is changed on its way to this half's peer.
struct Rewrite {
  std::vector<PayloadRule> payloads;  // each `from` once
  bool closed = false;                // payload types without a rule are dropped; else they pass as they are
  // One source of ours (SSRC) whose sequence numbers and timestamps go on whoever speaks behind it; RTCP is translated.
  // For streams with one source at a time: audio, text, not video with repair streams.
  bool continuous = false;
  friend bool operator==(const Rewrite&, const Rewrite&) = default;
};

struct EventFormat {  // telephone-event in one description
  std::uint8_t payload_type = 0;
  std::uint32_t clock = 0;  // Hz
  friend bool operator==(const EventFormat&, const EventFormat&) = default;
};
// Digits (DTMF) from and to this half's peer.
struct Digits {
  std::vector<EventFormat> heard;    // how the peer sends telephone-events that are told as Digit
  bool tones_heard = false;          // tones in its G.711 are told as well, and then not relayed
  std::optional<EventFormat> event;  // SendDigits towards it sends telephone-events so ...
  std::optional<std::uint8_t> tone;  // ... or else tones in G.711: 0 (PCMU) or 8 (PCMA). Both want rewrite.continuous
  bool begins = false;               // each telephone-event is told when it begins as well
  friend bool operator==(const Digits&, const Digits&) = default;
};

// Audio in one codec, as a description names it.
struct AudioFormat {
  std::string coding;  // "PCMU", "PCMA", "G722", "opus"
  std::uint8_t payload_type = 0;
  std::string fmtp = {};  // of the receiver; used for opus
  friend bool operator==(const AudioFormat&, const AudioFormat&) = default;
};
// Audio for a peer that does not speak the other one's codec: decoded, and coded anew on the way to it.
struct Transcode {
  std::vector<AudioFormat> from;  // as the other half's peer sends, all of one RTP clock
  AudioFormat to;
  std::uint32_t ptime_ms = 20;           // of the packets that leave
  std::vector<PayloadRule> events = {};  // telephone-events of the other half's peer, and what they become
  // Payload types of comfort noise, of the other half's peer and of this one; it passes where both have it, and is made
  // for a peer who has none.
  std::optional<std::uint8_t> noise_from = {};
  std::optional<std::uint8_t> noise_to = {};
  friend bool operator==(const Transcode&, const Transcode&) = default;
};

// BUNDLE (RFC 9143): the half has no ports, but uses those of another flow's half on the same side.
struct SharedTransport {
  std::uint32_t flow = 0;                   // its index: one that stands before, with ice and ports of its own
  std::vector<std::uint8_t> payload_types;  // those that the peer sends for this flow
  friend bool operator==(const SharedTransport&, const SharedTransport&) = default;
};

// The name of the line in packets from and to this half's peer (RFC 9143 15), where lines of one transport have payload
// types in common: of the one that owns the transport, and of those that share it.
struct MediaId {
  std::uint8_t extension = 0;               // identifier of the header extension (RFC 8285), 1 to 14
  std::string mid;                          // 1 to kMaxMidBytes
  std::vector<std::uint8_t> payload_types;  // of the owner: those that the peer sends for this line alone
  friend bool operator==(const MediaId&, const MediaId&) = default;
};

// Requests for a whole picture of video (PLI: RFC 4585 6.3.1, FIR: RFC 5104 4.3.1), where only one of the two peers
// speaks of them in RTCP.
struct Pictures {
  bool told = false;        // those of this half's peer are told as PictureAsked
  std::uint32_t asked = 0;  // another number than before: this half's peer is asked for one, once
  bool intra = false;       // ... by FIR; else by PLI
  friend bool operator==(const Pictures&, const Pictures&) = default;
};

// A sound for this half's peer, instead of what the other half's peer sends. While it stands here unchanged it is
// played once, over all its repetitions; another `number` is another playing. What has ended stays quiet.
struct Play {
  std::string sound;        // name of a file of the relay's, or tones (sound.h)
  std::uint32_t loops = 1;  // times; 0: for as long as it stands here
  AudioFormat format;       // as this half's peer wants it
  std::uint32_t ptime_ms = 20;
  bool yields = false;       // ends when the other half's peer is heard, instead of holding it back
  std::uint32_t number = 0;  // of the controller's; comes back with PlayEnded
  friend bool operator==(const Play&, const Play&) = default;
};

// A half without a peer: what comes from it is a copy of what the peer of another flow's half sends and the other one
// there hears, as a recorder gets it.
struct Copied {
  std::uint32_t flow = 0;  // its index: one of RTP that stands before, with a peer of its own on that half
  HalfSide half = HalfSide::A;
  friend bool operator==(const Copied&, const Copied&) = default;
};

// A header extension on its way to a peer: its identifier as the other half's peer sends it, and as it leaves.
struct ExtensionRule {
  std::uint8_t from = 0;
  std::uint8_t to = 0;
  friend bool operator==(const ExtensionRule&, const ExtensionRule&) = default;
};

struct HalfSpec {
  std::string network;                        // name of a network in the relay's configuration: "access", "core"
  std::optional<base::Endpoint> remote_rtp;   // where the peer said it receives; absent: not known yet
  std::optional<base::Endpoint> remote_rtcp;  // absent: remote_rtp with the next port (or the same one with rtcp_mux)
  bool rtcp_mux = false;                      // RFC 5761: RTCP goes to and comes from the RTP port
  LatchMode latch = LatchMode::Strict;
  std::vector<base::Prefix> latch_from;  // sources that may be learned; empty: any
  bool send = true;                      // the relay may send media to this peer
  bool receive = true;                   // the relay takes media from this peer
  // In clear: while one stream (SSRC) is heard, another one from the same source is not.
  bool one_stream = false;
  base::Rare<Srtp> srtp = {};            // absent: plain RTP, or dtls
  base::Rare<Ice> ice = {};              // absent: addresses as signalled or learned
  base::Rare<Dtls> dtls = {};            // instead of srtp; both want rtcp_mux
  std::optional<Rewrite> rewrite = {};   // absent: RTP and RTCP leave towards this peer as they came
  base::Rare<Digits> digits = {};        // absent: none are listened for, none can be sent
  base::Rare<Transcode> transcode = {};  // absent: audio leaves towards this peer in the codec in which it came
  // In clear: the streams that the peer has said are its own (SSRC); no other is heard. Empty: any
  // one.
  std::vector<std::uint32_t> sources = {};
  // Header extensions (RFC 8285) that may be sent to this peer; absent: all.
  std::optional<std::vector<ExtensionRule>> extensions = {};
  base::Rare<MediaId> mid = {};
  base::Rare<Pictures> pictures = {};
  base::Rare<SharedTransport> shared = {};  // without srtp, ice or dtls: those of the other flow count
  // Mark (RFC 2474) of all that is sent to this peer, 0 to 63; absent: the relay's.
  std::optional<std::uint8_t> dscp = {};
  base::Rare<Play> play = {};         // absent: nothing, or no more
  std::optional<Copied> copies = {};  // instead of a peer and ports, and of all that is about these
  // Of whoever is the peer. Another number is another party: it gets ports of its own, and nothing is kept of who was
  // there before. The other half goes on.
  std::uint32_t party = 0;
  friend bool operator==(const HalfSpec&, const HalfSpec&) = default;
};

// What both peers of a flow send and the other one hears is written to files in the relay's directory:
// "<name>-<index>.pcap" and ".wav". Another name is another recording; without `record` it ends.
struct Record {
  std::string name;  // letters, digits, '-', '_' and '.', the first one a letter or a digit
  bool pcap = false;
  bool wav = false;     // two channels: half A left, half B right
  bool paused = false;  // nothing is written meanwhile
  // In which codecs the peers may send; the relay knows the static payload types of those that it has.
  std::vector<AudioFormat> from_a = {};
  std::vector<AudioFormat> from_b = {};
  friend bool operator==(const Record&, const Record&) = default;
};

enum class Transport : std::uint8_t { Rtp, Udptl };  // Udptl: fax (T.38), without RTCP and without keys

struct FlowSpec {
  std::uint32_t index = 0;  // place of the media line; unique within the session
  std::string kind;         // "audio", "video": for people who read logs
  HalfSpec a;
  HalfSpec b;
  Transport transport = Transport::Rtp;
  base::Rare<Record> record = {};
  std::uint32_t quality_ms = 0;  // how often Quality is told; 0: never
  friend bool operator==(const FlowSpec&, const FlowSpec&) = default;
};

struct SessionSpec {
  std::vector<FlowSpec> flows;
  std::uint32_t media_timeout_ms = 0;  // 0: the relay's default
  bool suspended = false;              // on hold: no media is expected, the media timeout rests
  bool first = false;                  // opened also while the relay drains, or has all the sessions it may have
  std::uint32_t one_sided_ms = 0;      // of audio: silence of one half while the other is heard; 0: never told
  friend bool operator==(const SessionSpec&, const SessionSpec&) = default;
};

// ---- Commands ----

struct Hello {
  std::string controller;      // stays the same over restarts of the controller
  std::uint32_t lease_ms = 0;  // 0: the relay's default; the relay may shorten it
  std::uint32_t version = 1;   // kProtocolVersion
  friend bool operator==(const Hello&, const Hello&) = default;
};
struct Open {
  SessionId id;
  SessionSpec spec;
  friend bool operator==(const Open&, const Open&) = default;
};
struct Modify {  // the full state wanted: flows not named are closed, new ones opened
  SessionId id;
  SessionSpec spec;
  friend bool operator==(const Modify&, const Modify&) = default;
};
struct Close {
  SessionId id;
  std::string reason;  // for logs
  friend bool operator==(const Close&, const Close&) = default;
};
struct Query {
  SessionId id;
  friend bool operator==(const Query&, const Query&) = default;
};
struct List {
  std::string cursor;  // empty: from the start; else Listed::next of the page before
  friend bool operator==(const List&, const List&) = default;
};
enum class EventKind : std::uint32_t {
  FirstPacket = 1,
  Latched = 2,
  MediaLost = 4,
  SessionClosed = 8,
  OneSided = 16,
  PeerChanged = 32,
  Dtmf = 64,
  PlayEnded = 128,
  Stopping = 256,
  Quality = 512,
  RecordingStopped = 1024,
  Draining = 2048,
  PictureAsked = 4096
};
inline constexpr std::uint32_t kAllEvents = 255 + 256 + 512 + 1024 + 2048 + 4096;
struct Subscribe {
  std::uint32_t events = kAllEvents;  // set of EventKind; replaces the set before; 0: none
  friend bool operator==(const Subscribe&, const Subscribe&) = default;
};
struct Ping {
  friend bool operator==(const Ping&, const Ping&) = default;
};
// Digits (DTMF) towards the peer of a half that has `digits` for it, one after another behind those that wait.
struct SendDigits {
  SessionId id;
  std::uint32_t flow = 0;
  HalfSide half = HalfSide::A;
  std::string digits;             // of "0123456789*#ABCD!", '!' for a flash
  std::uint32_t duration_ms = 0;  // of each; 0: kDigitMs
  friend bool operator==(const SendDigits&, const SendDigits&) = default;
};
using Command = std::variant<Hello, Open, Modify, Close, Query, List, Subscribe, Ping, SendDigits>;
// Empty for a command that is about no one session.
const SessionId& session_of(const Command& command);
std::string_view name_of(const Command& command);  // "hello", "open", ...

// ---- Replies: exactly one per command ----

struct HalfAddress {  // what the peer is to be told; rtcp is always open, mux or not
  base::Endpoint rtp;
  base::Endpoint rtcp;
  std::string fingerprint = {};  // with dtls: of the relay's certificate, SHA-256, "4A:AD:..." as in SDP
  friend bool operator==(const HalfAddress&, const HalfAddress&) = default;
};
struct FlowAddresses {
  std::uint32_t index = 0;
  HalfAddress a;  // towards the peer of half A
  HalfAddress b;
  friend bool operator==(const FlowAddresses&, const FlowAddresses&) = default;
};
struct HalfStats {                     // seen from the relay: received from, and sent to, this half's peer
  std::uint64_t packets_received = 0;  // RTP
  std::uint64_t bytes_received = 0;    // UDP payload bytes of these
  std::uint64_t packets_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t rtcp_received = 0;
  std::uint64_t rtcp_sent = 0;
  std::uint64_t packets_dropped = 0;     // arrived, refused for any reason
  std::int64_t packets_lost = 0;         // RFC 3550 A.3; negative with duplicates
  std::uint64_t jitter_us = 0;           // RFC 3550 6.4.1, in microseconds
  std::uint32_t ssrc = 0;                // the last one received; 0: none yet
  std::optional<base::Endpoint> source;  // where media comes from now (learned or checked)
  std::uint64_t packets_expected = 0;    // by sequence number (RFC 3550 A.3)
  std::uint8_t payload_type = 0;         // of the last RTP packet
  std::uint64_t round_trip_us = 0;       // between the relay and this peer (RFC 3550 6.4.1); 0: not measured
  // What the peer reports of the stream that it gets; nullopt: nothing.
  struct Reported {
    std::int32_t lost = 0;      // since the stream began
    std::uint8_t fraction = 0;  // of 256, lately
    std::uint8_t mos = 0;       // RFC 3611 4.7.5 MOS-LQ times 10; 0: not known
    friend bool operator==(const Reported&, const Reported&) = default;
  };
  std::optional<Reported> reported = {};
  // How long packets of this peer were inside the relay before they left, in microseconds; 0: none did.
  std::uint32_t residence_mean_us = 0;
  std::uint32_t residence_max_us = 0;
  friend bool operator==(const HalfStats&, const HalfStats&) = default;
};
struct FlowStats {
  std::uint32_t index = 0;
  HalfStats a;
  HalfStats b;
  friend bool operator==(const FlowStats&, const FlowStats&) = default;
};

struct Welcome {                     // to Hello
  std::uint64_t relay_instance = 0;  // drawn at start: another number means another life of the relay
  std::uint32_t lease_ms = 0;        // what this controller got
  std::uint32_t sessions = 0;        // of this controller, alive from before
  std::vector<std::string> networks;
  // When the connection ends without a word, a successor that has the sessions may come within that time; 0: none will.
  std::uint32_t resume_ms = 0;
  friend bool operator==(const Welcome&, const Welcome&) = default;
};
struct Opened {
  SessionId id;
  std::vector<FlowAddresses> flows;  // in the order of the spec
  friend bool operator==(const Opened&, const Opened&) = default;
};
struct Modified {
  SessionId id;
  std::vector<FlowAddresses> flows;
  friend bool operator==(const Modified&, const Modified&) = default;
};
struct Closed {
  SessionId id;
  bool existed = false;          // false: nothing was left to close, which is fine
  std::vector<FlowStats> stats;  // final
  friend bool operator==(const Closed&, const Closed&) = default;
};
struct Queried {
  SessionId id;
  std::vector<FlowAddresses> flows;
  std::vector<FlowStats> stats;
  std::uint64_t age_ms = 0;
  friend bool operator==(const Queried&, const Queried&) = default;
};
struct Listed {
  std::vector<SessionId> ids;  // ascending
  std::string next;            // cursor of the next page; empty: this was the last
  friend bool operator==(const Listed&, const Listed&) = default;
};
struct Subscribed {
  std::uint32_t events = 0;
  friend bool operator==(const Subscribed&, const Subscribed&) = default;
};
struct Pong {  // how much the relay has to do, for all its controllers together
  std::uint32_t sessions = 0;
  std::uint32_t max_sessions = 0;  // 0: not told
  std::uint32_t controllers = 0;   // that are connected, or whose lease runs
  friend bool operator==(const Pong&, const Pong&) = default;
};

enum class ErrorCode : std::uint8_t {
  Malformed = 1,    // the frame or a field could not be understood
  Unsupported = 2,  // another protocol version, an unknown command
  HelloFirst = 3,   // nothing goes before Hello
  BadSpec = 4,      // a spec that contradicts itself or breaks a limit
  UnknownSession = 5,
  UnknownNetwork = 6,
  NoPorts = 7,  // the network's port range is used up (in use or in quarantine)
  SessionLimit = 8,
  Draining = 9,  // the relay is about to stop and opens nothing new
  Internal = 10,
  // Said by the controller's own end of the link, never on the wire:
  LinkDown = 11,    // no connection to the relay, or it broke before the reply
  Timeout = 12,     // the relay did not answer in time
  Overloaded = 13,  // too many commands wait for a reply
};
std::string_view name_of(ErrorCode code);  // "no_ports": for metrics and logs
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string text;
  friend bool operator==(const Error&, const Error&) = default;
};
struct SendingDigits {  // they are under way; what waits when the flow ends is not sent
  SessionId id;
  friend bool operator==(const SendingDigits&, const SendingDigits&) = default;
};
using Reply = std::variant<Welcome, Opened, Modified, Closed, Queried, Listed, Subscribed, Pong, Error, SendingDigits>;
std::string_view name_of(const Reply& reply);

// ---- Events: sent by the relay unasked, to controllers that subscribed ----

struct FirstPacket {  // media arrived from this half for the first time
  SessionId id;
  std::uint32_t flow = 0;
  HalfSide half = HalfSide::A;
  base::Endpoint source;
  friend bool operator==(const FirstPacket&, const FirstPacket&) = default;
};
struct Latched {  // the remote address of this half was learned
  SessionId id;
  std::uint32_t flow = 0;
  HalfSide half = HalfSide::A;
  base::Endpoint source;
  friend bool operator==(const Latched&, const Latched&) = default;
};
// Neither half was heard for the media timeout; said once per silence. The relay keeps the session: what follows is the
// controller's decision.
struct MediaLost {
  SessionId id;
  std::uint32_t flow = 0;
  std::uint32_t silent_ms = 0;
  friend bool operator==(const MediaLost&, const MediaLost&) = default;
};
// No RTP has come from this half for a while, though the other one is heard and both may speak; said once per silence.
struct OneSided {
  SessionId id;
  std::uint32_t flow = 0;
  HalfSide silent = HalfSide::A;
  std::uint32_t silent_ms = 0;
  friend bool operator==(const OneSided&, const OneSided&) = default;
};
// What ICE and DTLS have come to on one half.
enum class PeerChange : std::uint8_t {
  IceConnected = 1,  // the peer nominated a pair: `source`
  ConsentLost = 2,   // it no longer asks for media (RFC 7675): nothing is sent until its ICE restarts
  Secured = 3,       // the DTLS handshake is done and the fingerprint right; `text` is the suite
  NotSecured = 4,    // there will be no keys; `text` says why
  Closed = 5,        // the peer has ended the association: it is about to hang up, or to begin another one
};
std::string_view name_of(PeerChange change);
struct PeerChanged {
  SessionId id;
  std::uint32_t flow = 0;
  HalfSide half = HalfSide::A;
  PeerChange change = PeerChange::IceConnected;
  std::optional<base::Endpoint> source;
  std::string text;
  friend bool operator==(const PeerChanged&, const PeerChanged&) = default;
};
// A digit from this half has ended: told once, however it was sent and however often.
struct Dtmf {
  SessionId id;
  std::uint32_t flow = 0;
  HalfSide half = HalfSide::A;
  char digit = '0';
  std::uint32_t duration_ms = 0;
  bool began = false;  // no, it has only begun (digits.begins), and is told once more
  friend bool operator==(const Dtmf&, const Dtmf&) = default;
};
// A sound that was to be played on this half is over, or will not be heard.
enum class PlayEnd : std::uint8_t {
  Done = 1,         // all of it was played
  Yielded = 2,      // the other half's peer was heard
  NoSound = 3,      // the relay has none of this name
  TooMany = 4,      // the relay plays as many different sounds as it may
  Unreachable = 5,  // nothing could be sent to the peer for some seconds: no address, no keys
};
std::string_view name_of(PlayEnd end);
struct PlayEnded {
  SessionId id;
  std::uint32_t flow = 0;
  HalfSide half = HalfSide::A;
  std::uint32_t number = 0;  // as in Play
  PlayEnd end = PlayEnd::Done;
  friend bool operator==(const PlayEnded&, const PlayEnded&) = default;
};
// A flow is not recorded, or not any more, though its spec says so: no directory, too many, a disk that is full. The
// session goes on as if nothing had happened: what follows is the controller's decision.
struct RecordingStopped {
  SessionId id;
  std::uint32_t flow = 0;
  std::string reason;
  friend bool operator==(const RecordingStopped&, const RecordingStopped&) = default;
};
// How a flow sounded since it was told last, or began. Not told when nothing came from either half.
struct Quality {
  SessionId id;
  // What each half sent since then: packets_received, packets_expected and packets_lost. jitter_us, ssrc, payload_type,
  // round_trip_us and reported as they are now; the others are 0.
  FlowStats lately;
  friend bool operator==(const Quality&, const Quality&) = default;
};
struct SessionClosed {  // the relay ended the session by itself
  SessionId id;
  std::string reason;
  std::vector<FlowStats> stats;
  friend bool operator==(const SessionClosed&, const SessionClosed&) = default;
};
// The relay stops and has kept its sessions for its successor (restart.md): whoever connects within the time finds
// them. Those that it could not keep are missing from List then.
struct Stopping {
  std::uint32_t resume_ms = 0;
  friend bool operator==(const Stopping&, const Stopping&) = default;
};
// The relay opens nothing new, but for what comes first, and ends what is left when that time is over. Told when that
// begins, and to whoever subscribes meanwhile.
struct Draining {
  std::uint32_t within_ms = 0;
  friend bool operator==(const Draining&, const Draining&) = default;
};
// This half's peer wants a whole picture of the other half's video, and `pictures` says that it is told. Not more than
// once a second.
struct PictureAsked {
  SessionId id;
  std::uint32_t flow = 0;
  HalfSide half = HalfSide::A;
  friend bool operator==(const PictureAsked&, const PictureAsked&) = default;
};
// Never on the wire: the session's relay drains, and another one is there that takes sessions.
struct SessionDrains {
  SessionId id;
  friend bool operator==(const SessionDrains&, const SessionDrains&) = default;
};
// Never on the wire: the controller's end of the link found out that the relay no longer has this session (it was
// restarted, or the lease ran out while the link was down).
struct SessionLost {
  SessionId id;
  std::string reason;
  friend bool operator==(const SessionLost&, const SessionLost&) = default;
};
using Event = std::variant<FirstPacket, Latched, MediaLost, SessionClosed, OneSided, PeerChanged, Dtmf, PlayEnded,
                           Quality, Stopping, RecordingStopped, SessionLost, Draining, SessionDrains, PictureAsked>;
// Empty for an event that is about the relay itself.
const SessionId& session_of(const Event& event);
std::string_view name_of(const Event& event);

// ---- What a controller's rooms are given (an ordinary input of a pure state machine) ----

struct RelayReply {
  std::uint64_t owner = 0;    // as given with the command
  std::uint64_t request = 0;  // as returned when the command was sent
  Reply reply;
  SessionId session = {};  // that the command was about, which an Error does not say; empty: none
};
struct RelayEvent {
  std::uint64_t owner = 0;  // owner of the session's Open
  Event event;
};

}  // namespace control
