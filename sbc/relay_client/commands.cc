// Commands and their replies, events and their owners.

#include <utility>

#include "media-relay/control/check.h"

#include "sbc/relay_client/limits.h"
#include "sbc/relay_client/machine.h"

namespace sbc::relay_client {

using control::Error;
using control::ErrorCode;

namespace {

// What is needed of a command once it is sent: kind and session.
control::Command stub_of(const control::Command& command) {
  if (const auto* c = std::get_if<control::Open>(&command)) return control::Open{c->id, {}};
  if (const auto* c = std::get_if<control::Modify>(&command)) return control::Modify{c->id, {}};
  return command;
}

}  // namespace

std::uint64_t RelayLink::Machine::send(std::uint64_t owner, control::Command command) {
  const std::uint64_t request = pending_.mint();
  Context context{owner, stub_of(command), false};
  ++counters_.commands;
  std::optional<Error> refused;
  if (state_ != LinkState::Up) {
    ++counters_.refused_link_down;
    refused = Error{ErrorCode::LinkDown, "no connection to relay " + options_.relay + ": " + last_error_};
  } else if (pending_.size() >= kMaxWaiting) {
    ++counters_.refused_overload;
    refused = Error{ErrorCode::Overloaded, "too many commands wait for relay " + options_.relay};
  } else if (auto problem = control::problem_with(command)) {
    refused = Error{problem->code, std::move(problem->text)};
  }
  if (const auto* close = std::get_if<control::Close>(&command)) known_.erase(close->id);
  if (refused) {
    // Nothing was sent, so only a Close leaves something to do later.
    if (const auto* close = std::get_if<control::Close>(&command)) unwanted_.insert(close->id);
    deliver_later(control::RelayReply{owner, request, *std::move(refused), control::session_of(command)});
    return request;
  }
  if (const auto* open = std::get_if<control::Open>(&command)) {
    Known& known = known_[open->id];
    known.owner = owner;
    unwanted_.erase(open->id);
  }
  transmit(request, std::move(context), command);
  return request;
}

void RelayLink::Machine::transmit(std::uint64_t request, Context context, const control::Command& command) {
  pending_.add(request, loop_.now() + options_.command_timeout, std::move(context));
  arm_timeouts();
  std::string frame;
  control::append_command(frame, request, command);
  // False when the connection just broke: on_closed follows and answers everything that waits.
  stream_->write(frame);
  explicit_bzero(frame.data(), frame.size());  // it may hold keys
}

void RelayLink::Machine::transmit_internal(control::Command command) {
  transmit(pending_.mint(), Context{0, stub_of(command), true}, command);
}

void RelayLink::Machine::on_reply(control::ReplyFrame frame) {
  if (frame.request == 0) {
    // About something of ours that the relay could not read; it closes the connection.
    if (const auto* error = std::get_if<Error>(&frame.reply)) disconnect("the relay refused a frame: " + error->text);
    return;
  }
  auto context = pending_.take(frame.request);
  if (!context) return;  // after its timeout
  ++counters_.replies;
  if (std::holds_alternative<Error>(frame.reply)) ++counters_.error_replies;
  if (context->internal) return on_internal_reply(*context, std::move(frame.reply));
  deliver(frame.request, *context, std::move(frame.reply));
}

// What a reply, the relay's or our own, means for what we believe the relay has.
void RelayLink::Machine::settle(const Context& context, const control::Reply& reply) {
  const auto* error = std::get_if<Error>(&reply);
  const bool unsure = error != nullptr && (error->code == ErrorCode::LinkDown || error->code == ErrorCode::Timeout);
  if (const auto* open = std::get_if<control::Open>(&context.command)) {
    const auto known = known_.find(open->id);
    if (error == nullptr) {
      if (known != known_.end()) known->second.opened = true;
      return;
    }
    if (error->code == ErrorCode::Draining) begin_draining({});
    if (known == known_.end() || known->second.opened) return;
    known_.erase(known);
    // The relay may have opened it all the same, and the caller was told that it failed.
    if (!unsure) return;
    unwanted_.insert(open->id);
    if (state_ == LinkState::Up) transmit_internal(control::Close{open->id, "no reply to open"});
  } else if (const auto* close = std::get_if<control::Close>(&context.command)) {
    if (unsure)
      unwanted_.insert(close->id);
    else
      unwanted_.erase(close->id);
  } else if (error != nullptr && error->code == ErrorCode::UnknownSession) {
    if (const auto* modify = std::get_if<control::Modify>(&context.command)) known_.erase(modify->id);
    if (const auto* query = std::get_if<control::Query>(&context.command)) known_.erase(query->id);
  }
}

void RelayLink::Machine::deliver(std::uint64_t request, const Context& context, control::Reply reply) {
  settle(context, reply);
  if (!context.internal)
    delegate_.on_relay_reply({context.owner, request, std::move(reply), control::session_of(context.command)});
}

void RelayLink::Machine::on_event(control::Event event) {
  ++counters_.events;
  if (const auto* stopping = std::get_if<control::Stopping>(&event)) {
    resume_until_ = loop_.now() + base::milliseconds(stopping->resume_ms);
    draining_ = true;
    return;
  }
  if (const auto* draining = std::get_if<control::Draining>(&event))
    return begin_draining(base::milliseconds(draining->within_ms));
  const auto known = known_.find(control::session_of(event));
  if (known == known_.end()) {
    ++counters_.events_unowned;
    return;
  }
  const std::uint64_t owner = known->second.owner;
  if (std::holds_alternative<control::SessionClosed>(event)) known_.erase(known);
  delegate_.on_relay_event({owner, std::move(event)});
}

void RelayLink::Machine::deliver_later(Output output) {
  later_.push_back(std::move(output));
  if (later_.size() > 1) return;
  loop_.post([this, alive = std::weak_ptr<char>(alive_)] {
    if (!alive.expired()) flush_later();
  });
}

void RelayLink::Machine::flush_later() {
  const std::vector<Output> now = std::exchange(later_, {});
  for (const Output& output : now) {
    if (const auto* reply = std::get_if<control::RelayReply>(&output))
      delegate_.on_relay_reply(*reply);
    else
      delegate_.on_relay_event(std::get<control::RelayEvent>(output));
  }
}

}  // namespace sbc::relay_client
