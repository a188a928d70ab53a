// What was lost with its connection: responses that have another way (RFC 3261 18.2.2, RFC 3263 5), and whom to tell of
// the rest.

#include <utility>

#include "sbc/app/shard.h"

namespace sbc::app {

void Shard::send(const sip::Hop& hop, base::SharedBytes bytes, std::uint64_t token) {
  const bool ours = hop.connection && net::shard_of(hop.connection) == index_;
  if (ours && token != 0 && !detours_.empty() && !transports_.is_open(hop.connection)) {
    if (const auto known = detours_.known(hop, *bytes, *config_->routes, loop_.now()))
      return transports_.send(*known, std::move(bytes), token);
  }
  transports_.send(hop, std::move(bytes), token);
}

bool Shard::detour(route::LostResponse lost) {
  if (lost.bytes == nullptr) return false;
  route::Detours::Output out;
  if (!detours_.on_lost(std::move(lost), *config_->routes, trunk_names_.addresses(), loop_.now(), out)) return false;
  follow(std::move(out));
  return true;
}

// Whoever sent it: a transaction of this shard, or of the one for which this one has the connection.
void Shard::tell_of_loss(std::uint64_t token, net::Loss loss) {
  if (const auto origin = foreign_.take(token)) {
    Shard& sender = *shared_.shards[origin->shard];
    const bool posted = sender.post_mail([&sender, token = origin->token, loss] {
      sender.tell_of_loss(token, loss);
      sender.carry_out();
    });
    if (!posted) metrics_->mailbox_dropped.add();
    return;
  }
  if (loss == net::Loss::Unsent)
    layer_.on_transport_error(token, loop_.now(), out_.transaction);
  else
    layer_.on_connection_lost(token, loss == net::Loss::Doubtful, loop_.now(), out_.transaction);
}

void Shard::follow(route::Detours::Output out) {
  for (auto& response : out.sends) {
    trace(SipTrace::Direction::Out, response.hop, transports_.local_endpoint(response.hop.listener), *response.bytes);
    transports_.send(response.hop, std::move(response.bytes), response.token);
  }
  for (const auto& response : out.dropped) tell_of_loss(response.token, net::Loss::Unsent);
  for (const auto& question : out.questions) {
    const auto* realm = config_->routes->realm(question.realm);
    const auto tell = [this, number = question.number](const std::vector<route::Place>& places) {
      route::Detours::Output next;
      detours_.on_located(number, places, *config_->routes, loop_.now(), next);
      follow(std::move(next));
    };
    if (realm == nullptr) {
      tell({});
    } else {
      resolver_.locate(question.host, *realm, resolve::Resolver::Want::Now,
                       [tell](const route::Located& located) { tell(located.places); });
    }
  }
  carry_out();
}

}  // namespace sbc::app
