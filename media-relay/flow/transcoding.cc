// Steps of directions that are transcoded: decoded and coded again in the middle of the path, and sent on as what came.

#include <algorithm>

#include "media-relay/flow/flow.h"
#include "media-relay/flow/media_report.h"

namespace flow {

// Writes what was made into the packet that came. When that makes several, the earlier ones leave as datagrams of the
// flow's own, before it.
class Flow::TranscoderSink final : public Transcoder::Sink {
 public:
  TranscoderSink(Flow& flow, Context& c) : flow_(flow), c_(c) {}

  void on_made(const Transcoder::Made& made) override {
    packet::Packet& p = c_.packet;
    if (p.leaves()) {
      flow_.outgoing_.push_back({p.leaves_by, p.destination, {p.bytes().begin(), p.bytes().end()}});
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
  static void write(std::span<std::byte> out, const Transcoder::Made& made) {
    const auto put = [&](std::size_t at, std::uint32_t value, std::size_t size) {
      for (std::size_t i = size; i-- > 0; value >>= 8) out[at + i] = static_cast<std::byte>(value & 0xff);
    };
    put(0, 0x80, 1);
    put(1, static_cast<std::uint32_t>(made.marker ? 0x80 : 0) | made.payload_type, 1);
    put(2, made.sequence, 2);
    put(4, made.timestamp, 4);
    put(8, made.ssrc, 4);
    std::ranges::copy(made.payload, out.begin() + rtp::kFixedHeaderBytes);
  }

  Flow& flow_;
  Context& c_;
  std::optional<Drop> dropped_;
};

void Flow::set_transcoder(Side side) {
  const std::optional<Transcode>& wanted = spec_.half(side).transcode;
  auto& transcoder = half(side).transcoder;
  if (!wanted)
    transcoder.reset();
  else if (!transcoder || transcoder->spec() != *wanted)
    transcoder = std::make_unique<Transcoder>(*wanted);
}

Flow::Step Flow::last_rtp_step(Side to) const {
  return is_secure(to) ? &Flow::protect_and_forward_rtp : &Flow::forward_rtp;
}

Flow::Step Flow::last_rtcp_step(Side to) const {
  return is_secure(to) ? &Flow::protect_and_forward_rtcp : &Flow::forward_rtcp;
}

std::optional<Drop> Flow::transcode_rtp(Context& c) {
  const Side to = other(c.side);
  // Nothing is coded in vain.
  if (const auto closed = transport(to).exit(to, Component::Rtp).closed) return closed;
  TranscoderSink sink(*this, c);
  const auto payload = c.packet.bytes().subspan(c.header.payload_offset, c.header.payload_size);
  if (const auto dropped = half(to).transcoder->take(c.header, payload, sink)) return dropped;
  if (c.packet.leaves()) return std::nullopt;
  c.absorbed = true;
  return sink.dropped();
}

std::optional<Drop> Flow::send_made(Context& c) {
  c.header = *rtp::read_header(c.packet.bytes());
  return (this->*last_rtp_step(other(c.side)))(c);
}

std::optional<Drop> Flow::transcode_rtcp(Context& c) {
  const Side to = other(c.side);
  ReportChange change;
  change.sent = half(to).transcoder.get();
  change.heard = half(c.side).transcoder.get();
  change.reception = &half(to).reception;
  change.report = &half(to).reception_report;
  const std::size_t size = change_reports(c.packet.bytes(), change);
  // Feedback alone, about packets that its reader has never sent.
  if (size == 0) return Drop::NoCodec;
  c.packet.resize(size);
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
