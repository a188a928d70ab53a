// Several flows on one transport (RFC 9143): the flow that owns the ports, with ICE and DTLS, opens what comes and
// hands it to the flow that it is for; what leaves by another flow of the bundle is protected and addressed as its own.

#include <algorithm>

#include "media-relay/flow/flow.h"
#include "media-relay/rtp/media_id.h"
#include "media-relay/rtp/wire.h"

namespace flow {
namespace {

constexpr std::array kSides{Side::A, Side::B};

// Where one packet of a compound names sources, the telling ones first: what feedback is about (RFC 4585 6.1), who
// reports, and what is reported on. Offsets into the packet.
constexpr std::size_t kSender = 4;
constexpr std::size_t kMediaSource = 8;
constexpr std::size_t kBlockBytes = 24;
// draft-alvestrand-rmcat-remb 2.2: no media source, but a list behind the bit rate.
constexpr std::uint8_t kApplicationFeedback = 15;
constexpr std::size_t kRembSource = 20;
// RFC 5104 4.2, 4.3: requests that name no media source but one source in each entry: TMMBR and TMMBN, FIR, TSTR, TSTN
// and VBCM.
constexpr std::size_t kFirstEntry = 12;
constexpr std::size_t kEntryBytes = 8;

bool names_sources_in_entries(const rtp::RtcpPacket& p) {
  if (p.type == rtp::kTransportFeedback) return p.count == 3 || p.count == 4;
  return p.count >= 4 && p.count <= 7;
}

template <typename F>
bool any_subject(std::span<const std::byte> datagram, const rtp::RtcpPacket& p, F&& known) {
  const auto source = [&](std::size_t at) { return at + 4 <= p.size && known(rtp::read_u32(datagram, p.offset + at)); };
  const bool transport = p.type == rtp::kTransportFeedback;
  if (!transport && p.type != rtp::kPayloadFeedback) return false;
  if (source(kMediaSource)) return true;
  for (std::size_t at = kRembSource; !transport && p.count == kApplicationFeedback && at + 4 <= p.size; at += 4)
    if (source(at)) return true;
  for (std::size_t at = kFirstEntry; names_sources_in_entries(p) && at + kEntryBytes <= p.size; at += kEntryBytes)
    if (source(at)) return true;
  return false;
}

template <typename F>
bool any_source(std::span<const std::byte> datagram, const rtp::RtcpPacket& p, F&& known) {
  const auto source = [&](std::size_t at) { return at + 4 <= p.size && known(rtp::read_u32(datagram, p.offset + at)); };
  if (source(kSender)) return true;
  if (p.type != rtp::kSenderReport && p.type != rtp::kReceiverReport) return false;
  const std::size_t blocks = p.type == rtp::kSenderReport ? 28 : 8;
  for (std::size_t i = 0; i < p.count; ++i)
    if (source(blocks + i * kBlockBytes)) return true;
  return false;
}

}  // namespace

Flow::~Flow() {
  part_copies();
  for (const Side side : kSides) {
    for (Flow* guest : half(side).guests()) {
      guest->half(side).carrier = nullptr;
      guest->build();
    }
    Flow* carrier = half(side).carrier;
    if (carrier == nullptr) continue;
    std::erase(carrier->half(side).streams->guests, this);
    carrier->build();
  }
}

void Flow::share(Side side, Flow& carrier) {
  half(side).carrier = &carrier;
  for (Half* h : {&half(side), &carrier.half(side)})
    if (!h->streams) h->streams = std::make_unique<Streams>();
  carrier.half(side).streams->guests.push_back(this);
  carrier.build();
  build();
}

void Flow::Streams::remember(std::uint32_t ssrc) {
  if (knows(ssrc)) return;
  sources[next_source] = ssrc;
  next_source = (next_source + 1) % sources.size();
}

bool Flow::Streams::knows(std::uint32_t ssrc) const {
  return ssrc != 0 && std::ranges::find(sources, ssrc) != sources.end();
}

void Flow::Streams::note_sent(std::uint32_t ssrc) {
  if (std::ranges::find(sent, ssrc) != sent.end()) return;
  sent[next_sent] = ssrc;
  next_sent = (next_sent + 1) % sent.size();
}

void Flow::Streams::forget(std::uint32_t ssrc) {
  std::ranges::replace(sources, ssrc, 0U);
}

Flow* Flow::line_named(Side side, std::string_view name) {
  const auto is_named = [&](const Flow& flow) {
    const auto& mid = flow.spec_.half(side).mid;
    return mid && mid->name == name;
  };
  if (is_named(*this)) return this;
  for (Flow* guest : half(side).guests())
    if (is_named(*guest)) return guest;
  return nullptr;
}

// RFC 9143 9.2: by the name in it, else by its source, which came under a name before, else by the payload type. Null:
// none of these tells.
Flow* Flow::line_of(const Context& c) {
  const HalfSpec& own = spec_.half(c.side);
  if (own.mid) {
    if (const auto name = rtp::read_media_id(c.packet.bytes(), own.mid->extension)) return line_named(c.side, *name);
    if (half(c.side).streams->knows(c.header.ssrc)) return this;
    for (Flow* guest : half(c.side).guests())
      if (guest->half(c.side).streams->knows(c.header.ssrc)) return guest;
  }
  for (Flow* guest : half(c.side).guests())
    if (guest->spec_.half(c.side).payload_types[c.header.payload_type]) return guest;
  return !own.mid || own.payload_types[c.header.payload_type] ? this : nullptr;
}

std::optional<Drop> Flow::hand_over_rtp(Context& c) {
  Flow* line = line_of(c);
  if (line == nullptr) return Drop::NoLine;
  Streams& streams = *half(c.side).streams;
  // The name of another line takes a source over.
  if (spec_.half(c.side).mid && !line->half(c.side).streams->knows(c.header.ssrc)) {
    streams.forget(c.header.ssrc);
    for (Flow* guest : streams.guests) guest->half(c.side).streams->forget(c.header.ssrc);
  }
  if (line != this) return line->take_over(c, Component::Rtp);
  streams.remember(c.header.ssrc);
  return std::nullopt;
}

// RFC 9143 15.1 wants it in the first packets of a source and after each change; in all of them it cannot be missed.
std::optional<Drop> Flow::name_line(Context& c) {
  const MediaId& mid = *spec_.half(other(c.side)).mid;
  // What protects it needs room, too.
  const std::size_t room = c.packet.tailroom() - std::min(c.packet.tailroom(), secure::kMaxGrowthBytes);
  const auto storage = c.packet.storage().first(c.packet.size() + room);
  c.packet.resize(rtp::write_media_id(storage, c.packet.size(), mid.extension, mid.name));
  return std::nullopt;
}

void Flow::name_own(Side side, std::vector<std::byte>& packet) const {
  const auto& mid = spec_.half(side).mid;
  if (!mid) return;
  const std::size_t size = packet.size();
  packet.resize(size + rtp::kMaxMediaIdGrowth);
  packet.resize(rtp::write_media_id(packet, size, mid->extension, mid->name));
}

std::optional<Drop> Flow::hand_over_rtcp(Context& c) {
  const std::span<const std::byte> bytes = c.packet.bytes();
  Flow* target = nullptr;
  const auto known = [&](std::uint32_t ssrc) {
    if (half(c.side).streams->knows(ssrc)) target = this;
    for (Flow* guest : half(c.side).guests())
      if (target == nullptr && guest->half(c.side).streams->knows(ssrc)) target = guest;
    return target != nullptr;
  };
  const auto ask_each = [&bytes](auto&& tells) {
    std::size_t at = 0;
    while (const auto p = rtp::read_rtcp_packet(bytes, at)) {
      if (tells(*p)) return;
      at += p->size;
    }
  };
  // A report in front of a request may name sources of several lines, as of peers that have one session for all of
  // them: what the request is about counts.
  ask_each([&](const rtp::RtcpPacket& p) { return any_subject(bytes, p, known); });
  if (target == nullptr) ask_each([&](const rtp::RtcpPacket& p) { return any_source(bytes, p, known); });
  if (target == nullptr || target == this) return std::nullopt;
  return target->take_over(c, Component::Rtcp);
}

std::optional<Drop> Flow::take_over(Context& c, Component kind) {
  Half& h = half(c.side);
  if (kind == Component::Rtp) h.streams->remember(c.header.ssrc);
  Context own{c.packet, c.side, c.port, c.now, untold_, c.arrived, c.header, c.compound};
  const std::optional<Drop> dropped = run(h.pipeline[index_of(Component::Rtp)][index_of(kind)], own);
  if (!untold_.empty()) attention_ = true;
  if (dropped) h.drops.add(*dropped);
  c.handed_over = true;
  c.absorbed = own.absorbed;
  return dropped;
}

// What comes here has been opened, read and admitted.
Flow::Pipeline Flow::guest_pipeline(Side side, Component kind) const {
  if (kind == Component::Rtcp)
    return {&Flow::inspect_rtcp, &Flow::hide_names, transcodes() ? &Flow::transcode_rtcp : last_rtcp_step(other(side))};
  Pipeline steps{&Flow::inspect_rtp};
  add_way_out(steps, side);
  return steps;
}

}  // namespace flow
