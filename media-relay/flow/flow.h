#pragma once
// One flow: media between two sides, walked packet by packet. Pure: time is an argument, packets are bytes, the ports
// are indexes. Which steps a packet takes is fixed when the spec is set:
//
//   demux -> read (header checks) -> gate and latch (SourceGuard) -> inspect (statistics) -> hide names (RTCP) ->
//   forward
//
// What the listener has not agreed to be sent in header extensions is taken out before the last step.
//
// Fax (UDPTL) takes the steps of RTP without what only RTP has: no demultiplexing, no SSRC, no reports. What is not one
// whole packet is dropped.
//
// A side with ICE has no latch: its gate is open to the addresses from which authentic checks came, and media goes to
// the pair that the peer nominated (connect.cc, which also answers checks and walks DTLS handshakes).
//
// A side with SRTP has two steps in front: gate (nobody who could not be heard is worth a computation, nor may he use
// up the replay window) and unprotect; what is read, latched and counted is authentic. Towards a side with SRTP the
// last step protects. A direction whose keys are unknown passes nothing.
//
// A side that asked for digits is listened to behind `inspect`, and towards a side that asked for it RTP and RTCP are
// rewritten in front of the last step (repair.cc): what is rewritten is clear and authentic, what is protected has its
// final numbers. Transcoded audio is rewritten behind its transcoder.
//
// A side that is played a sound hears that instead of the other side, in the stream in which it hears the other side
// where that is ours (`continuous`), else in a stream of its own (playing.cc). Playing goes on over a replacement of
// the spec that asks for the same.
//
// Lost media. A side may be silent by design: an announcement, early media, a listener who is muted. So silence is lost
// media only when nothing at all, neither RTP nor RTCP, was accepted from either side for the timeout. The time runs
// while the flow is not suspended, at least one side is received from, and both peers' addresses are known (signalled
// or learned); it starts anew when that becomes true and at each replacement of the spec. It is reported once per
// silence.
//
// Secure media that does not come about. When signalling has named both peers and a DTLS handshake is not done within
// kHandshakeLimit, that is told, and again each time that it passes; a peer that is only slow is still heard. A
// handshake that has failed is told when it does, and with each replacement that asks for no other association: who was
// told before the call was answered knows it then.
//
// NATs. A peer whose address is learned is sent empty datagrams before it has been heard, and while nothing else goes
// to it (keepalive.cc).
//
// Recording. What one side sends and the other one hears is copied when it is open and has been inspected, as it came:
// before it is changed for the other side. What the other side does not get (a hold, a sound that is played over it) is
// not recorded; the sound is, in its place.
//
// Copies (copy.cc). Likewise they are handed to flows that have `copies` of that side. Towards its other side such a
// flow is one as others: its keys, its numbers, its reports.
//
// One-sided media. Where one side is heard and the other one ought to be and is not, somebody hears nothing: a NAT or a
// filter, mostly. That is told with the name of the silent side, and ends nothing.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/hash.h"
#include "media-relay/base/rare.h"
#include "media-relay/base/time.h"
#include "media-relay/flow/digit_listener.h"
#include "media-relay/flow/digit_player.h"
#include "media-relay/flow/drop.h"
#include "media-relay/flow/event.h"
#include "media-relay/flow/held_back.h"
#include "media-relay/flow/ledger.h"
#include "media-relay/flow/media_report.h"
#include "media-relay/flow/outlet.h"
#include "media-relay/flow/packet_tap.h"
#include "media-relay/flow/rewriter.h"
#include "media-relay/flow/sound_player.h"
#include "media-relay/flow/source_guard.h"
#include "media-relay/flow/spec.h"
#include "media-relay/flow/stats.h"
#include "media-relay/flow/transcoder.h"
#include "media-relay/packet/packet.h"
#include "media-relay/rtp/header.h"
#include "media-relay/rtp/reception.h"
#include "media-relay/rtp/report.h"
#include "media-relay/rtp/rtcp.h"
#include "media-relay/rtp/translate.h"

namespace flow {

class Flow {
 public:
  // The local ports by side and component; invalid: not open.
  using Ports = std::array<std::array<packet::PortIndex, 2>, 2>;

