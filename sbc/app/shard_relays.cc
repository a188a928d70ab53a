// What a shard sees when a relay has come up.

#include "sbc/app/shard.h"

namespace sbc::app {

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
