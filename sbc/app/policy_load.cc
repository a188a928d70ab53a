#include "sbc/app/policy_load.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "media-relay/base/clock.h"
#include "media-relay/base/text.h"

namespace sbc::app {

std::expected<LoadedPolicy, std::string> load_policy(const Config& config) {
  auto bundle = policy::Bundle::read(config.policy_file);
  if (!bundle) return std::unexpected(config.path + ": policy.file: " + bundle.error().message());
  return load_policy(config, *std::move(bundle));
}

std::expected<LoadedPolicy, std::string> load_policy(const Config& config, policy::Bundle bundle) {
  const std::string hash = history::hash_of(bundle);
  Hosts hosts;
  for (unsigned i = 0; i < config.shards; ++i) {
    auto host = policy::Host::load(bundle, config.policy_limits, config.policy_environment, config.policy_fallback);
    if (!host) return std::unexpected("policy: " + host.error().message());
    (*host)->set_hash(hash);
    hosts.push_back(*std::move(host));
  }
  return LoadedPolicy{std::move(bundle), std::move(hosts)};
}

std::expected<PastPolicy, std::string> past_policy(const Config& config, std::string_view wanted) {
  if (config.policy_history.empty()) return std::unexpected("policy.history is not set: nothing is kept");
  const auto history = history::History::read(config.policy_history);
  if (!history) return std::unexpected(history.error());
  const auto* entry = wanted.empty() ? history->before_last() : history->named(wanted);
  if (entry == nullptr)
    return std::unexpected(wanted.empty() ? "nothing ran before what runs now"
                                          : "no policy " + base::printable(wanted) +
                                                " is kept: expected a number or the beginning of a hash");
  auto bundle = history->bundle(*entry);
  if (!bundle) return std::unexpected(bundle.error());
  return PastPolicy{std::to_string(entry->number) + "-" + entry->hash.substr(0, 12), *std::move(bundle)};
}

void PolicyRecord::began(const Config& config, const policy::Bundle& bundle, history::Coming coming) {
  const std::string hash = history::hash_of(bundle);
  const std::string& folder = config.policy_history;
  // Read anew each time: policies change some times a day, and an operator may have tidied up.
  auto history =
      folder.empty() ? std::unexpected(std::string()) : history::History::open(folder, config.policy_history_keep);
  // Back to what ran before, by whatever way its files came there.
  const auto ran = [&hash](const history::Entry& one) { return one.hash == hash && one.coming.how != "canary"; };
  if (history && coming.how == "reload" && std::ranges::any_of(history->entries(), ran)) coming.how = "rollback";
  if (hash != running_.hash)
    running_ = {.hash = hash, .main = bundle.main(), .how = coming.how, .since = base::wall_now().seconds};
  bundle_ = bundle;
  if (folder.empty()) return;
  if (!history) return failed(folder, history.error());
  if (history->unreadable() > 0)
    log_.warn("lines of the policy history cannot be read",
              {{"folder", folder}, {"lines", static_cast<std::uint64_t>(history->unreadable())}});
  const auto added = history->add(bundle, std::move(coming), base::wall_now().seconds);
  if (!added) return failed(folder, added.error());
  const auto& last = history->entries().back();
  if (*added)
    log_.info("policy begins to run", {{"number", last.number}, {"hash", last.hash}, {"how", last.coming.how}});
}

std::string PolicyRecord::json(const Config& config) const {
  if (config.policy_history.empty()) return "[]\n";
  const auto history = history::History::read(config.policy_history);
  return history ? history::to_json(*history) : "[]\n";
}

void PolicyRecord::tried(const Config& config, const policy::Bundle& bundle, history::Coming coming) {
  const std::string& folder = config.policy_history;
  if (folder.empty() || !bundle_) return;
  auto history = history::History::open(folder, config.policy_history_keep);
  if (!history) return failed(folder, history.error());
  const history::Coming back{
      .how = "rollback", .author = {}, .note = "after the canary of " + history::hash_of(bundle).substr(0, 12)};
  const auto now = base::wall_now().seconds;
  if (auto added = history->add(bundle, std::move(coming), now); !added) return failed(folder, added.error());
  if (auto added = history->add(*bundle_, back, now); !added) failed(folder, added.error());
}

std::string PolicyRecord::running(const Config& config, const std::string& canary) const {
  nlohmann::ordered_json out;
  out["hash"] = running_.hash;
  out["main"] = running_.main;
  out["file"] = config.policy_file;
  out["how"] = running_.how;
  out["since"] = running_.since;
  out["canary"] = nlohmann::ordered_json::parse(canary, nullptr, false);
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void PolicyRecord::failed(const std::string& folder, const std::string& why) {
  failures_.add();
  log_.error("the policy history cannot be kept", {{"folder", folder}, {"error", why}});
}

}  // namespace sbc::app
