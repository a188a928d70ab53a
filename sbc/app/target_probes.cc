#include "sbc/app/target_probes.h"

#include "sbc/call/leg_message.h"
#include "sbc/sip/retry_after.h"
#include "sbc/sip/writer.h"

namespace sbc::app {
namespace {

void add(const route::Trunk& trunk, const route::Realm& realm, const route::TrunkTarget& target,
         const route::Place& place, std::vector<route::Probed>& all) {
  const auto* listener = realm.listener_for(place.transport, place.remote.ip);
  if (listener == nullptr) return;
  route::Probed probed{.trunk = trunk.name, .uri = {}, .hop = {}, .rules = *trunk.probe};
  probed.hop.transport = place.transport;
  probed.hop.listener = listener->index;
  probed.hop.remote = place.remote;
  probed.hop.tls_name = !target.tls_name.empty() ? target.tls_name : target.name ? target.name->host : "";
  probed.uri = target.name && target.name->secure ? "sips:" : "sip:";
  if (!trunk.host.empty()) {
    probed.uri += trunk.host;
  } else if (target.name) {
    probed.uri += target.name->host;
  } else {
    probed.uri += place.remote.ip.uri_text();
    if (place.remote.port != sip::default_port(place.transport)) probed.uri += ":" + std::to_string(place.remote.port);
  }
  if (!target.name && place.transport != sip::Transport::Udp)
    probed.uri.append(";transport=").append(sip::uri_name_of(place.transport));
  all.push_back(std::move(probed));
}

}  // namespace

std::vector<route::Probed> probed_targets(const route::Table& table, const TrunkNames::Places& names) {
  std::vector<route::Probed> all;
  for (const auto& trunk : table.trunks()) {
    const auto* realm = table.realm(trunk.realm);
    if (!trunk.probe || realm == nullptr) continue;
    for (const auto& target : trunk.targets) {
      if (!target.name) {
        add(trunk, *realm, target, {.transport = target.transport, .remote = target.endpoint}, all);
        continue;
      }
      const auto places = names.find({trunk.name, *target.name});
      if (places == names.end()) continue;
      for (const auto& place : places->second) add(trunk, *realm, target, place, all);
    }
  }
  return all;
}

void TargetProbes::refresh(std::shared_ptr<const Config> config, const TrunkNames& names, base::Instant now) {
  config_ = std::move(config);
  left_out_ = probes_.use(probed_targets(*config_->routes, names.places()), now);
}

void TargetProbes::on_deadline(base::Instant now, transaction::Output& out) {
  for (const auto& start : probes_.on_deadline(now)) {
    const std::string branch = minter_.branch(random_);
    const auto client = layer_.request({.method = sip::Method::Options,
                                        .method_text = {},
                                        .branch = branch,
                                        .hop = start.target->hop,
                                        .bytes = options(*start.target, branch),
                                        .owner = 0},
                                       now, out);
    if (client)
      by_client_.emplace(client.pack(), start.probe);
    else
      probes_.unreachable(start.probe, now);
  }
}

// RFC 3261 11.1, outside of any dialog: nothing is left of it when its transaction is over.
base::SharedBytes TargetProbes::options(const route::Probed& target, std::string_view branch) const {
  const auto& face = config_->calls->faces.at(target.hop.listener);
  std::string bytes;
  sip::Writer writer(bytes, 500);
  writer.request_line(sip::Method::Options, target.uri);
  std::string via;
  sip::append_via(via, target.hop.transport, face.sent_by, branch);
  writer.header(sip::HeaderId::Via, via);
  writer.header(sip::HeaderId::MaxForwards, "70");
  writer.header(sip::HeaderId::From, "<sip:" + face.host + ">;tag=" + minter_.tag(random_));
  writer.header(sip::HeaderId::To, "<" + target.uri.substr(0, target.uri.find(';')) + ">");
  writer.header(sip::HeaderId::CallId, minter_.call_id(random_));
  writer.header(sip::HeaderId::CSeq, "1 OPTIONS");
  writer.header(sip::HeaderId::Contact,
                call::contact_value(*config_->calls, target.hop.transport, target.hop.listener, minter_.user(random_)));
  writer.header(sip::HeaderId::Accept, "application/sdp");
  writer.finish({}, {});
  return base::share(std::move(bytes));
}

bool TargetProbes::on_response(const transaction::ResponseArrived& response, base::Instant now) {
  const auto found = by_client_.find(response.transaction.pack());
  if (found == by_client_.end()) return false;
  const sip::Message& message = *response.message;
  if (message.status() < 200) return true;
  std::optional<base::Duration> retry_after;
  if (const auto seconds = sip::retry_after(message)) retry_after = base::seconds(*seconds);
  probes_.answered(found->second, message.status(), retry_after, now);
  by_client_.erase(found);
  return true;
}

bool TargetProbes::on_client_failed(const transaction::ClientFailed& failed, base::Instant now) {
  const auto found = by_client_.find(failed.transaction.pack());
  if (found == by_client_.end()) return false;
  // The silence of the transaction is longer than the probe's patience, which has said so already.
  probes_.unreachable(found->second, now);
  by_client_.erase(found);
  return true;
}

}  // namespace sbc::app
