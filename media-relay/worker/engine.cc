#include "media-relay/worker/engine.h"

#include <array>
#include <cstring>
#include <tuple>
#include <utility>

#include "media-relay/base/clock.h"
#include "media-relay/rtp/demux.h"

namespace worker {
namespace {

constexpr std::array kSides{flow::Side::A, flow::Side::B};
constexpr std::array kComponents{flow::Component::Rtp, flow::Component::Rtcp};

void set_locals(flow::HalfSpec& half, const base::Endpoint& rtp, const base::Endpoint& rtcp) {
  half.local_rtp = rtp;
  half.local_rtcp = rtcp;
}

bool is_empty(const base::HashKey& key) {
  return key.k0 == 0 && key.k1 == 0;
}

}  // namespace

void Engine::apply(Command& command, base::Instant now, std::vector<Event>& events) {
  counters_.commands.add(1);
  if (auto* c = std::get_if<InstallFlow>(&command))
    install(*c, now, events);
  else if (auto* r = std::get_if<ReplaceFlow>(&command))
    replace(*r, now, events);
  else if (auto* d = std::get_if<RemoveFlow>(&command))
    end(d->id, now, events);
  else if (auto* s = std::get_if<SaveFlow>(&command))
    save(*s, now, events);
  else if (auto* q = std::get_if<QueryFlow>(&command))
    query(*q, now, events);
  else if (auto* p = std::get_if<PlayDigits>(&command))
    play(*p, now);
  flush();
}

// A flow that ends, and not one that is to go on elsewhere.
void Engine::end(FlowId id, base::Instant now, std::vector<Event>& events) {
  if (const auto found = flows_.find(id.value); found != flows_.end()) {
    found->second->flow.say_farewell();
    attend(*found->second, events);
  }
  remove(id, now, events);
}

void Engine::play(const PlayDigits& command, base::Instant now) {
  const auto found = flows_.find(command.id.value);
  const bool plays = found != flows_.end() && found->second->flow.play(command.to, command.digits, command.each, now);
  if (!plays) counters_.digits_refused.add(1);
  if (found == flows_.end()) return;
  deadlines_.cancel(found->second->deadline);
  arm(*found->second);
}

void Engine::install(InstallFlow& command, base::Instant now, std::vector<Event>& events) {
  if (flows_.contains(command.id.value))
    return fail(command.id, true, "a flow of this id is installed already", events);
  set_locals(command.spec.a, command.a.rtp.local(), command.a.rtcp.local());
  set_locals(command.spec.b, command.b.rtp.local(), command.b.rtcp.local());
  if (is_empty(command.spec.name_key)) command.spec.name_key = name_key_;
  command.spec.number = command.id.value;
  if (std::string wrong = flow::check(command.spec); !wrong.empty())
    return fail(command.id, true, std::move(wrong), events);
  find_tracks(command.spec);
  std::array<Installed*, 2> carriers{};
  if (std::string wrong = find_carriers(command.spec, command.carriers, carriers); !wrong.empty())
    return fail(command.id, true, std::move(wrong), events);
  flow::Flow::Ports ports{};
  if (std::string wrong = attach(command, ports); !wrong.empty())
    return fail(command.id, true, std::move(wrong), events);
  auto installed = std::make_unique<Installed>(command.id, std::move(command.spec), ports, now);
  const bool restored =
      command.saved.empty() || (command.last ? installed->flow.restore(command.saved, *command.last, now)
                                             : installed->flow.restore(command.saved, now));
  explicit_bzero(command.saved.data(), command.saved.size());
  if (!restored) {
    detach(ports);
    return fail(command.id, true, "what was saved of the flow is not of this one", events);
  }
  installed->flow.record_to(tap_);
  installed->flow.leave_by(this);
  installed->flow.keep_in(command.ledger);
  join(*installed, carriers);
  map_ports(*installed);
  arm(*installed);
  attend(*installed, events);
  flows_.emplace(command.id.value, std::move(installed));
  counters_.installed.add(1);
  counters_.flows.set(flows_.size());
}

std::string Engine::attach(InstallFlow& command, flow::Flow::Ports& ports) {
  std::array<std::array<io::Socket*, 2>, 2> sockets{
      {{&command.a.rtp, &command.a.rtcp}, {&command.b.rtp, &command.b.rtcp}}};
  for (const flow::Side side : kSides) {
    if (command.spec.half(side).shared || command.spec.half(side).copies) continue;
    for (const flow::Component component : kComponents) {
      io::Socket& socket = *sockets[flow::index_of(side)][flow::index_of(component)];
      if (!socket && component == flow::Component::Rtcp && command.spec.half(side).rtcp_mux) continue;
      if (!socket) {
        detach(ports);
        return "expected an RTP and an RTCP socket on each side that does not multiplex";
      }
      auto port = backend_.attach(std::move(socket));
      if (!port) {
        detach(ports);
        return port.error();
      }
      ports[flow::index_of(side)][flow::index_of(component)] = *port;
    }
  }
  return {};
}

void Engine::detach(const flow::Flow::Ports& ports) {
  for (const auto& side : ports) {
    for (const packet::PortIndex port : side) {
      if (!port) continue;
      if (port.value < ports_.size()) ports_[port.value] = Port{};
      backend_.detach(port);
    }
  }
}

// Sockets come marked as the first spec wants it. One whose mark stays what it was still carries media.
void Engine::mark(const Installed& installed, const flow::Spec& wanted) {
  for (const flow::Side side : kSides) {
    const std::uint8_t dscp = wanted.half(side).dscp;
    if (dscp == installed.flow.spec().half(side).dscp) continue;
    for (const packet::PortIndex port : installed.flow.ports()[flow::index_of(side)])
      if (port && !backend_.mark(port, dscp)) counters_.marks_refused.add(1);
  }
}

std::string Engine::find_carriers(const flow::Spec& spec, const std::array<FlowId, 2>& ids,
                                  std::array<Installed*, 2>& carriers) const {
  for (const flow::Side side : kSides) {
    const flow::HalfSpec& half = spec.half(side);
    if (!half.shared && !half.copies) continue;
    const auto found = flows_.find(ids[flow::index_of(side)].value);
    if (found == flows_.end()) return "the flow that is to be used or copied is not installed";
    if (half.shared && !found->second->flow.spec().half(side).ice)
      return "the flow whose transport is to be used has no ice there";
    carriers[flow::index_of(side)] = found->second.get();
  }
  return {};
}

void Engine::join(Installed& installed, const std::array<Installed*, 2>& carriers) {
  for (const flow::Side side : kSides) {
    Installed* carrier = carriers[flow::index_of(side)];
    if (carrier == nullptr || installed.carriers[flow::index_of(side)] == carrier) continue;
    installed.carriers[flow::index_of(side)] = carrier;
    if (const auto& copied = installed.flow.spec().half(side).copies) {
      installed.flow.copy(side, carrier->flow, *copied);
    } else {
      close_ports(installed, side);
      installed.flow.share(side, carrier->flow);
    }
    carrier->guests.push_back(&installed);
  }
}

// It has some when the peer has only now said that its lines share one transport.
void Engine::close_ports(Installed& installed, flow::Side side) {
  flush();
  flow::Flow::Ports own{};
  own[0] = installed.flow.ports()[flow::index_of(side)];
  detach(own);
  installed.flow.close_ports(side);
}

bool Engine::attach_half(HalfSockets& sockets, std::array<packet::PortIndex, 2>& ports) {
  for (auto [socket, component] :
       {std::pair{&sockets.rtp, flow::Component::Rtp}, std::pair{&sockets.rtcp, flow::Component::Rtcp}}) {
    if (!*socket) continue;
    const auto port = backend_.attach(std::move(*socket));
    if (!port) return false;
    ports[flow::index_of(component)] = *port;
  }
  return true;
}

bool Engine::move_ports(Installed& installed, ReplaceFlow& command, std::vector<Event>& events) {
  bool moved = true;
  for (const flow::Side side : kSides) {
    HalfSockets& sockets = side == flow::Side::A ? command.a : command.b;
    if (!sockets.rtp || command.spec.half(side).shared) continue;
    installed.flow.say_farewell(side);
    attend(installed, events);
    close_ports(installed, side);
    std::array<packet::PortIndex, 2> ports{};
    moved = attach_half(sockets, ports) && moved;
    installed.flow.move_ports(side, ports);
  }
  map_ports(installed);
  return moved;
}

void Engine::part(Installed& installed) {
  for (Installed* guest : installed.guests)
    for (Installed*& carrier : guest->carriers)
      if (carrier == &installed) carrier = nullptr;
  for (Installed* carrier : installed.carriers)
    if (carrier != nullptr) std::erase(carrier->guests, &installed);
}

void Engine::map_ports(Installed& installed) {
  for (const flow::Side side : kSides) {
    for (const flow::Component component : kComponents) {
      const packet::PortIndex port = installed.flow.ports()[flow::index_of(side)][flow::index_of(component)];
      if (!port) continue;
      if (port.value >= ports_.size()) ports_.resize(port.value + std::size_t{1});
      ports_[port.value] = Port{&installed, side, component};
    }
  }
}

void Engine::replace(ReplaceFlow& command, base::Instant now, std::vector<Event>& events) {
  const auto found = flows_.find(command.id.value);
  if (found == flows_.end()) return fail(command.id, false, "no flow of this id", events);
  Installed& installed = *found->second;
  const flow::Spec& old = installed.flow.spec();
  for (auto [half, before, fresh] :
       {std::tuple{&command.spec.a, &old.a, &command.a}, std::tuple{&command.spec.b, &old.b, &command.b}}) {
    if (half->shared) continue;
    if (fresh->rtp)
      set_locals(*half, fresh->rtp.local(), fresh->rtcp.local());
    else
      set_locals(*half, before->local_rtp, before->local_rtcp);
  }
  if (is_empty(command.spec.name_key)) command.spec.name_key = old.name_key;
  command.spec.number = old.number;
  if (std::string wrong = flow::check(command.spec); !wrong.empty())
    return fail(command.id, false, std::move(wrong), events);
  std::array<Installed*, 2> carriers{};
  if (std::string wrong = find_carriers(command.spec, command.carriers, carriers); !wrong.empty())
    return fail(command.id, false, std::move(wrong), events);
  if (!move_ports(installed, command, events)) {
    std::vector<Event> removed;
    remove(command.id, now, removed);
    return fail(command.id, true, "the sockets that take the place of others cannot be used", events);
  }
  mark(installed, command.spec);
  find_tracks(command.spec);
  installed.flow.replace(std::move(command.spec), now);
  join(installed, carriers);
  deadlines_.cancel(installed.deadline);
  arm(installed);
  attend(installed, events);
}

void Engine::find_tracks(flow::Spec& spec) {
  for (flow::HalfSpec* half : {&spec.a, &spec.b})
    if (half->play) half->play->track = tracks_.find(*half->play);
  counters_.tracks.set(tracks_.size());
}

void Engine::remove(FlowId id, base::Instant now, std::vector<Event>& events) {
  flush();
  FlowRemoved removed{id, false, {}};
  const auto found = flows_.find(id.value);
  if (found != flows_.end()) {
    removed.found = true;
    removed.stats = found->second->flow.stats(now);
    deadlines_.cancel(found->second->deadline);
    detach(found->second->flow.ports());
    part(*found->second);
    flows_.erase(found);
    counters_.removed.add(1);
    counters_.flows.set(flows_.size());
  }
  events.emplace_back(std::move(removed));
}

void Engine::save(const SaveFlow& command, base::Instant now, std::vector<Event>& events) {
  FlowSaved told{command.id, {}, command.round};
  if (const auto found = flows_.find(command.id.value); found != flows_.end()) {
    flow::Flow& flow = found->second->flow;
    told.saved = (command.round != 0 ? flow.checkpoint() : flow.save(now)).value_or("");
  }
  std::vector<Event> removed;
  if (command.round == 0) remove(command.id, now, removed);
  events.emplace_back(std::move(told));
}

void Engine::remove_all(base::Instant now, std::vector<Event>& events) {
  while (!flows_.empty()) remove(FlowId{flows_.begin()->first}, now, events);
}

void Engine::query(const QueryFlow& command, base::Instant now, std::vector<Event>& events) const {
  FlowStats answer{command.id, command.token, false, {}};
  if (const auto found = flows_.find(command.id.value); found != flows_.end()) {
    answer.found = true;
    answer.stats = found->second->flow.stats(now);
  }
  events.emplace_back(std::move(answer));
}

void Engine::walk(packet::Batch& batch, base::Instant now, std::vector<Event>& events) {
  std::uint64_t media = 0;
  std::uint64_t control = 0;
  std::uint64_t connecting = 0;
  std::uint64_t dropped = 0;
  for (packet::Packet& p : batch.packets()) {
    const Port port = p.arrived_on.value < ports_.size() ? ports_[p.arrived_on.value] : Port{};
    std::optional<flow::Drop> drop = flow::Drop::NoFlow;
    const bool transcodes = port.owner != nullptr && port.owner->flow.transcodes();
    const base::Instant began = transcodes ? base::monotonic_now() : now;
    if (port.owner != nullptr) drop = port.owner->flow.on_packet(p, port.side, port.component, now, told_);
    if (transcodes) count_transcoding(port.owner->flow, began);
    if (drop) {
      ++dropped;
      ++dropped_[static_cast<std::size_t>(*drop)];
    } else {
      const bool fax = port.owner->flow.spec().transport == flow::Transport::Udptl;
      const rtp::Kind kind = fax ? rtp::Kind::Rtp : rtp::classify(p.bytes());
      ++(kind == rtp::Kind::Rtcp ? control : kind == rtp::Kind::Rtp ? media : connecting);
    }
    if (port.owner != nullptr && port.owner->flow.wants_attention()) attend(*port.owner, events);
    if (!told_.empty()) tell(port.owner->id, events);
    if (port.owner == nullptr) continue;
    for (Installed* guest : port.owner->guests) {
      attend(*guest, events);
      for (Installed* copier : guest->guests) attend(*copier, events);
    }
  }
  flush();
  counters_.batches.add(1);
  counters_.rtp_packets.add(media);
  counters_.rtcp_packets.add(control);
  counters_.connect_packets.add(connecting);
  if (dropped == 0) return;
  for (std::size_t i = 0; i < dropped_.size(); ++i) {
    if (dropped_[i] != 0) counters_.drops[i].add(dropped_[i]);
    dropped_[i] = 0;
  }
}

void Engine::sent(const packet::Batch& batch, base::Duration stay) {
  for (const packet::Packet& p : batch.packets()) {
    if (!p.leaves() || p.arrived_on.value >= ports_.size()) continue;
    const Port& port = ports_[p.arrived_on.value];
    if (port.owner != nullptr) port.owner->flow.resided(port.side, stay);
  }
}

void Engine::count_transcoding(flow::Flow& flow, base::Instant began) {
  counters_.transcode_seconds.observe(base::to_seconds(base::monotonic_now() - began));
  const flow::TranscodeCounts counts = flow.take_transcode_counts();
  counters_.transcode_decoded.add(counts.decoded);
  counters_.transcode_encoded.add(counts.encoded);
  counters_.transcode_passed.add(counts.passed);
  counters_.transcode_concealed.add(counts.concealed);
  counters_.transcode_undecodable.add(counts.undecodable);
}

void Engine::arm(Installed& installed) {
  installed.deadline = {};
  installed.armed = installed.flow.next_deadline();
  if (installed.armed != base::kNever) installed.deadline = deadlines_.arm(installed.armed, &installed);
}

// What ICE and DTLS want sent and told, and when they want to be asked again.
void Engine::attend(Installed& installed, std::vector<Event>& events) {
  if (!installed.flow.wants_attention()) return;
  auto outgoing = installed.flow.attend(told_);
  for (flow::Flow::Outgoing& out : outgoing) send(std::move(out));
  tell(installed.id, events);
  if (installed.flow.next_deadline() >= installed.armed) return;
  deadlines_.cancel(installed.deadline);
  arm(installed);
}

void Engine::send(flow::Flow::Outgoing out) {
  if (out.bytes.size() > packet::kMaxDatagramBytes) return;
  if (out.bytes.empty()) counters_.keepalives.add(1);
  std::vector<std::byte>& storage = outbox_bytes_[outbox_.size()];
  storage = std::move(out.bytes);
  packet::Packet& p = outbox_.add();
  p.assign(storage, storage.size());
  p.leaves_by = out.port;
  p.destination = out.destination;
  p.dscp = out.dscp;
  if (outbox_.full()) flush();
}

// A copy, behind the packet that it is of.
void Engine::leave(packet::PortIndex port, const base::Endpoint& destination, std::span<const std::byte> bytes) {
  std::vector<std::byte>& storage = outbox_bytes_[outbox_.size()];
  storage.assign(bytes.begin(), bytes.end());
  packet::Packet& p = outbox_.add();
  p.assign(storage, storage.size());
  p.leaves_by = port;
  p.destination = destination;
  if (outbox_.full()) flush();
}

void Engine::flush() {
  if (outbox_.empty()) return;
  backend_.transmit(outbox_);
  outbox_.clear();
}

void Engine::on_deadlines(base::Instant now, std::vector<Event>& events) {
  Installed* due = nullptr;
  while (deadlines_.pop_due(now, due)) {
    due->flow.on_deadline(now, told_);
    arm(*due);
    for (const flow::Event& e : told_)
      if (std::holds_alternative<flow::MediaLost>(e)) counters_.media_lost.add(1);
    attend(*due, events);
    tell(due->id, events);
  }
  flush();
  if (const std::uint64_t coded = tracks_.take_coded(); coded != 0) {
    counters_.frames_coded.add(coded);
    counters_.track_bytes.set(tracks_.bytes());
  }
}

void Engine::tell(FlowId id, std::vector<Event>& events) {
  for (const flow::Event& e : told_) {
    if (const auto* ended = std::get_if<flow::PlayEnded>(&e))
      counters_.plays_ended[static_cast<std::size_t>(ended->end)].add(1);
    if (std::holds_alternative<flow::DigitFlood>(e)) counters_.digit_floods.add(1);
    events.emplace_back(FlowEvent{id, e});
  }
  told_.clear();
}

void Engine::fail(FlowId id, bool installing, std::string text, std::vector<Event>& events) {
  counters_.failed.add(1);
  events.emplace_back(FlowFailed{id, installing, std::move(text)});
}

}  // namespace worker
