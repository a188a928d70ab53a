#include "sbc/relay_client/relay_link.h"

#include <utility>

#include "sbc/relay_client/machine.h"

namespace sbc::relay_client {

RelayLink::RelayLink(loop::EventLoop& loop, LinkOptions options, Delegate& delegate, base::Random& random)
    : machine_(std::make_unique<Machine>(loop, std::move(options), delegate, random)) {}

RelayLink::~RelayLink() = default;

void RelayLink::start() {
  machine_->start();
}

std::uint64_t RelayLink::open(std::uint64_t owner, control::Open command) {
  return machine_->send(owner, std::move(command));
}
std::uint64_t RelayLink::modify(std::uint64_t owner, control::Modify command) {
  return machine_->send(owner, std::move(command));
}
std::uint64_t RelayLink::close(std::uint64_t owner, control::Close command) {
  return machine_->send(owner, std::move(command));
}
void RelayLink::send_digits(control::SendDigits command) {
  machine_->send(0, std::move(command));
}
std::uint64_t RelayLink::query(std::uint64_t owner, control::Query command) {
  return machine_->send(owner, std::move(command));
}

void RelayLink::adopt(control::SessionId id, std::uint64_t owner) {
  machine_->adopt(std::move(id), owner);
}

LinkState RelayLink::state() const {
  return machine_->state();
}
bool RelayLink::serves(const control::SessionSpec& spec) const {
  return machine_->serves(spec);
}

bool RelayLink::accepting() const {
  return machine_->accepting();
}
bool RelayLink::draining() const {
  return machine_->draining();
}
base::Instant RelayLink::ends() const {
  return machine_->ends();
}
RelayLoad RelayLink::load() const {
  return machine_->load();
}
std::vector<control::SessionId> RelayLink::opened() const {
  return machine_->opened();
}
std::optional<std::uint64_t> RelayLink::owner_of(const control::SessionId& id) const {
  return machine_->owner_of(id);
}
const std::string& RelayLink::name() const {
  return machine_->options().relay;
}
const std::string& RelayLink::last_error() const {
  return machine_->last_error();
}
const LinkCounters& RelayLink::counters() const {
  return machine_->counters();
}
std::size_t RelayLink::sessions() const {
  return machine_->sessions();
}
std::size_t RelayLink::waiting() const {
  return machine_->waiting();
}

}  // namespace sbc::relay_client
