// A shard and its relays: what they are told, what they answer, and how they come and go.

#include "sbc/app/shard.h"

namespace sbc::app {

void Shard::send_relay(call::RelayCommand& command) {
  if (auto* open = std::get_if<control::Open>(&command.command)) {
    const control::SessionId session = open->id;
    const auto asked = relays_.open(command.owner, std::move(*open));
    if (!asked) {
      metrics_->relay_errors.add();
      calls_.on_relay_reply(
          {.owner = command.owner,
           .request = 0,
           .reply = control::Error{control::ErrorCode::LinkDown,
                                   "no relay is up that has the networks of this call (media_network)"},
           .session = session},
          loop_.now(), out_);
      return;
    }
    relay_asked_at_[*asked] = loop_.now();
    return;
  }
  if (auto* modify = std::get_if<control::Modify>(&command.command)) {
    relays_.modify(command.owner, std::move(*modify));
  } else if (auto* digits = std::get_if<control::SendDigits>(&command.command)) {
    relays_.send_digits(std::move(*digits));
  } else {
    relays_.close(command.owner, std::move(std::get<control::Close>(command.command)));
  }
}

void Shard::on_relay_reply(control::RelayReply reply) {
  if (const auto asked = relay_asked_at_.find(reply.request); asked != relay_asked_at_.end()) {
    metrics_->relay_seconds.observe(base::to_seconds(loop_.now() - asked->second));
    relay_asked_at_.erase(asked);
  }
  if (std::holds_alternative<control::Error>(reply.reply)) metrics_->relay_errors.add();
  calls_.on_relay_reply(reply, loop_.now(), out_);
  carry_out();
}

void Shard::on_relay_event(control::RelayEvent event) {
  calls_.on_relay_event(event, loop_.now(), out_);
  carry_out();
}

bool Shard::is_live(const control::SessionId& id) {
  return calls_.owns_session(id);
}

void Shard::on_relay_state(const std::string& relay, relay_client::LinkState state) {
  const bool up = relays_.healthy() > 0;
  relay_up_.store(up, std::memory_order_relaxed);
  metrics_->relay_connected.set(static_cast<std::int64_t>(relays_.healthy()));
  if (state == relay_client::LinkState::Up) {
    shared_.log.info("relay is up", {{"relay", relay}, {"shard", index_}});
    on_relay_up(relay);
  } else if (state == relay_client::LinkState::Down) {
    shared_.log.warn("relay is down", {{"relay", relay}, {"shard", index_}});
  }
}

void Shard::on_relay_draining(const std::string& relay, base::Duration within) {
  const bool up = relays_.healthy() > 0;
  relay_up_.store(up, std::memory_order_relaxed);
  metrics_->relay_connected.set(static_cast<std::int64_t>(relays_.healthy()));
  shared_.log.warn("relay drains: its calls move to another one",
                   {{"relay", relay}, {"within", within}, {"others", relays_.healthy()}, {"shard", index_}});
}

void Shard::on_relay_up(const std::string& relay) {
  bool all_up = true;
  for (std::size_t i = 0; i < relays_.size(); ++i) {
    const auto& link = relays_.link(static_cast<relay_client::RelayIndex>(i));
    if (link.name() == relay && link.counters().connects > 1) metrics_->relay_reconnects.add();
    all_up = all_up && link.up();
  }
  // Said by one shard, once nobody else may have it: each call of such a realm would be refused.
  if (!all_up || index_ != 0) return;
  for (const route::Realm& realm : config_->routes->realms()) {
    control::SessionSpec asked;
    control::FlowSpec& flow = asked.flows.emplace_back();
    flow.a.network = flow.b.network = realm.media_network;
    bool served = false;
    for (std::size_t i = 0; i < relays_.size(); ++i)
      served = served || relays_.link(static_cast<relay_client::RelayIndex>(i)).serves(asked);
    if (!served)
      shared_.log.warn("no relay has the network of a realm: its calls are refused",
                       {{"realm", realm.name},
                        {"media_network", realm.media_network},
                        {"missing", "[network." + realm.media_network + "] in the configuration of media-relay"}});
  }
}

}  // namespace sbc::app
