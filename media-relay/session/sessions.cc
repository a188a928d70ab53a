#include "media-relay/session/sessions.h"

#include <algorithm>

#include "media-relay/session/translate.h"

namespace session {

Sessions::Sessions(Config config, base::Random& random) : config_(std::move(config)), random_(random) {
  for (std::size_t i = 0; i < config_.networks.size(); ++i) {
    const Network& network = config_.networks[i];
    const auto same = [&](const Network& other) {
      return other.bind == network.bind && other.first_port == network.first_port &&
             other.last_port == network.last_port;
    };
    const auto first =
        static_cast<std::size_t>(std::ranges::find_if(config_.networks, same) - config_.networks.begin());
    if (first < i) {
      pool_index_.push_back(pool_index_[first]);
    } else {
      pool_index_.push_back(pools_.size());
      pools_.emplace_back(network.first_port, network.last_port, config_.quarantine);
    }
  }
  worker_flows_.assign(std::max(1U, config_.workers), 0);
  worker_transcoded_.assign(std::max(1U, config_.workers), 0);
}

void Sessions::on_command(LinkId link, std::uint64_t request, control::Command command, base::Instant now,
                          Actions& out) {
  const Asker asker{link, request};
  if (const auto* greeting = std::get_if<control::Hello>(&command)) return hello(asker, *greeting, now, out);
  const auto known = controller_by_link_.find(link);
  if (known == controller_by_link_.end())
    return answer(asker, command.index(),
                  control::Error{control::ErrorCode::HelloFirst, "expected hello before anything else"}, out);
  controllers_.find(known->second)->heard = now;
  run(asker, known->second, std::move(command), now, out);
}

void Sessions::run(Asker asker, ControllerHandle owner, control::Command command, base::Instant now, Actions& out) {
  Controller* controller = controllers_.find(owner);
  if (controller == nullptr)  // a deferred command of a controller that went and left nothing behind
    return answer(asker, command.index(), control::Error{control::ErrorCode::HelloFirst, "its controller is gone"},
                  out);
  if (const auto* c = std::get_if<control::List>(&command)) return list(asker, *controller, *c, out);
  if (const auto* c = std::get_if<control::Subscribe>(&command)) {
    controller->events = c->events;
    answer(asker, command.index(), control::Subscribed{c->events}, out);
    if (draining_) tell_draining(*controller, now, out);
    return;
  }
  if (std::holds_alternative<control::Ping>(command)) return answer(asker, command.index(), load(), out);

  const auto id_of = [](const auto& c) -> const control::SessionId* {
    if constexpr (requires { c.id; })
      return &c.id;
    else
      return nullptr;
  };
  const control::SessionId* id = std::visit(id_of, command);
  if (id == nullptr) return;  // Hello, which never comes here
  const auto found = controller->sessions.find(*id);
  const SessionHandle handle = found == controller->sessions.end() ? SessionHandle{} : found->second;
  Session* session = sessions_.find(handle);

  if (session != nullptr && session->change) {
    if (session->deferred.size() >= kMaxDeferred)
      return answer(asker, command.index(),
                    control::Error{control::ErrorCode::Internal, "too many commands wait for this session"}, out);
    session->deferred.push_back({asker, std::move(command)});
    return;
  }
  if (auto* c = std::get_if<control::Open>(&command)) return open(asker, owner, std::move(*c), now, out);
  if (auto* c = std::get_if<control::Close>(&command)) {
    if (session == nullptr) return answer(asker, command.index(), control::Closed{c->id, false, {}}, out);
    return close(asker, handle, End{Cause::Command, c->reason}, out);
  }
  if (const auto* c = std::get_if<control::SendDigits>(&command); c != nullptr && session != nullptr)
    return send_digits(asker, *session, *c, out);
  if (session == nullptr)
    return answer(asker, command.index(), control::Error{control::ErrorCode::UnknownSession, "no session with this id"},
                  out);
  if (auto* c = std::get_if<control::Modify>(&command)) return modify(asker, handle, std::move(*c), now, out);
  query(asker, *session, now, out);
}

void Sessions::on_flow_event(FlowHandle flow, const flow::Event& event, Actions& out) {
  const FlowRecord* record = flows_.find(flow);
  if (record == nullptr || record->state != FlowState::Installed) return;
  const Session* session = sessions_.find(record->session);
  if (session == nullptr) return;
  const Controller* controller = controllers_.find(session->owner);
  if (controller == nullptr) return;
  if (const auto* e = std::get_if<flow::FirstPacket>(&event)) {
    ++counters_.first_packets;
    tell(*controller, control::EventKind::FirstPacket,
         control::FirstPacket{session->id, record->index, to_control(e->side), e->source}, out);
  } else if (const auto* l = std::get_if<flow::Latched>(&event)) {
    ++counters_.latched;
    if (l->rebound) ++counters_.rebounds;
    // Where the peer's RTCP comes from changes nothing for a controller.
    if (l->component == flow::Component::Rtp)
      tell(*controller, control::EventKind::Latched,
           control::Latched{session->id, record->index, to_control(l->side), l->source}, out);
  } else if (const auto* m = std::get_if<flow::MediaLost>(&event)) {
    ++counters_.media_lost;
    const auto silent = std::chrono::duration_cast<base::milliseconds>(m->silence).count();
    tell(*controller, control::EventKind::MediaLost,
         control::MediaLost{session->id, record->index, static_cast<std::uint32_t>(silent)}, out);
  } else if (const auto* o = std::get_if<flow::OneSided>(&event)) {
    ++counters_.one_sided;
    const auto silent = std::chrono::duration_cast<base::milliseconds>(o->silence).count();
    tell(*controller, control::EventKind::OneSided,
         control::OneSided{session->id, record->index, to_control(o->silent), static_cast<std::uint32_t>(silent)}, out);
  } else if (const auto* d = std::get_if<flow::Dtmf>(&event)) {
    if (!d->began) ++counters_.digits_heard;
    const auto lasted = std::chrono::duration_cast<base::milliseconds>(d->duration).count();
    tell(*controller, control::EventKind::Dtmf,
         control::Dtmf{session->id, record->index, to_control(d->side), d->digit, static_cast<std::uint32_t>(lasted),
                       d->began},
         out);
  } else if (const auto* asked = std::get_if<flow::PictureAsked>(&event)) {
    tell(*controller, control::EventKind::PictureAsked,
         control::PictureAsked{session->id, record->index, to_control(asked->side)}, out);
  } else if (const auto* p = std::get_if<flow::PlayEnded>(&event)) {
    control::PlayEnded ended = to_control(*p);
    if (ended.end == control::PlayEnd::NoSound) note_no_sound(*session, *record, p->side, out);
    ended.id = session->id;
    ended.flow = record->index;
    tell(*controller, control::EventKind::PlayEnded, std::move(ended), out);
  } else if (const auto* q = std::get_if<flow::Quality>(&event)) {
    ++counters_.quality_reports;
    tell(*controller, control::EventKind::Quality, control::Quality{session->id, to_control(record->index, *q)}, out);
  } else if (auto change = peer_change(event)) {
    ++counters_.peer_changes[static_cast<std::size_t>(change->change) - 1];
    change->id = session->id;
    change->flow = record->index;
    tell(*controller, control::EventKind::PeerChanged, *std::move(change), out);
  }
}

// An operator's mistake, in words for the log: the name stands in the configuration of one process and the files with
// the other.
void Sessions::note_no_sound(const Session& session, const FlowRecord& record, flow::Side side, Actions& out) const {
  for (const control::FlowSpec& flow : session.spec.flows) {
    const control::HalfSpec& half = side == flow::Side::A ? flow.a : flow.b;
    if (flow.index != record.index || !half.play) continue;
    const Controller* controller = controllers_.find(session.owner);
    out.push_back(Note{"there is no sound of the name \"" + half.play->sound + "\"",
                       controller == nullptr ? std::string() : controller->id, session.id});
  }
}

void Sessions::count(std::size_t kind, const control::Reply& reply) {
  const auto* error = std::get_if<control::Error>(&reply);
  const std::size_t result = error == nullptr ? 0 : static_cast<std::size_t>(error->code);
  ++counters_.commands[kind][std::min(result, kResults - 1)];
}

void Sessions::answer(Asker asker, std::size_t kind, control::Reply reply, Actions& out) {
  count(kind, reply);
  out.push_back(SendReply{asker.link, asker.request, std::move(reply)});
}

void Sessions::tell(const Controller& controller, control::EventKind kind, control::Event event, Actions& out) {
  if (controller.link == 0 || (controller.events & static_cast<std::uint32_t>(kind)) == 0) return;
  out.push_back(SendEvent{controller.link, std::move(event)});
}

std::optional<std::size_t> Sessions::network_named(std::string_view name) const {
  const auto it = std::ranges::find(config_.networks, name, &Network::name);
  if (it == config_.networks.end()) return std::nullopt;
  return static_cast<std::size_t>(it - config_.networks.begin());
}

unsigned Sessions::least_loaded_worker() const {
  return static_cast<unsigned>(std::ranges::min_element(worker_flows_) - worker_flows_.begin());
}

PortCounts Sessions::ports(std::size_t network, base::Instant now) {
  PortPool& pool = pool_of(network);
  return {pool.in_use(), pool.free(now), pool.quarantined(now)};
}

}  // namespace session