  // The spec must have passed `check`.
  Flow(Spec spec, const Ports& ports, base::Instant now);
  ~Flow();
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  // A half that is `shared` uses the transport of `carrier`'s half from now on, which has ICE, until one of the two is
  // gone. Both walk on one thread; the guest wants attention when its carrier has had a packet.
  void share(Side side, Flow& carrier);
  // The side's ports are closed: it is to share a transport.
  void close_ports(Side side) { ports_[index_of(side)] = {}; }
  // The side has these ports instead, and its own are closed; `replace` with their addresses follows.
  void move_ports(Side side, const std::array<packet::PortIndex, 2>& ports) { ports_[index_of(side)] = ports; }

  // Where copies go when the spec says `record`; must outlive the flow. Without one, nothing is recorded.
  void record_to(PacketTap* tap) { tap_ = tap; }

  // A half that has `copies` hears copies of what comes from that side of `source`, until one of the two is gone. Both
  // walk on one thread; the copier wants attention when the source has had a packet.
  void copy(Side side, Flow& source, Side of);
  // Where copies leave; must outlive the flow. Without one they do not.
  void leave_by(Outlet* outlet) { outlet_ = outlet; }

  // Sets a new spec (signalling has spoken). Statistics stay; learned sources stay where the remote stays; SRTP goes on
  // with its rollover counters and replay windows in each direction whose keys stay, and starts anew where they do not
  // (RFC 3711 3.3.1, RFC 4568 7.1.4). Where a side's `party` is another one, nothing of its peer stays.
  void replace(Spec spec, base::Instant now);

  // Walks a packet that arrived on the given port. Either fills `leaves_by` and `destination` (and may rewrite the
  // bytes), or returns why it is dropped, which is counted here as well. Allocates nothing unless there is an event.
  std::optional<Drop> on_packet(packet::Packet& packet, Side side, Component port, base::Instant now,
                                std::vector<Event>& events);

  // To be asked after construction, `replace` and `on_deadline`; packets only ever postpone what is due.
  base::Instant next_deadline() const;
  void on_deadline(base::Instant now, std::vector<Event>& events);

  // Digits towards a side, one after another. False when this side has not asked for it, is not sent to, or too many
  // wait already.
  bool play(Side to, const std::string& digits, base::Duration each, base::Instant now);
  // The flow is about to end: BYE of the streams that were sent (RFC 3550 6.6), for `attend`.
  void say_farewell();
  void say_farewell(Side side);  // likewise, toward one side, and of those that are relayed as they come

  // ICE, DTLS and digits make datagrams of their own, events and deadlines, also when a packet comes or the spec is
  // replaced: to be asked after each call.
  bool wants_attention() const { return attention_; }
  struct Outgoing {
    packet::PortIndex port;
    base::Endpoint destination;
    std::vector<std::byte> bytes;
    std::uint8_t dscp = packet::Packet::kMarkOfPort;
  };
  // What is to be sent is handed out, events are appended.
  std::vector<Outgoing> attend(std::vector<Event>& events);

  // Whether audio is transcoded in either direction, and what was done since it was asked last.
  bool transcodes() const { return halves_[0].transcoder || halves_[1].transcoder; }
  TranscodeCounts take_transcode_counts();

  // Everything that a flow of the same spec has to know to go on in another process: rollover counters, replay windows,
  // keys of DTLS, learned and nominated sources, statistics. The flow must not see another packet afterwards: what it
  // protected then, its successor would protect again (RFC 3711 9.1). nullopt when it cannot be told: a handshake is
  // under way, or the engine does not say.
  std::optional<std::string> save(base::Instant now);
  // Of a flow that has just been made, with the spec of the one that was saved. False when the bytes are not of such a
  // one: the flow is of no use then.
  bool restore(std::string_view saved, base::Instant now);

