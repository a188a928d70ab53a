#include "media-relay/session/snapshot.h"

#include <algorithm>
#include <cstring>

#include "media-relay/base/hash.h"
#include "media-relay/base/pack.h"
#include "media-relay/control/codec.h"
#include "media-relay/control/framing.h"
#include "media-relay/control/limits.h"

namespace session {
namespace {

constexpr std::string_view kMagic = "PRPTSNAP";
constexpr std::size_t kHeadBytes = 8 + 3 * 8;
constexpr base::HashKey kHashKey{0x7061726170657421, 0x736e617073686f74};  // finds damage, proves nothing

void wipe(std::string& text) {
  explicit_bzero(text.data(), text.size());
}

// Specs and statistics as the control protocol writes them, so that there is one reader and one list of limits.
std::string_view payload_of(std::string_view frame) {
  return frame.substr(std::min(frame.size(), control::kFrameHeaderBytes));
}

void carry_spec(base::Packer& c, SavedSession& session) {
  std::string frame;
  control::append_command(frame, 1, control::Open{session.id, session.spec});
  c(frame);
  wipe(frame);
}

void carry_spec(base::Unpacker& c, SavedSession& session) {
  std::string frame;
  c(frame);
  auto read = control::decode_command(payload_of(frame));
  wipe(frame);
  auto* open = read ? std::get_if<control::Open>(&read->command) : nullptr;
  c.expect(open != nullptr);
  if (open == nullptr) return;
  session.id = std::move(open->id);
  session.spec = std::move(open->spec);
}

void carry_ended(base::Packer& c, SavedSession& session) {
  std::string frame;
  control::append_reply(frame, 1, control::Closed{session.id, true, session.ended});
  c(frame);
}

void carry_ended(base::Unpacker& c, SavedSession& session) {
  std::string frame;
  c(frame);
  auto read = control::decode_from_relay(payload_of(frame));
  auto* reply = read ? std::get_if<control::ReplyFrame>(&*read) : nullptr;
  auto* closed = reply == nullptr ? nullptr : std::get_if<control::Closed>(&reply->reply);
  c.expect(closed != nullptr);
  if (closed != nullptr) session.ended = std::move(closed->stats);
}

template <typename Carrier, typename T, typename F>
void carry_all(Carrier& c, std::vector<T>& values, F each) {
  std::uint64_t count = values.size();
  c(count);
  if constexpr (Carrier::kReading) {
    for (std::uint64_t i = 0; i < count && !c.failed(); ++i) {
      c.expect(!c.at_end());
      if (!c.failed()) each(values.emplace_back());
    }
  } else {
    for (T& value : values) each(value);
  }
}

template <typename Carrier>
void carry_flow(Carrier& c, SavedFlow& flow) {
  c(flow.index, flow.ledger, flow.epoch);
  for (SavedHalf& half : flow.half) c(half.network, half.port);
  c(flow.identity, flow.state);
}

template <typename Carrier>
void carry_session(Carrier& c, SavedSession& session) {
  carry_spec(c, session);
  carry_ended(c, session);
  c(session.opened);
  carry_all(c, session.flows, [&c](SavedFlow& flow) { carry_flow(c, flow); });
  c.expect(session.flows.size() == session.spec.flows.size());
  if (c.failed()) return;
  for (std::size_t i = 0; i < session.flows.size(); ++i)
    c.expect(session.flows[i].index == session.spec.flows[i].index);
}

template <typename Carrier>
void carry_front(Carrier& c, Snapshot& s) {
  c(s.written.seconds, s.at, s.planned, s.instance, s.identities);
}

template <typename Carrier>
void carry_resting(Carrier& c, Snapshot& s) {
  carry_all(c, s.resting, [&c](SavedRest& rest) { c(rest.network, rest.port, rest.until); });
}

template <typename Carrier>
void carry_body(Carrier& c, Snapshot& s) {
  carry_front(c, s);
  carry_all(c, s.controllers, [&c](SavedController& controller) {
    c(controller.id, controller.lease);
    c.expect(!controller.id.empty() && controller.id.size() <= control::kMaxControllerIdBytes);
    carry_all(c, controller.sessions, [&c](SavedSession& session) { carry_session(c, session); });
  });
  carry_resting(c, s);
}

}  // namespace

Snapshot::~Snapshot() {
  for (std::string& identity : identities) wipe(identity);
  for (SavedController& controller : controllers)
    for (SavedSession& session : controller.sessions)
      for (SavedFlow& flow : session.flows) wipe(flow.state);
}

std::string encode(Snapshot& snapshot, base::Instant now) {
  std::string body;
  base::Packer packer(body, now);
  carry_body(packer, snapshot);
  std::string out = with_head(body);
  wipe(body);
  return out;
}

std::string encode(Snapshot& snapshot, const std::vector<SavedPart>& parts, base::Instant now) {
  std::string body;
  base::Packer packer(body, now);
  carry_front(packer, snapshot);
  std::uint64_t count = parts.size();
  packer(count);
  for (const SavedPart& part : parts) {
    std::string controller = part.controller;
    base::Duration lease = part.lease;
    std::uint64_t sessions = part.sessions;
    packer(controller, lease, sessions);
    body += part.bytes;
  }
  carry_resting(packer, snapshot);
  std::string out = with_head(body);
  wipe(body);
  return out;
}

void append(std::string& out, SavedSession& session, base::Instant now) {
  base::Packer packer(out, now);
  carry_session(packer, session);
}

std::string with_head(std::string_view body) {
  std::string out(kMagic);
  base::Packer head(out, {});
  std::uint64_t layout = kSnapshotLayout;
  std::uint64_t bytes = body.size();
  std::uint64_t hash = base::siphash(kHashKey, body);
  head(layout, bytes, hash);
  out += body;
  return out;
}

std::expected<Snapshot, std::string> decode(std::string_view bytes, base::Instant now) {
  if (bytes.size() < kHeadBytes || !bytes.starts_with(kMagic)) return std::unexpected("expected a snapshot of a relay");
  base::Unpacker head(bytes.substr(kMagic.size(), kHeadBytes - kMagic.size()), now);
  std::uint64_t layout = 0;
  std::uint64_t size = 0;
  std::uint64_t hash = 0;
  head(layout, size, hash);
  if (layout != kSnapshotLayout)
    return std::unexpected("expected layout " + std::to_string(kSnapshotLayout) + ", got " + std::to_string(layout) +
                           ": of another version");
  const std::string_view body = bytes.substr(kHeadBytes);
  if (body.size() != size)
    return std::unexpected("expected " + std::to_string(size) + " bytes, got " + std::to_string(body.size()));
  if (base::siphash(kHashKey, body) != hash) return std::unexpected("damaged: the hash is wrong");
  Snapshot out;
  base::Unpacker unpacker(body, now);
  carry_body(unpacker, out);
  if (unpacker.failed() || !unpacker.at_end()) return std::unexpected("not what a relay of this layout writes");
  return out;
}

}  // namespace session
