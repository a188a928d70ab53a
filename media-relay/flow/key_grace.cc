// From one key of a peer to the next (RFC 4568 7.1.4, RFC 5763 section 5). Counters go on with a key that stays;
// packets that were under way when a new one was agreed on are still opened for a moment. Only what is received:
// nothing is protected with a key that was given up.
//
// Whoever has the former key may be somebody else, which can be the reason for the new one. So it opens packets of the
// source that is heard already, learns nothing, and is over with the first packet under the new key.

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "media-relay/base/pack.h"
#include "media-relay/flow/flow.h"
#include "media-relay/packet/limits.h"

namespace flow {
namespace {

// A context under a key that `before` has, which goes on with its counters. Null when they cannot be told.
template <typename Context>
std::unique_ptr<Context> follow(Context* before, std::unique_ptr<Context> next) {
  if (before == nullptr || !next) return nullptr;
  std::string counters;
  base::Packer out(counters, {});
  before->pack(out);
  if (out.failed()) return nullptr;
  base::Unpacker in(counters, {});
  next->unpack(in);
  return in.failed() ? nullptr : std::move(next);
}

bool is_same_key(const std::optional<secure::Parameters>& before, const secure::Parameters& now) {
  return before && secure::share_a_key(*before, now);
}

}  // namespace

void Flow::set_keys(Side side, const base::Rare<Srtp>& old, base::Instant now) {
  const base::Rare<Srtp>& wanted = spec_.half(side).srtp;
  Half& h = half(side);
  // Keys of an association go on until another one has its own.
  if (spec_.half(side).dtls && h.dtls) return;
  const Srtp before = old ? *old : Srtp{};
  const Srtp next = wanted ? *wanted : Srtp{};
  // RFC 3711 3.3.1: under the same key the rollover counter never starts again, nor may an old packet pass again,
  // whatever else is said of it (its lifetime, its MKI, the keys beside it).
  if (!next.send) {
    h.sender.reset();
  } else if (next.send != before.send) {
    auto made = secure::make_sender(spec_.srtp_engine, *next.send);
    // Without its counters nothing is sent: RFC 3711 9.1, no key stream is used twice.
    h.sender = is_same_key(before.send, *next.send) ? follow(h.sender.get(), std::move(made)) : std::move(made);
  }
  if (!next.receive) {
    h.receiver.reset();
    h.former.reset();
  } else if (next.receive != before.receive) {
    const auto make = [&] { return secure::make_receiver(spec_.srtp_engine, *next.receive); };
    auto same = is_same_key(before.receive, *next.receive) ? follow(h.receiver.get(), make()) : nullptr;
    if (!same) retire_receiver(side, now);
    h.receiver = same ? std::move(same) : make();
  }
  if (wanted) h.strange_keys = false;
}

// Another address, or another certificate, is another peer: nothing of the one before is to be heard any more.
void Flow::judge_keys(Side side, const HalfSpec& next) {
  const HalfSpec& before = spec_.half(side);
  Half& h = half(side);
  const bool moved = !next.ice && before.remote_rtp != next.remote_rtp;
  const bool dtls = before.dtls && next.dtls;
  const bool renamed = dtls && before.dtls->parameters.fingerprints != next.dtls->parameters.fingerprints;
  if (moved || renamed || before.dtls.has_value() != next.dtls.has_value()) {
    h.strange_keys = true;
    h.former.reset();
  }
}

void Flow::retire_receiver(Side side, base::Instant now) {
  Half& h = half(side);
  const bool strange = std::exchange(h.strange_keys, false);
  if (h.receiver && !strange) {
    h.former = std::move(h.receiver);
    h.former_until = now + kKeyGrace;
  }
  h.receiver.reset();
}

secure::Outcome Flow::unprotect(Context& c, Component kind) {
  Half& h = half(c.side);
  const Unprotect with = kind == Component::Rtp ? &secure::Receiver::unprotect_rtp : &secure::Receiver::unprotect_rtcp;
  const std::span<std::byte> bytes = c.packet.bytes();
  if (!h.former) return (h.receiver.get()->*with)(bytes);
  // What is refused may have been changed by then.
  std::array<std::byte, packet::kMaxDatagramBytes> copy;
  std::ranges::copy(bytes, copy.begin());
  const secure::Outcome size = (h.receiver.get()->*with)(bytes);
  if (size || c.now >= h.former_until) {
    h.former.reset();
    return size;
  }
  const Component port = spec_.half(c.side).rtcp_mux ? Component::Rtp : kind;
  if (!h.ice && !h.guard[index_of(port)].hears(c.packet.source)) return size;
  std::ranges::copy(std::span(copy).first(bytes.size()), bytes.begin());
  const secure::Outcome before = (h.former.get()->*with)(bytes);
  return before ? before : size;
}

}  // namespace flow