  // As save, for the case that this process dies: the flow goes on, and until then what would make these bytes unsafe
  // is written to its ledger (ledger.cc). Times are told as they are.
  std::optional<std::string> checkpoint() { return save(base::Instant{}); }
  // As restore, from a checkpoint of a process that died, and what was in the flow's ledger then. False also when its
  // keys have changed since.
  bool restore(std::string_view checkpoint, const Ledger& last, base::Instant now);
  // Zeros, or what restore was given; outlives the flow. Null: checkpoints are of no use.
  void keep_in(Ledger* ledger);

  // A packet of this side's has left, so long after it came. Told by whoever sends it; of a bundle all count here.
  void resided(Side side, base::Duration stay) {
    half(side).stats.residence.add(stay);
    if (auto& stayed = half(side).stayed) stayed->add(stay);
  }

  Stats stats(base::Instant now) const;
  const Spec& spec() const { return spec_; }
  const Ports& ports() const { return ports_; }

 private:
  struct Context {
    packet::Packet& packet;
    Side side;
    Component port;
    base::Instant now;
    std::vector<Event>& events;
    std::size_t arrived = 0;  // bytes, protection included
    rtp::Header header{};
    rtp::Compound compound{};
    bool answered = false;     // the packet leaves as the answer to itself, though it is counted as dropped
    bool absorbed = false;     // it does not leave by itself: its audio waits for what fills up a packet
    bool handed_over = false;  // to another flow of the bundle, which counts it
  };
  using Step = std::optional<Drop> (Flow::*)(Context&);
  // The last step forwards or drops. Unused places behind it are never reached.
  using Pipeline = std::array<Step, 13>;
  // A pipeline as it is kept: places in kSteps (path.cc), a byte for each.
  using Row = std::array<std::uint8_t, 13>;
  static const std::array<Step, 35> kSteps;
  static Row row_of(const Pipeline& steps);

  // Empty datagrams to a peer behind a NAT.
  struct Keepalive {
    base::Instant due{};
    base::Endpoint remote;   // as signalled when it began
    std::uint64_t sent = 0;  // packets of RTP, when it was looked at last
    unsigned pierced = 0;
    bool piercing = true;  // nothing has come from the peer yet
  };
  // Packets of ours to a side whose streams contend (solicit.cc).
  struct Solicitation {
    base::Instant due{};
    base::Instant until{};
    std::uint64_t sent = 0;  // packets of RTP, when it was looked at last
  };
  struct Copier {
    Flow* flow;
    Side side;  // of it
  };
  struct Association {
    std::string name;
    std::vector<secure::Fingerprint> certificates;  // of its peer; empty: not known yet
  };
  // Of a half that shares a transport (bundle.cc), or whose peer hears streams that are not ours.
  struct Streams {
    std::vector<Flow*> guests;  // who use this half's transport
    // Sources that come from the peer for this flow, and those that it is sent. Video has three each way (media,
    // retransmissions, FEC).
    std::array<std::uint32_t, 8> sources{};
    std::size_t next_source = 0;
    // The last ones that were sent to it; 0: none.
    std::array<std::uint32_t, 4> sent{};
    std::size_t next_sent = 0;
    void remember(std::uint32_t ssrc);
    void forget(std::uint32_t ssrc);
    bool knows(std::uint32_t ssrc) const;
    void note_sent(std::uint32_t ssrc);

