// What a flow leaves to its successor in another process.

#include "media-relay/base/pack.h"
#include "media-relay/flow/flow.h"

namespace flow {

std::optional<std::string> Flow::save(base::Instant now) {
  std::string out;
  base::Packer packer(out, now);
  carry(packer);
  if (!packer.failed()) return out;
  explicit_bzero(out.data(), out.size());
  return std::nullopt;
}

bool Flow::restore(std::string_view saved, base::Instant now) {
  if (!take_up(saved, now)) return false;
  begin_again(now);
  return true;
}

bool Flow::restore(std::string_view checkpoint, const Ledger& last, base::Instant now) {
  if (!take_up(checkpoint, base::Instant{}) || !catch_up(last, now)) return false;
  begin_again(now);
  return true;
}

bool Flow::take_up(std::string_view saved, base::Instant saved_at) {
  // What making the flow has begun, its predecessor did long ago.
  outgoing_.clear();
  untold_.clear();
  for (const Side side : {Side::A, Side::B})
    if (const auto& dtls = spec_.half(side).dtls)
      half(side).dtls = secure::DtlsSession::make(dtls->identity, dtls->parameters);
  base::Unpacker unpacker(saved, saved_at);
  carry(unpacker);
  return !unpacker.failed() && unpacker.at_end();
}

void Flow::begin_again(base::Instant now) {
  build();
  report_due_ = base::kNever;  // what came before the restart is not of the next report
  start_reports(now);
  for (const Side side : {Side::A, Side::B}) {
    half(side).sound.reset();
    set_sound(side, now);
    start_dtls(side, now);
  }
}

template <typename Carrier>
void Flow::carry(Carrier& c) {
  c(deadline_, clock_start_, reported_, spec_.name_key.k0, spec_.name_key.k1, keyings_);
  for (const Side side : {Side::A, Side::B}) carry_half(c, side);
}

template <typename Carrier>
void Flow::carry_half(Carrier& c, Side side) {
  Half& h = half(side);
  c(h.guard, h.reception, h.reception_report, h.reports, h.stats, h.drops, h.last_heard, h.heard, h.last_rtp,
    h.told_silent, h.secured_by);
  carry_streams(c, h);
  // Digits that are being heard or sent are not carried, and a sound begins anew.
  bool rewrites = h.rewriter != nullptr;
  bool transcodes = h.transcoder != nullptr;
  c(rewrites, transcodes);
  if constexpr (Carrier::kReading)
    // It is kept once there was one.
    if (rewrites && !h.rewriter) h.rewriter = std::make_unique<Rewriter>(Rewrite{}, first_stream(side));
  c.expect(rewrites == (h.rewriter != nullptr) && transcodes == (h.transcoder != nullptr));
  if (c.failed()) return;
  if (h.rewriter) c(h.rewriter->stream());
  if (h.transcoder) c(*h.transcoder);
  bool ice = h.ice != nullptr;
  bool dtls = h.dtls != nullptr;
  std::string association = h.association ? h.association->name : std::string();
  c(ice, dtls, association);
  c.expect(ice == (h.ice != nullptr) && dtls == (h.dtls != nullptr) &&
           (!h.association || is_same_association(association, h.association->name)));
  if (c.failed()) return;
  if (h.ice) c(*h.ice);
  if (h.dtls) c(*h.dtls);
  if (!c.failed()) carry_keys(c, side);
}

// The flows of a bundle find each other again after this.
template <typename Carrier>
void Flow::carry_streams(Carrier& c, Half& h) {
  bool known = h.streams != nullptr;
  c(known);
  if (c.failed() || !known) return;
  if (!h.streams) h.streams = std::make_unique<Streams>();
  c(*h.streams);
}

template <typename Carrier>
void Flow::carry_keys(Carrier& c, Side side) {
  Half& h = half(side);
  const bool secured = h.dtls && h.dtls->state() == secure::DtlsState::Done;
  // Keys of an association that another one has replaced are known to their contexts only.
  if (h.dtls && !secured) c.expect(!h.sender && !h.receiver);
  if constexpr (Carrier::kReading) {
    if (secured) {
      h.sender = secure::make_sender(spec_.srtp_engine, h.dtls->keys()->send);
      h.receiver = secure::make_receiver(spec_.srtp_engine, h.dtls->keys()->receive);
    }
  }
  bool sends = h.sender != nullptr;
  bool receives = h.receiver != nullptr;
  c(sends, receives);
  c.expect(sends == (h.sender != nullptr) && receives == (h.receiver != nullptr));
  if (c.failed()) return;
  if constexpr (Carrier::kReading) {
    if (h.sender) h.sender->unpack(c);
    if (h.receiver) h.receiver->unpack(c);
  } else {
    if (h.sender) h.sender->pack(c);
    if (h.receiver) h.receiver->pack(c);
  }
}

}  // namespace flow
