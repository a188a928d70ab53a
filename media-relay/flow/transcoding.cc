// Steps of directions that are transcoded: decoded and coded again in the middle of the path, and sent on as what came.

#include <algorithm>

#include "media-relay/flow/flow.h"
#include "media-relay/flow/media_report.h"
#include "media-relay/rtp/translate.h"
#include "media-relay/rtp/wire.h"

namespace flow {
namespace {

void write(std::span<std::byte> out, const Transcoder::Made& made) {
  out[0] = std::byte{0x80};
  out[1] = static_cast<std::byte>((made.marker ? 0x80 : 0) | made.payload_type);
  rtp::write_u16(out, 2, made.sequence);
  rtp::write_u32(out, 4, made.timestamp);
  rtp::write_u32(out, 8, made.ssrc);
  std::ranges::copy(made.payload, out.begin() + rtp::kFixedHeaderBytes);
}

}  // namespace

// Writes what was made into the packet that came. When that makes several, the earlier ones leave as datagrams of the
// flow's own, before it.
class Flow::TranscoderSink final : public Transcoder::Sink {
 public:
  TranscoderSink(Flow& flow, Context& c) : flow_(flow), c_(c) {}

  void on_made(const Transcoder::Made& made) override {
    packet::Packet& p = c_.packet;
    if (p.leaves()) {
      flow_.outgoing_.push_back({p.leaves_by, p.destination, {p.bytes().begin(), p.bytes().end()}, p.dscp});
      flow_.attention_ = true;
      p.drop();
    }
    if (!p.resize(rtp::kFixedHeaderBytes + made.payload.size())) {
      dropped_ = Drop::MalformedRtp;
      return;
    }
    write(p.bytes(), made);
    dropped_ = flow_.send_made(c_);
  }
  std::optional<Drop> dropped() const { return dropped_; }

 private:
  Flow& flow_;
  Context& c_;
  std::optional<Drop> dropped_;
};

// Noise, which is due by itself.
class Flow::NoiseSink final : public Transcoder::Sink {
 public:
  NoiseSink(Flow& flow, Side to, base::Instant now) : flow_(flow), to_(to), now_(now) {}

  void on_made(const Transcoder::Made& made) override {
    std::vector<std::byte> packet(rtp::kFixedHeaderBytes + made.payload.size());
    write(packet, made);
    Half& h = flow_.half(to_);
    if (flow_.is_continuous(to_)) {
      const rtp::Header header = *rtp::read_header(packet);
      if (h.player && h.player->speaking()) return h.rewriter->swallow(header);
      rtp::OutgoingStream& stream = h.rewriter->stream();
      const auto stamp = stream.relay(header, h.transcoder->clock_to(), now_);
      if (!stamp) return;
      rtp::write_u16(packet, 2, stamp->sequence);
      rtp::write_u32(packet, 4, stamp->timestamp);
      rtp::write_u32(packet, 8, stream.ssrc());
      stream.count(made.payload.size());
    }
    flow_.send_own(to_, Component::Rtp, std::move(packet));
  }

 private:
  Flow& flow_;
  Side to_;
  base::Instant now_;
};

void Flow::set_transcoder(Side side) {
  const base::Rare<Transcode>& wanted = spec_.half(side).transcode;
  Half& h = half(side);
  if (wanted ? h.transcoder && h.transcoder->spec() == *wanted : !h.transcoder) return;
  h.transcoder = wanted ? std::make_unique<Transcoder>(*wanted) : nullptr;
  // The numbers of what comes from now on have nothing to do with those before.
  if (h.rewriter) h.rewriter->stream().forget_source();
}

// What a transcoder makes needs no other numbers than that of its stream, and that stream its clock.
Rewrite Flow::behind_transcoder(const Transcode& transcode, bool continuous) {
  Rewrite out{{}, false, continuous};
  const unsigned clock = codec::clock_of(transcode.to.coding);
  out.payloads.push_back({transcode.to.payload_type, transcode.to.payload_type, clock, clock, PayloadUse::Pass});
  for (const PayloadRule& event : transcode.events)
    if (std::ranges::find(out.payloads, event.to, &PayloadRule::from) == out.payloads.end())
      out.payloads.push_back({event.to, event.to, event.clock_to, event.clock_to, PayloadUse::Event});
  return out;
}

void Flow::on_noise_deadline(Side side, base::Instant now) {
  Half& h = half(side);
  if (!h.transcoder || now < h.transcoder->next_deadline()) return;
  if (way_to(side) == SoundPlayer::Way::Closed || (h.sound && h.sound->playing())) return h.transcoder->hush();
  NoiseSink sink(*this, side, now);
  h.transcoder->on_deadline(now, sink);
}

Flow::Step Flow::last_rtp_step(Side to) const {
  return is_secure(to) ? &Flow::protect_and_forward_rtp : &Flow::forward_rtp;
}

Flow::Step Flow::last_rtcp_step(Side to) const {
  if (spec_.half(to).copies) return &Flow::absorb;
  return is_secure(to) ? &Flow::protect_and_forward_rtcp : &Flow::forward_rtcp;
}

std::optional<Drop> Flow::transcode_rtp(Context& c) {
  const Side to = other(c.side);
  // Nothing is coded in vain.
  if (const auto closed = transport(to).exit(to, Component::Rtp).closed) return closed;
  TranscoderSink sink(*this, c);
  // The sink writes over both as packets are made.
  const rtp::Header header = c.header;
  const auto payload = c.packet.bytes().subspan(header.payload_offset, header.payload_size);
  Transcoder& transcoder = *half(to).transcoder;
  const base::Instant before = transcoder.next_deadline();
  const auto refused = transcoder.take(header, payload, c.now, sink);
  if (transcoder.next_deadline() < before) attention_ = true;
  if (refused) return refused;
  if (c.packet.leaves()) return std::nullopt;
  c.absorbed = true;
  return sink.dropped();
}

std::optional<Drop> Flow::send_made(Context& c) {
  c.header = *rtp::read_header(c.packet.bytes());
  if (spec_.half(other(c.side)).rewrite)
    if (const auto dropped = rewrite_rtp(c)) return dropped;
  if (spec_.half(other(c.side)).mid) name_line(c);
  return (this->*last_rtp_step(other(c.side)))(c);
}

// Away from the listener's numbers, through the codecs' clocks, and into those of the next listener.
std::optional<Drop> Flow::transcode_rtcp(Context& c) {
  const Side to = other(c.side);
  if (is_continuous(c.side))
    if (const auto dropped = translate_rtcp(c, {.backward = &half(c.side).rewriter->stream()})) return dropped;
  ReportChange change;
  change.sent = half(to).transcoder.get();
  change.heard = half(c.side).transcoder.get();
  change.reception = &half(to).reception;
  change.report = &half(to).reception_report;
  const std::size_t size = change_reports(c.packet.bytes(), change);
  // Feedback alone, about packets that its reader has never sent.
  if (size == 0) return Drop::NoCodec;
  c.packet.resize(size);
  if (is_continuous(to))
    if (const auto dropped = translate_rtcp(c, {.forward = &half(to).rewriter->stream()})) return dropped;
  return (this->*last_rtcp_step(to))(c);
}

TranscodeCounts Flow::take_transcode_counts() {
  TranscodeCounts sum;
  for (Half& h : halves_) {
    if (!h.transcoder) continue;
    const TranscodeCounts c = h.transcoder->take_counts();
    sum.decoded += c.decoded;
    sum.encoded += c.encoded;
    sum.passed += c.passed;
    sum.concealed += c.concealed;
    sum.undecodable += c.undecodable;
  }
  return sum;
}

}  // namespace flow