    template <typename Carrier>
    void carry(Carrier& c) {
      c(sources, next_source, sent, next_sent);
      c.expect(next_source < sources.size() && next_sent < sent.size());
    }
  };
  struct Half {
    std::array<SourceGuard, 2> guard;              // by component
    std::array<std::array<Row, 2>, 2> pipeline{};  // by port and kind of packet
    rtp::Reception reception;
    ReceptionReport reception_report;            // what was told of it beside transcoded audio
    std::unique_ptr<secure::Sender> sender;      // null: plain RTP, or no keys
    std::unique_ptr<secure::Receiver> receiver;  // likewise
    // Of the key that `receiver` has followed: until `former_until`, or the first packet under the new one.
    std::unique_ptr<secure::Receiver> former;
    base::Instant former_until{};
    bool strange_keys = false;  // of DTLS: those in use are of another peer than the one that is signalled now
    rtp::PeerReports reports;
    std::unique_ptr<ice::Agent> ice;
    std::unique_ptr<secure::DtlsSession> dtls;
    base::Rare<Association> association;  // of `dtls`; there when that is
    std::unique_ptr<Rewriter> rewriter;   // towards this side; kept once there was one
    std::unique_ptr<DigitListener> listener;
    std::unique_ptr<DigitPlayer> player;     // towards this side
    std::unique_ptr<Transcoder> transcoder;  // towards this side
    std::unique_ptr<SoundPlayer> sound;      // likewise; kept when it has ended
    base::Instant secured_by = base::kNever;
    base::Instant report_due = base::kNever;  // of what we play towards this side
    std::uint64_t reports_passed = 0;         // RTCP of the other side when it was looked at last
    PacketCounts stats;
    DropTally drops;
    base::Instant picture_told{};
    base::Instant last_heard{};
    bool heard = false;
    std::optional<base::Instant> last_rtp;
    std::optional<base::Instant> told_silent;  // when its present silence was told
    base::Rare<Keepalive> keepalive;
    base::Rare<Solicitation> solicitation;
    base::Rare<HeldBack> held_back;                   // while a stream of this side's has to prove itself
    std::uint8_t dscp = packet::Packet::kMarkOfPort;  // of media to this side
    struct Sums {
      std::uint64_t packets = 0;
      std::uint64_t expected = 0;
      std::int64_t lost = 0;
    };
    Sums sums() const { return {stats.rtp_packets_in, reception.expected(), reception.lost()}; }
    Sums told;                     // as they were when Quality was told last
    base::Rare<Residence> stayed;  // since then; nullopt: it is not told
    Flow* carrier = nullptr;       // whose transport this half uses (bundle.cc)
    Flow* copied = nullptr;        // copy.cc
    std::vector<Copier> copiers;   // of what comes from this side
    std::unique_ptr<Streams> streams;
    bool bundled() const { return streams && (carrier != nullptr || !streams->guests.empty()); }
    std::span<Flow* const> guests() const { return streams ? streams->guests : std::span<Flow* const>(); }
    base::IpAddress host{};  // from where its RTP was learned; empty: not learned
  };
  // The way out towards a side, decided when something changes rather than for each packet.
  struct Exit {
    packet::PortIndex port;
    base::Endpoint destination;
    std::optional<Drop> closed = Drop::NoDestination;
  };

  // Building (flow.cc).
  void build();
  void open_guards(Side side, base::Instant now);
  void forget_peer(Side side, base::Instant now);  // party.cc
  void set_keys(Side side, const base::Rare<Srtp>& old, base::Instant now);
  Pipeline checked_pipeline(Side side, Component kind) const;
  // Of RTP from `side` that has been inspected.
  void add_way_out(Pipeline& steps, Side side) const;
  Pipeline pipeline_for(Side side, Component port, Component kind) const;
  void update_exits();
  void mark_packets();
  bool hears_strange_streams(Side side) const;
  Exit exit_for(Side side, Component component) const;
  bool is_timed() const;
  bool is_ready() const;
  void start_clock(base::Instant now);
  bool should_speak(Side side) const;
  base::Instant look_for_lost_media(base::Instant now, std::vector<Event>& events);
  base::Instant look_for_one_sided_media(base::Instant now, std::vector<Event>& events);

  // NATs (keepalive.cc).
  void start_keepalive(Side side, base::Instant now);
  void on_keepalive_deadline(Side side, base::Instant now);

  // First packets (hold.cc).
  void hold_back(const Context& c);
  void follow_up(Context& c);

  // Reports of peers whose streams contend (solicit.cc).
  void solicit_report(Side side, base::Instant now);
  void on_solicit_deadline(Side side, base::Instant now);

  // Quality while the flow lasts (quality.cc).
  void start_reports(base::Instant now);
  void report_quality(base::Instant now, std::vector<Event>& events);

