// ICE and DTLS of a flow's sides: checks are answered, handshakes walked, keys taken over.

#include <algorithm>
#include <utility>

#include "media-relay/flow/flow.h"

namespace flow {
namespace {

Drop drop_of(ice::Refusal refusal) {
  switch (refusal) {
    case ice::Refusal::Malformed:
    case ice::Refusal::TooLong:
    case ice::Refusal::NoFingerprint:
    case ice::Refusal::NotARequest:
      return Drop::StunMalformed;
    case ice::Refusal::NoCredentials:
    case ice::Refusal::WrongUser:
    case ice::Refusal::Unauthentic:
      return Drop::StunUnauthentic;
    case ice::Refusal::Expired:
    case ice::Refusal::UnknownAttribute:
    case ice::Refusal::RoleConflict:
      return Drop::StunRefused;
  }
  return Drop::StunMalformed;
}

Drop drop_of(secure::DtlsRefusal refusal) {
  switch (refusal) {
    case secure::DtlsRefusal::Malformed:
      return Drop::DtlsMalformed;
    case secure::DtlsRefusal::Unexpected:
    case secure::DtlsRefusal::ClearAlert:
      return Drop::DtlsUnexpected;
    case secure::DtlsRefusal::OtherSource:
      return Drop::WrongSource;
    case secure::DtlsRefusal::NoCookie:
      return Drop::DtlsCookie;
  }
  return Drop::DtlsMalformed;
}

// The two parts of an association's name.
std::string_view our_end(std::string_view name) {
  return name.substr(0, name.find(kPeerMark));
}
std::string_view peers_end(std::string_view name) {
  return name.substr(std::min(our_end(name).size() + 1, name.size()));
}
bool same_end(std::string_view before, std::string_view now) {
  return before.empty() || now.empty() || before == now;
}

bool same_peer(const std::vector<secure::Fingerprint>& before, const std::vector<secure::Fingerprint>& now) {
  const auto said_before = [&](const secure::Fingerprint& f) { return std::ranges::find(before, f) != before.end(); };
  return before.empty() || now.empty() || std::ranges::any_of(now, said_before);
}

}  // namespace

bool is_same_association(std::string_view before, std::string_view now) {
  return our_end(before) == our_end(now) && same_end(peers_end(before), peers_end(now));
}

std::vector<Flow::Outgoing> Flow::attend(std::vector<Event>& events) {
  attention_ = false;
  for (Event& e : untold_) events.push_back(std::move(e));
  untold_.clear();
  return std::exchange(outgoing_, {});
}

// The spec has been set.
void Flow::connect(Side side, base::Instant now) {
  const HalfSpec& spec = spec_.half(side);
  Half& h = half(side);
  if (!spec.ice) {
    h.ice.reset();
  } else if (!h.ice) {
    h.ice = std::make_unique<ice::Agent>(*spec.ice, now);
  } else {
    ice_events_.clear();
    h.ice->set(*spec.ice, now, ice_events_);
    heed(side, ice_events_);
  }
  set_dtls(side);
  if (!h.dtls) return;
  // A handshake may have been waiting for the fingerprint.
  const secure::DtlsState before = h.dtls->state();
  h.dtls->set_fingerprints(spec.dtls->parameters.fingerprints, now);
  std::vector<secure::Datagram> none;
  heed_dtls(side, none, {}, before, now);
  if (before == secure::DtlsState::Failed) untold_.push_back(NotSecured{side, h.dtls->failure()});
  watch_handshake(side, now);
}

bool Flow::is_described(Side side) const {
  const HalfSpec& spec = spec_.half(side);
  if (spec.dtls && spec.dtls->parameters.fingerprints.empty()) return false;
  return spec.ice ? !spec.ice->remote_ufrag.empty() : spec.remote_rtp.has_value() && is_usable(*spec.remote_rtp);
}

void Flow::watch_handshake(Side side, base::Instant now) {
  Half& h = half(side);
  const secure::DtlsState state = h.dtls->state();
  const bool open =
      state != secure::DtlsState::Done && state != secure::DtlsState::Closed && state != secure::DtlsState::Failed;
  const bool named = is_described(Side::A) && is_described(Side::B) && !spec_.suspended;
  h.secured_by = open && named ? now + kHandshakeLimit : base::kNever;
}

void Flow::set_dtls(Side side) {
  const base::Rare<Dtls>& wanted = spec_.half(side).dtls;
  Half& h = half(side);
  if (!wanted) {
    h.dtls.reset();
    h.association.reset();
    return;
  }
  // Our role is settled by the answer; until the handshake is done another answer may settle it otherwise, as that of a
  // peer that is asked again while it has just begun. After it roles mean nothing.
  const bool open =
      h.dtls && (h.dtls->state() == secure::DtlsState::Idle || h.dtls->state() == secure::DtlsState::Handshaking);
  const std::vector<secure::Fingerprint>& certificates = wanted->parameters.fingerprints;
  // RFC 8842 3.1: the peer's certificate and name make the association as well. A hello may come before both are known,
  // and another peer may answer the same offer (a fork, or another answer than the early one): that one shakes hands
  // anew, and the one before is not heard meanwhile.
  const bool same = h.dtls && is_same_association(h.association->name, wanted->association) &&
                    same_peer(h.association->certificates, certificates);
  if (same && (h.dtls->role() == wanted->parameters.role || !open)) {
    if (!certificates.empty()) h.association->certificates = certificates;
    if (!peers_end(wanted->association).empty()) h.association->name = wanted->association;
    return;
  }
  if (h.dtls && !same && our_end(h.association->name) == our_end(wanted->association)) {
    h.sender.reset();
    h.receiver.reset();
    h.former.reset();
  }
  h.association = Association{wanted->association, certificates};
  h.dtls = secure::DtlsSession::make(wanted->identity, wanted->parameters);
}

// The active role begins as soon as there is somewhere to send to.
void Flow::start_dtls(Side side, base::Instant now) {
  Half& h = half(side);
  const Exit& to = exit(side, Component::Rtp);
  if (!h.dtls || h.dtls->role() != secure::DtlsRole::Active || h.dtls->state() != secure::DtlsState::Idle ||
      to.closed || h.dtls->next_deadline() != base::kNever)
    return;
  std::vector<secure::Datagram> out;
  h.dtls->start(to.destination, now, out);
  heed_dtls(side, out, to.destination, secure::DtlsState::Idle, now);
}

std::optional<Drop> Flow::take_stun(Context& c) {
  Half& h = half(c.side);
  if (!h.ice || c.port != Component::Rtp) return Drop::Stun;
  ice_events_.clear();
  const ice::Outcome outcome =
      h.ice->on_stun(c.packet.bytes(), c.packet.source, c.now, c.packet.storage(), ice_events_);
  if (outcome.response_bytes != 0) {
    c.packet.resize(outcome.response_bytes);
    c.packet.leaves_by = ports_[index_of(c.side)][index_of(Component::Rtp)];
    c.packet.destination = c.packet.source;
    c.answered = true;
  }
  attention_ = true;  // deadlines may have changed
  if (!ice_events_.empty()) {
    heed(c.side, ice_events_);
    update_exits();
    start_dtls(c.side, c.now);
  }
  if (outcome.refusal) return drop_of(*outcome.refusal);
  return std::nullopt;
}

// RFC 5763 6.7.1: a hello only from where the peer may be. `vouched`: somebody has seen that it is there.
std::optional<Drop> Flow::may_handshake(const Context& c, bool& vouched) const {
  const Half& h = half(c.side);
  vouched = true;
  if (h.ice) return h.ice->is_valid(c.packet.source) ? std::nullopt : std::optional(Drop::NotChecked);
  const SourceGuard& guard = h.guard[index_of(Component::Rtp)];
  vouched = c.packet.source == spec_.half(c.side).remote_rtp || c.packet.source == guard.latched();
  return guard.refuses(c.packet.source, c.now);
}

std::optional<Drop> Flow::take_dtls(Context& c) {
  Half& h = half(c.side);
  if (!h.dtls || c.port != Component::Rtp) return Drop::Dtls;
  bool vouched = false;
  if (const auto refused = may_handshake(c, vouched)) return refused;
  const secure::DtlsState before = h.dtls->state();
  std::vector<secure::Datagram> out;
  const auto refused = h.dtls->on_datagram(c.packet.bytes(), c.packet.source, vouched, c.now, out);
  heed_dtls(c.side, out, c.packet.source, before, c.now);
  if (refused) return drop_of(*refused);
  return std::nullopt;
}

void Flow::heed(Side side, const std::vector<ice::Event>& told) {
  for (const ice::Event& e : told) {
    if (const auto* selected = std::get_if<ice::Selected>(&e))
      untold_.push_back(IceConnected{side, selected->remote});
    else
      untold_.push_back(ConsentLost{side});
  }
  attention_ = true;
}

void Flow::heed_dtls(Side side, std::vector<secure::Datagram>& datagrams, const base::Endpoint& to,
                     secure::DtlsState before, base::Instant now) {
  Half& h = half(side);
  const packet::PortIndex port = ports_[index_of(side)][index_of(Component::Rtp)];
  for (secure::Datagram& d : datagrams) outgoing_.push_back({port, to, std::move(d)});
  attention_ = true;
  const secure::DtlsState state = h.dtls->state();
  if (state == before) return;
  if (state == secure::DtlsState::Done) {
    const secure::DtlsKeys& keys = *h.dtls->keys();
    h.sender = secure::make_sender(spec_.srtp_engine, keys.send);
    retire_receiver(side, now);
    h.receiver = secure::make_receiver(spec_.srtp_engine, keys.receive);
    // Nobody else can have the key that the fingerprint names: where it is, the peer is.
    if (!h.ice) h.guard[index_of(Component::Rtp)].admit(h.dtls->peer(), {0, std::nullopt, true}, now);
    untold_.push_back(Secured{side, keys.send.suite});
  } else if (state == secure::DtlsState::Failed || state == secure::DtlsState::Closed) {
    h.sender.reset();
    h.receiver.reset();
    h.former.reset();
    untold_.push_back(NotSecured{side, h.dtls->failure()});
  } else {
    return;
  }
  build();
}

void Flow::on_connect_deadline(Side side, base::Instant now) {
  Half& h = half(side);
  if (h.ice && h.ice->next_deadline() <= now) {
    ice_events_.clear();
    h.ice->on_deadline(now, ice_events_);
    heed(side, ice_events_);
    update_exits();
  }
  if (h.dtls && h.secured_by <= now) {
    watch_handshake(side, now);
    if (h.secured_by != base::kNever) {
      untold_.push_back(NotSecured{side, secure::DtlsFailure::Timeout});
      attention_ = true;
    }
  }
  if (!h.dtls || h.dtls->next_deadline() > now) return;
  const secure::DtlsState before = h.dtls->state();
  std::vector<secure::Datagram> out;
  h.dtls->on_deadline(now, out);
  const Exit& to = exit(side, Component::Rtp);
  heed_dtls(side, out, to.closed ? h.dtls->peer() : to.destination, before, now);
}

}  // namespace flow
