#include "media-relay/flow/flow.h"

#include <algorithm>
#include <utility>

namespace flow {
namespace {

constexpr std::array kSides{Side::A, Side::B};

// The remote endpoint as the guard wants it: empty when unknown or unusable.
base::Endpoint usable_or_empty(const std::optional<base::Endpoint>& endpoint) {
  return endpoint && is_usable(*endpoint) ? *endpoint : base::Endpoint{};
}

// RFC 3550 11: without a=rtcp (RFC 3605), RTCP goes to the port above.
std::optional<base::Endpoint> remote_rtcp(const HalfSpec& spec) {
  if (spec.remote_rtcp || !spec.remote_rtp) return spec.remote_rtcp;
  if (!is_usable(*spec.remote_rtp) || spec.remote_rtp->port == UINT16_MAX) return base::Endpoint{};
  return base::Endpoint{spec.remote_rtp->ip, static_cast<std::uint16_t>(spec.remote_rtp->port + 1)};
}

// The peer has been described, and so knows our ports. Behind a NAT a hold by 0.0.0.0 says nothing of where it is.
bool may_speak(const HalfSpec& spec) {
  if (!spec.remote_rtp) return false;
  return spec.latch != LatchMode::Strict || is_usable(*spec.remote_rtp);
}

// To another host, that is; another port is no move.
bool has_moved(const HalfSpec& before, const HalfSpec& now) {
  const auto old = usable_or_empty(before.remote_rtp);
  const auto next = usable_or_empty(now.remote_rtp);
  return now.latch != before.latch || (!old.empty() && !next.empty() && old.ip != next.ip);
}

}  // namespace

Flow::Flow(Spec spec, const Ports& ports, base::Instant now) : spec_(std::move(spec)), ports_(ports) {
  for (const Side side : kSides) {
    open_guards(side, now);
    set_keys(side, std::nullopt, now);
    set_transcoder(side);
    connect(side, now);
    set_repair(side);
    set_sound(side, now);
  }
  build();
  start_clock(now);
  start_reports(now);
  for (const Side side : kSides) {
    start_dtls(side, now);
    start_keepalive(side, now);
  }
}

void Flow::replace(Spec spec, base::Instant now) {
  for (const Side side : kSides) {
    if (has_moved(spec_.half(side), spec.half(side))) half(side).host = {};
    judge_keys(side, spec.half(side));
    judge_copies(side, spec.half(side));
  }
  std::array old{std::move(spec_.a.srtp), std::move(spec_.b.srtp)};
  for (const Side side : kSides) {
    if (spec_.half(side).party == spec.half(side).party) continue;
    forget_peer(side, now);
    old[index_of(side)].reset();
  }
  const auto pictures_of = [](const HalfSpec& half) { return half.pictures ? half.pictures->asked : 0; };
  const std::array asked{pictures_of(spec_.a), pictures_of(spec_.b)};
  spec_ = std::move(spec);
  for (const Side side : kSides) {
    open_guards(side, now);
    set_keys(side, old[index_of(side)], now);
    set_transcoder(side);
    connect(side, now);
    set_repair(side);
    set_sound(side, now);
  }
  build();
  start_clock(now);
  start_reports(now);
  for (const Side side : kSides) {
    start_dtls(side, now);
    start_keepalive(side, now);
    ask_for_picture(side, asked[index_of(side)]);
    for (Flow* guest : half(side).guests()) guest->build();
  }
}

void Flow::open_guards(Side side, base::Instant now) {
  const HalfSpec& spec = spec_.half(side);
  SourceGuard::Rules rules;
  rules.mode = spec.latch;
  rules.allowed = &spec.latch_from;
  rules.window = spec_.latch_window;
  rules.numbered = spec_.transport == Transport::Udptl;
  rules.remote = usable_or_empty(spec.remote_rtp);
  if (spec_.transport == Transport::Rtp)
    rules.streams = {.one_stream = spec.one_stream,
                     .steady = spec_.steady,
                     .probation = spec_.probation,
                     .listening = spec.receive && may_speak(spec),
                     .silence = spec_.stream_silence,
                     .sources = &spec.sources};
  if (spec_.transport == Transport::Udptl) rules.host = half(side).host;
  rules.held = spec.remote_rtp && !is_usable(*spec.remote_rtp);
  half(side).guard[index_of(Component::Rtp)].open(rules, now);
  const auto rtcp = remote_rtcp(spec);
  rules.streams = {};
  rules.remote = usable_or_empty(rtcp);
  rules.held = rtcp && !is_usable(*rtcp);
  half(side).guard[index_of(Component::Rtcp)].open(rules, now);
}

void Flow::build() {
  constexpr std::array kComponents{Component::Rtp, Component::Rtcp};
  for (const Side side : kSides)
    for (const Component port : kComponents)
      for (const Component kind : kComponents)
        half(side).pipeline[index_of(port)][index_of(kind)] =
            row_of(recorded(repaired(pipeline_for(side, port, kind), side, kind), side));
  for (const Side side : kSides) {
    if (spec_.transport == Transport::Udptl) half(side).streams.reset();  // it has none, and shares nothing
    if (hears_strange_streams(side) && !half(side).streams) half(side).streams = std::make_unique<Streams>();
  }
  update_exits();
  mark_packets();
  keep_counters();  // contexts change in front of this only
}

Flow::Pipeline Flow::pipeline_for(Side side, Component port, Component kind) const {
  const HalfSpec& from = spec_.half(side);
  const HalfSpec& to = spec_.half(other(side));
  if (spec_.transport == Transport::Udptl) {
    if (port == Component::Rtcp) return {&Flow::refuse_port};
    Step last = &Flow::forward_rtp;
    if (!from.receive)
      last = &Flow::refuse_receiving;
    else if (!to.send)
      last = &Flow::refuse_sending;
    return {&Flow::take_udptl, &Flow::inspect_udptl, last};
  }
  if (from.copies) return guest_pipeline(side, kind);
  if (from.shared) return port == Component::Rtcp ? Pipeline{&Flow::refuse_port} : guest_pipeline(side, kind);
  if (from.ice) return port == Component::Rtcp ? Pipeline{&Flow::refuse_port} : checked_pipeline(side, kind);
  if (kind == Component::Rtp) {
    if (port == Component::Rtcp) return {&Flow::refuse_port};
    if (is_secure(side) && !half(side).receiver) return {&Flow::refuse_keyless};
    Pipeline steps{&Flow::read_rtp, &Flow::admit_rtp, &Flow::inspect_rtp};
    if (is_secure(side))
      steps = {&Flow::gate_rtp, &Flow::unprotect_rtp, &Flow::read_rtp, &Flow::admit_rtp, &Flow::inspect_rtp};
    add_way_out(steps, side);
    return steps;
  }
  // RFC 5761 5.1.1: RTCP comes on the port that was agreed, and only there.
  const Component agreed = from.rtcp_mux ? Component::Rtp : Component::Rtcp;
  if (port != agreed) return {&Flow::refuse_port};
  const Step admit = from.rtcp_mux ? &Flow::admit_muxed_rtcp : &Flow::admit_rtcp;
  const Step last = transcodes() ? &Flow::transcode_rtcp : last_rtcp_step(other(side));
  if (!is_secure(side)) return {&Flow::read_rtcp, admit, &Flow::inspect_rtcp, &Flow::hide_names, last};
  if (!half(side).receiver) return {&Flow::refuse_keyless};
  const Step gate = from.rtcp_mux ? &Flow::gate_rtp : &Flow::gate_rtcp;
  return {gate, &Flow::unprotect_rtcp, &Flow::read_rtcp, admit, &Flow::inspect_rtcp, &Flow::hide_names, last};
}

// Of a side with ICE: whoever has sent an authentic check is the peer.
Flow::Pipeline Flow::checked_pipeline(Side side, Component kind) const {
  const bool is_protected = is_secure(side);
  const bool carries = !half(side).guests().empty();
  if (is_protected && !half(side).receiver) return {&Flow::refuse_keyless};
  if (kind == Component::Rtcp) {
    const Step last = transcodes() ? &Flow::transcode_rtcp : last_rtcp_step(other(side));
    Pipeline steps{&Flow::gate_checked};
    auto next = steps.begin() + 1;
    if (is_protected) *next++ = &Flow::unprotect_rtcp;
    *next++ = &Flow::read_rtcp;
    if (carries) *next++ = &Flow::hand_over_rtcp;
    for (const Step step : {&Flow::inspect_rtcp, &Flow::hide_names, last}) *next++ = step;
    return steps;
  }
  Pipeline steps{&Flow::gate_checked};
  auto next = steps.begin() + 1;
  if (is_protected) *next++ = &Flow::unprotect_rtp;
  *next++ = &Flow::read_rtp;
  if (carries) *next++ = &Flow::hand_over_rtp;
  *next++ = &Flow::inspect_rtp;
  add_way_out(steps, side);
  return steps;
}

void Flow::add_way_out(Pipeline& steps, Side side) const {
  auto next = std::ranges::find(steps, Step{});
  const HalfSpec& to = spec_.half(other(side));
  if (!spec_.half(side).receive) {
    *next = &Flow::refuse_receiving;
  } else if (!to.send) {
    *next = &Flow::refuse_sending;
  } else if (half(other(side)).transcoder) {
    *next = &Flow::transcode_rtp;  // what it makes has no extensions
  } else {
    if (to.extensions) *next++ = &Flow::filter_extensions;
    *next = last_rtp_step(other(side));
  }
}

// Where it speaks for itself nobody but its sources ends what it hears.
bool Flow::hears_strange_streams(Side side) const {
  return spec_.transport == Transport::Rtp && !spec_.half(side).copies && !is_continuous(side);
}

// The port has the mark of the flow that owns it.
void Flow::mark_packets() {
  for (const Side side : kSides) {
    const std::uint8_t own = spec_.half(side).dscp;
    const bool other_mark = half(side).carrier != nullptr && own != transport(side).spec_.half(side).dscp;
    half(side).dscp = other_mark ? own : packet::Packet::kMarkOfPort;
  }
}

void Flow::update_exits() {
  for (const Side side : kSides) {
    exit(side, Component::Rtp) = exit_for(side, Component::Rtp);
    exit(side, Component::Rtcp) = exit_for(side, Component::Rtcp);
  }
}

Flow::Exit Flow::exit_for(Side side, Component component) const {
  const Half& h = half(side);
  const SourceGuard& rtp = h.guard[index_of(Component::Rtp)];
  if (spec_.half(side).rtcp_mux) component = Component::Rtp;
  const SourceGuard& guard = h.guard[index_of(component)];
  Exit exit;
  exit.port = ports_[index_of(side)][index_of(component)];
  exit.destination = h.ice ? h.ice->selected() : guard.destination();
  if (!exit.port || !is_usable(exit.destination)) return exit;
  // RTP came from another address than was signalled, so the signalled RTCP address is as wrong: wait until RTCP is
  // heard.
  if (!h.ice && spec_.half(side).latch != LatchMode::Hear && rtp.latched() && rtp.latched()->ip != exit.destination.ip)
    return exit;
  exit.closed = std::nullopt;
  for (const HalfSpec* own : {&spec_.a, &spec_.b})
    if (exit.destination == own->local_rtp || exit.destination == own->local_rtcp) exit.closed = Drop::Loop;
  return exit;
}

bool Flow::is_timed() const {
  return spec_.media_timeout > base::Duration{} && !spec_.suspended && (spec_.a.receive || spec_.b.receive);
}

bool Flow::is_ready() const {
  return std::ranges::all_of(kSides, [&](Side s) {
    const auto& agent = transport(s).half(s).ice;
    if (agent) return !agent->selected().empty();
    return !half(s).guard[index_of(Component::Rtp)].destination().empty() ||
           !usable_or_empty(spec_.half(s).remote_rtp).empty();
  });
}

void Flow::start_clock(base::Instant now) {
  clock_start_ = now;
  reported_.reset();
  for (Half& h : halves_) h.told_silent.reset();
  const base::Duration never = base::kNever - now;
  const bool one_sided = should_speak(Side::A) || should_speak(Side::B);
  deadline_ = now + std::min(is_timed() ? spec_.media_timeout : never, one_sided ? spec_.one_sided_timeout : never);
}

base::Instant Flow::next_deadline() const {
  base::Instant next = std::min({deadline_, report_due_, next_repair_deadline()});
  for (const Half& h : halves_) {
    if (h.keepalive) next = std::min(next, h.keepalive->due);
    if (h.solicitation) next = std::min(next, h.solicitation->due);
    if (h.ice) next = std::min(next, h.ice->next_deadline());
    if (h.dtls) next = std::min({next, h.dtls->next_deadline(), h.secured_by});
    if (h.sound) next = std::min(next, h.sound->next_deadline());
    if (h.transcoder) next = std::min(next, h.transcoder->next_deadline());
  }
  for (const Side side : kSides) next = std::min(next, next_own_report(side));
  return next;
}

void Flow::on_deadline(base::Instant now, std::vector<Event>& events) {
  for (const Side side : kSides) {
    on_connect_deadline(side, now);
    on_repair_deadline(side, now, events);
    on_keepalive_deadline(side, now);
    on_solicit_deadline(side, now);
    on_sound_deadline(side, now, events);
    on_noise_deadline(side, now);
    on_own_report_deadline(side, now);
  }
  if (now >= report_due_) report_quality(now, events);
  if (now < deadline_) return;
  const base::Instant lost = look_for_lost_media(now, events);
  deadline_ = std::min(lost, look_for_one_sided_media(now, events));
}

// Returns when to look again.
base::Instant Flow::look_for_lost_media(base::Instant now, std::vector<Event>& events) {
  if (!is_timed()) return base::kNever;
  if (!is_ready()) clock_start_ = now;
  base::Instant since = clock_start_;
  for (const Half& h : halves_)
    if (h.heard) since = std::max(since, h.last_heard);
  if (reported_ && since > *reported_) reported_.reset();
  const base::Instant due = since + spec_.media_timeout;
  if (now < due) return due;
  if (!reported_) {
    reported_ = now;
    events.push_back(MediaLost{now - since});
  }
  return now + spec_.media_timeout;
}

bool Flow::should_speak(Side side) const {
  // A fax machine is silent for as long as it receives a page.
  return spec_.transport == Transport::Rtp && spec_.one_sided_timeout > base::Duration{} && !spec_.suspended &&
         spec_.half(side).receive && spec_.half(other(side)).send;
}

base::Instant Flow::look_for_one_sided_media(base::Instant now, std::vector<Event>& events) {
  base::Instant next = base::kNever;
  for (const Side side : kSides) {
    if (!should_speak(side)) continue;
    Half& h = half(side);
    const base::Instant since = std::max(clock_start_, h.last_rtp.value_or(clock_start_));
    if (h.told_silent && since > *h.told_silent) h.told_silent.reset();
    const base::Instant due = since + spec_.one_sided_timeout;
    if (now < due) {
      next = std::min(next, due);
      continue;
    }
    next = std::min(next, now + spec_.one_sided_timeout);
    const auto& heard = half(other(side)).last_rtp;
    // The other one may have stopped at the same moment: then both are gone.
    if (h.told_silent || !heard || *heard + spec_.one_sided_timeout / 2 < now) continue;
    h.told_silent = now;
    events.push_back(OneSided{side, now - since});
  }
  return next;
}

Stats Flow::stats(base::Instant now) const {
  Stats out;
  for (const Side side : kSides) {
    const Half& h = half(side);
    HalfStats& s = out.half[index_of(side)];
    static_cast<PacketCounts&>(s) = h.stats;
    s.drops = h.drops.counts();
    s.expected = h.reception.expected();
    s.lost = h.reception.lost();
    s.jitter = h.reception.jitter();
    s.ssrc = h.reception.ssrc();
    s.ssrc_changes = h.reception.ssrc_changes();
    s.payload_type = h.reception.payload_type();
    s.round_trip = h.reports.round_trip();
    s.reported = h.reports.block();
    s.voip = h.reports.voip();
    s.latched_rtp = h.guard[index_of(Component::Rtp)].latched();
    s.latched_rtcp = h.guard[index_of(Component::Rtcp)].latched();
    if (h.heard) s.silent_for = now - h.last_heard;
    const auto& agent = transport(side).half(side).ice;
    if (agent && !agent->selected().empty()) s.latched_rtp = agent->selected();
  }
  return out;
}

}  // namespace flow