  // Bundles (bundle.cc).
  Pipeline guest_pipeline(Side side, Component kind) const;
  std::optional<Drop> hand_over_rtp(Context& c);
  std::optional<Drop> hand_over_rtcp(Context& c);
  Flow* line_of(const Context& c);
  Flow* line_named(Side side, std::string_view name);
  std::optional<Drop> name_line(Context& c);
  void name_own(Side side, std::vector<std::byte>& packet) const;
  std::optional<Drop> take_over(Context& c, Component kind);
  // Whose ports and keys are used toward the side.
  Flow& transport(Side side) { return half(side).carrier != nullptr ? *half(side).carrier : *this; }
  const Flow& transport(Side side) const { return half(side).carrier != nullptr ? *half(side).carrier : *this; }
  // Over a restart (carry.cc).
  template <typename Carrier>
  void carry(Carrier& c);
  template <typename Carrier>
  void carry_half(Carrier& c, Side side);
  template <typename Carrier>
  void carry_streams(Carrier& c, Half& h);
  template <typename Carrier>
  void carry_keys(Carrier& c, Side side);
  bool take_up(std::string_view saved, base::Instant saved_at);
  void begin_again(base::Instant now);
  // After a crash (ledger.cc).
  void keep_counters();
  bool catch_up(const Ledger& last, base::Instant now);

  // Keys that change (key_grace.cc).
  void judge_keys(Side side, const HalfSpec& next);
  void retire_receiver(Side side, base::Instant now);
  using Unprotect = secure::Outcome (secure::Receiver::*)(std::span<std::byte>);
  secure::Outcome unprotect(Context& c, Component kind);

  // ICE and DTLS (connect.cc).
  void connect(Side side, base::Instant now);
  void set_dtls(Side side);
  void start_dtls(Side side, base::Instant now);
  bool is_described(Side side) const;
  void watch_handshake(Side side, base::Instant now);
  std::optional<Drop> take_stun(Context& c);
  std::optional<Drop> take_dtls(Context& c);
  std::optional<Drop> may_handshake(const Context& c, bool& vouched) const;
  void heed(Side side, const std::vector<ice::Event>& told);
  void heed_dtls(Side side, std::vector<secure::Datagram>& datagrams, const base::Endpoint& to,
                 secure::DtlsState before, base::Instant now);
  void on_connect_deadline(Side side, base::Instant now);

  // Transcoding (transcoding.cc).
  class TranscoderSink;
  class NoiseSink;
  void set_transcoder(Side side);
  static Rewrite behind_transcoder(const Transcode& transcode, bool continuous);
  void on_noise_deadline(Side side, base::Instant now);
  std::optional<Drop> transcode_rtp(Context& c);
  std::optional<Drop> transcode_rtcp(Context& c);
  std::optional<Drop> send_made(Context& c);
  Step last_rtp_step(Side to) const;
  Step last_rtcp_step(Side to) const;

  // Recording (record.cc).
  Pipeline recorded(const Pipeline& steps, Side side) const;
  std::optional<Drop> record(Context& c);
  void record_sound(Side to, std::span<const std::byte> packet, base::Instant now);

  // Copies (copy.cc).
  void part_copies();
  void stop_copying(Side side);
  void judge_copies(Side side, const HalfSpec& next);
  void hear_copy(Side side, const Context& of, Component kind);
  std::optional<Drop> absorb(Context& c);

  // Rewriting and digits (repair.cc).
  void set_repair(Side side);
  rtp::OutgoingStream first_stream(Side side) const;
  Pipeline repaired(Pipeline steps, Side side, Component kind) const;
  bool is_continuous(Side side) const {
    return spec_.half(side).rewrite && spec_.half(side).rewrite->continuous && half(side).rewriter;
  }
  std::optional<Drop> listen(Context& c);
  std::optional<Drop> rewrite_rtp(Context& c);
  std::optional<Drop> rewrite_rtcp(Context& c);
  static std::optional<Drop> translate_rtcp(Context& c, const rtp::Direction& direction);
  void swallow(Context& c);
  void tell_digit(const Dtmf& digit, base::Instant now, std::vector<Event>& events);
  base::Instant next_repair_deadline() const;
  void on_repair_deadline(Side side, base::Instant now, std::vector<Event>& events);
  bool send_own(Side side, Component component, std::vector<std::byte> packet);

