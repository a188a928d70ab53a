#include "sbc/transaction/layer.h"

#include "sbc/transaction/client_side.h"
#include "sbc/transaction/server_side.h"
#include "sbc/transaction/shared.h"

namespace sbc::transaction {

struct Layer::Core {
  Core(const Config& config, const sip::Minter& minter, base::Random& random) : shared(config, minter, random) {}

  Shared shared;
  ServerSide servers{shared};
  ClientSide clients{shared};
};

Layer::Layer(const Config& config, const sip::Minter& minter, base::Random& random)
    : core_(std::make_unique<Core>(config, minter, random)) {}

Layer::~Layer() = default;

void Layer::on_message(sip::MessagePtr message, const sip::Source& source, base::Instant now, Output& out) {
  if (message->is_response()) return core_->clients.on_response(std::move(message), source, now, out);
  switch (message->method()) {
    case sip::Method::Ack:
      return core_->servers.on_ack(std::move(message), source, now, out);
    case sip::Method::Cancel:
      return core_->servers.on_cancel(std::move(message), source, now, out);
    default:
      return core_->servers.on_request(std::move(message), source, now, out);
  }
}

void Layer::on_transport_error(std::uint64_t token, base::Instant now, Output& out) {
  if (token == 0) return;
  if (is_client_token(token)) {
    core_->clients.on_transport_error(client_of(token), now, out);
  } else {
    core_->servers.on_transport_error(server_of(token), now, out);
  }
}

void Layer::on_connection_lost(std::uint64_t token, bool perhaps, base::Instant now, Output& out) {
  if (token == 0) return;
  if (is_client_token(token)) {
    core_->clients.on_connection_lost(client_of(token), now, out);
  } else if (!perhaps) {
    core_->servers.on_transport_error(server_of(token), now, out);
  }
}

void Layer::use_twins(std::vector<std::optional<TcpTwin>> twins) {
  core_->shared.oversize.use(std::move(twins));
}
void Layer::use_trust(std::function<bool(const sip::Source&)> trusts) {
  core_->shared.trusts = std::move(trusts);
}

void Layer::use_emergency_numbers(std::vector<std::string> numbers) {
  core_->shared.emergency_numbers = std::move(numbers);
}
void Layer::set_owner(ServerId id, Owner owner) {
  core_->servers.set_owner(id, owner);
}
void Layer::ignore(ServerId id, base::Instant now) {
  core_->servers.ignore(id, now);
}
const sip::Message* Layer::request_of(ServerId id) const {
  return core_->servers.request_of(id).get();
}
sip::MessagePtr Layer::request_ptr(ServerId id) const {
  return core_->servers.request_of(id);
}
const sip::Source* Layer::source_of(ServerId id) const {
  return core_->servers.source_of(id);
}

bool Layer::respond(ServerId id, int status, base::SharedBytes bytes, base::Instant now, Output& out) {
  return core_->servers.respond(id, status, std::move(bytes), now, out);
}

ClientId Layer::request(const ClientRequest& request, base::Instant now, Output& out) {
  return core_->clients.request(request, now, out);
}

void Layer::cancel(ClientId invite, std::string_view extra_headers, base::Instant now, Output& out) {
  core_->clients.cancel(invite, extra_headers, now, out);
}

void Layer::abandon(ClientId id) {
  core_->clients.abandon(id);
}
bool Layer::is_live(ClientId id) const {
  return core_->clients.is_live(id);
}
ClientId Layer::find_invite(std::string_view branch) const {
  return core_->clients.find_invite(branch);
}
Owner Layer::owner_of(ClientId id) const {
  return core_->clients.owner_of(id);
}

base::Instant Layer::next_deadline() const {
  return core_->shared.deadlines.next();
}

void Layer::on_deadline(base::Instant now, Output& out) {
  std::uint64_t token = 0;
  while (core_->shared.deadlines.pop_due(now, token)) {
    if (is_client_token(token)) {
      core_->clients.on_timer(client_of(token), now, out);
    } else {
      core_->servers.on_timer(server_of(token), now, out);
    }
  }
}

const Counters& Layer::counters() const {
  return core_->shared.counters;
}
std::size_t Layer::server_count() const {
  return core_->servers.size();
}
std::size_t Layer::client_count() const {
  return core_->clients.size();
}

}  // namespace sbc::transaction
