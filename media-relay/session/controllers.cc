// Controllers: who they are, how long their sessions outlive their silence, and what they have.

#include <algorithm>

#include "media-relay/control/limits.h"
#include "media-relay/session/sessions.h"

namespace session {

void Sessions::hello(Asker asker, const control::Hello& command, base::Instant now, Actions& out) {
  const std::size_t kind = control::Command(command).index();
  const auto linked = controller_by_link_.find(asker.link);
  if (linked != controller_by_link_.end() && controllers_.find(linked->second)->id != command.controller)
    return answer(asker, kind,
                  control::Error{control::ErrorCode::Malformed, "controller: expected the same as before on this link"},
                  out);
  const ControllerHandle handle = controller_named(command.controller);
  if (!handle)
    return answer(asker, kind, control::Error{control::ErrorCode::SessionLimit, "too many controllers"}, out);
  Controller& controller = *controllers_.find(handle);
  if (controller.link != asker.link) {
    // A connection that broke unnoticed must not keep its successor out: the latest one speaks for the controller.
    if (controller.link != 0) {
      ++counters_.links_replaced;
      controller_by_link_.erase(controller.link);
      out.push_back(DropLink{controller.link, "another connection of the same controller took over"});
    }
    controller.link = asker.link;
    controller.events = 0;
    controller_by_link_[asker.link] = handle;
    if (!controller.sessions.empty()) ++counters_.adoptions;
  }
  const base::Duration wanted = command.lease_ms == 0 ? config_.lease : base::milliseconds(command.lease_ms);
  controller.lease = std::clamp(wanted, kShortestLease, std::max(kShortestLease, config_.longest_lease));
  controller.heard = now;
  arm_lease(handle, now);

  control::Welcome welcome;
  welcome.relay_instance = config_.instance;
  welcome.lease_ms =
      static_cast<std::uint32_t>(std::chrono::duration_cast<base::milliseconds>(controller.lease).count());
  welcome.sessions = static_cast<std::uint32_t>(controller.sessions.size());
  welcome.resume_ms = static_cast<std::uint32_t>(std::chrono::duration_cast<base::milliseconds>(resume_).count());
  for (const Network& network : config_.networks) welcome.networks.push_back(network.name);
  answer(asker, kind, std::move(welcome), out);
}

void Sessions::drain(base::Duration within, base::Instant now, Actions& out) {
  draining_ = true;
  ends_ = now + within;
  controllers_.for_each([&](ControllerHandle, Controller& controller) { tell_draining(controller, now, out); });
}

void Sessions::tell_draining(const Controller& controller, base::Instant now, Actions& out) {
  const auto left = std::chrono::duration_cast<base::milliseconds>(std::max(base::Duration{}, ends_ - now)).count();
  tell(controller, control::EventKind::Draining, control::Draining{static_cast<std::uint32_t>(left)}, out);
}

control::Pong Sessions::load() const {
  return {static_cast<std::uint32_t>(sessions_.size()), static_cast<std::uint32_t>(config_.max_sessions),
          static_cast<std::uint32_t>(controllers_.size())};
}

// Known or new; none when there are too many.
Sessions::ControllerHandle Sessions::controller_named(const std::string& id) {
  if (const auto known = controller_by_id_.find(id); known != controller_by_id_.end()) return known->second;
  if (controllers_.size() >= kMaxControllers) return {};
  const ControllerHandle handle = controllers_.emplace();
  controllers_.find(handle)->id = id;
  controller_by_id_.emplace(id, handle);
  return handle;
}

void Sessions::list(Asker asker, const Controller& controller, const control::List& command, Actions& out) {
  control::Listed page;
  auto it = command.cursor.empty() ? controller.sessions.begin() : controller.sessions.upper_bound(command.cursor);
  for (; it != controller.sessions.end() && page.ids.size() < control::kListPage; ++it) page.ids.push_back(it->first);
  if (it != controller.sessions.end()) page.next = page.ids.back();
  answer(asker, control::Command(command).index(), std::move(page), out);
}

void Sessions::arm_lease(ControllerHandle handle, base::Instant now) {
  Controller& controller = *controllers_.find(handle);
  leases_.cancel(controller.deadline);
  controller.deadline = leases_.arm(std::max(now, controller.heard + controller.lease), handle);
}

void Sessions::on_link_closed(LinkId link, base::Instant now, Actions&) {
  const auto it = controller_by_link_.find(link);
  if (it == controller_by_link_.end()) return;
  const ControllerHandle handle = it->second;
  controller_by_link_.erase(it);
  Controller& controller = *controllers_.find(handle);
  controller.link = 0;
  controller.events = 0;
  controller.heard = now;  // the lease runs from here
  forget_if_idle(handle);
}

void Sessions::on_deadline(base::Instant now, Actions& out) {
  ControllerHandle handle;
  while (leases_.pop_due(now, handle)) {
    Controller* controller = controllers_.find(handle);
    if (controller == nullptr) continue;
    // Being heard does not move the deadline; it is looked at when it comes.
    if (controller->heard + controller->lease > now)
      arm_lease(handle, now);
    else
      reclaim(handle, out);
  }
}

// A link that is still open does not save a controller that has said nothing for a whole lease: it hangs.
void Sessions::reclaim(ControllerHandle handle, Actions& out) {
  Controller& controller = *controllers_.find(handle);
  ++counters_.leases_ended;
  if (!controller.sessions.empty())
    out.push_back(
        Note{"lease ended, reclaiming " + std::to_string(controller.sessions.size()) + " sessions", controller.id, {}});
  const auto sessions = controller.sessions;
  for (const auto& [id, session] : sessions) end_session(session, End{Cause::Lease, "lease ended"}, out);
  if (controller.link != 0) {
    out.push_back(DropLink{controller.link, "nothing was heard for the whole lease"});
    controller_by_link_.erase(controller.link);
    controller.link = 0;
  }
  forget_if_idle(handle);
}

void Sessions::forget_if_idle(ControllerHandle handle) {
  Controller* controller = controllers_.find(handle);
  if (controller == nullptr || controller->link != 0 || !controller->sessions.empty()) return;
  leases_.cancel(controller->deadline);
  controller_by_id_.erase(controller->id);
  controllers_.erase(handle);
}

void Sessions::close_all(std::string_view reason, base::Instant, Actions& out) {
  std::vector<SessionHandle> all;
  sessions_.for_each([&](SessionHandle handle, Session&) { all.push_back(handle); });
  for (const SessionHandle handle : all) end_session(handle, End{Cause::Stop, std::string(reason)}, out);
}

}  // namespace session