  void say_farewell(Side side, std::uint32_t ssrc);
  // Requests for pictures (pictures.cc).
  void tell_pictures(Context& c);
  void ask_for_picture(Side side, std::uint32_t before);

  // Sounds (playing.cc).
  void set_sound(Side side, base::Instant now);
  void tell_sound(Side side, std::vector<Event>& events);
  std::optional<Drop> give_way(Context& c);
  SoundPlayer::Way way_to(Side side) const;
  void on_sound_deadline(Side side, base::Instant now, std::vector<Event>& events);
  // Reports of what is played (own_reports.cc).
  base::Instant next_own_report(Side side) const;
  void on_own_report_deadline(Side side, base::Instant now);
  // Of the stream of ours that the side hears.
  std::vector<std::byte> media_packet(Side side, const rtp::Stamp& stamp, std::uint8_t payload_type,
                                      std::span<const std::byte> payload) const;
  void send_media(Side side, std::vector<std::byte> packet);

  // Steps (path.cc).
  std::optional<Drop> walk(Context& c);
  std::optional<Drop> run(std::span<const std::uint8_t> steps, Context& c);
  std::optional<Drop> gate_rtp(Context& c);
  std::optional<Drop> gate_rtcp(Context& c);
  std::optional<Drop> gate_checked(Context& c);
  std::optional<Drop> unprotect_rtp(Context& c);
  std::optional<Drop> unprotect_rtcp(Context& c);
  std::optional<Drop> read_rtp(Context& c);
  std::optional<Drop> read_rtcp(Context& c);
  std::optional<Drop> admit_rtp(Context& c);
  std::optional<Drop> admit_rtcp(Context& c);
  std::optional<Drop> admit_muxed_rtcp(Context& c);
  std::optional<Drop> take_udptl(Context& c);
  std::optional<Drop> inspect_udptl(Context& c);
  std::optional<Drop> inspect_rtp(Context& c);
  std::optional<Drop> inspect_rtcp(Context& c);
  std::optional<Drop> hide_names(Context& c);
  std::optional<Drop> filter_extensions(Context& c);
  std::optional<Drop> forward_rtp(Context& c);
  std::optional<Drop> forward_rtcp(Context& c);
  std::optional<Drop> protect_and_forward_rtp(Context& c);
  std::optional<Drop> protect_and_forward_rtcp(Context& c);
  std::optional<Drop> refuse_port(Context& c);
  std::optional<Drop> refuse_receiving(Context& c);
  std::optional<Drop> refuse_sending(Context& c);
  std::optional<Drop> refuse_keyless(Context& c);
  void vouch(const Context& c);
  std::optional<std::uint32_t> sent_ssrc(Side side) const;
  std::optional<Drop> settle(Context& c, Component component, SourceGuard::Verdict verdict);
  void hear(Context& c);
  void read_reports(Context& c);
  bool is_secure(Side side) const {
    const HalfSpec& spec = transport(side).spec_.half(side);
    return spec.srtp || spec.dtls;
  }
  std::optional<Drop> walk(Context& c, Component kind);
  std::optional<Drop> leave(Context& c, Component component);

  Half& half(Side s) { return halves_[index_of(s)]; }
  const Half& half(Side s) const { return halves_[index_of(s)]; }
  Exit& exit(Side s, Component c) { return exits_[index_of(s)][index_of(c)]; }

  Spec spec_;
  Ports ports_;
  std::array<Half, 2> halves_;
  std::array<std::array<Exit, 2>, 2> exits_;

  PacketTap* tap_ = nullptr;
  Outlet* outlet_ = nullptr;
  std::vector<std::byte> copy_;  // the packet of another flow that is being walked here
  Ledger* ledger_ = nullptr;
  std::uint64_t keyings_ = 0;
  base::Instant deadline_ = base::kNever;
  base::Instant report_due_ = base::kNever;
  base::Instant clock_start_{};
  bool attention_ = false;
  std::vector<Event> untold_;
  std::vector<Outgoing> outgoing_;
  std::vector<ice::Event> ice_events_;     // scratch
  std::optional<base::Instant> reported_;  // when the present silence was reported
};

}  // namespace flow
