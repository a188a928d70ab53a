// Target health between the shards: the first one probes, all report what their calls meet, all hear what changed.

#include <algorithm>

#include "sbc/app/shard.h"

namespace sbc::app {

using Change = route::TrunkHealth::Change;
using Report = route::TrunkHealth::Report;

// Once a second: a reload or the DNS may have changed what is probed.
void Shard::watch_targets() {
  std::set<route::TrunkHealth::Key> probed;
  for (const auto& target : probed_targets(*config_->routes, trunk_names_.places()))
    probed.emplace(target.hop.transport, target.hop.remote);
  calls_.health().watch(probed);
  exchange_.health().watch(std::move(probed));
  if (!probes_) return;
  probes_->refresh(config_, trunk_names_, loop_.now());
  // A shard that learned of a place later than this one hears again that it is down.
  std::vector<Change> down;
  auto statuses = probes_->statuses();
  for (const auto& status : statuses)
    if (!status.up)
      down.push_back({.key = {status.target.hop.transport, status.target.hop.remote}, .kind = Change::Kind::Down});
  shared_.targets.publish(std::move(statuses), loop_.now());
  if (!down.empty())
    for (const auto& shard : shared_.shards) shard->hear_of_targets(down);
  tell_of_targets();
  arm_timer();
}

// What calls and other requests of one shard meet at a target holds for both, and for the other shards.
void Shard::share_news() {
  const auto of_calls = calls_.health().take_news();
  auto news = exchange_.health().take_news();
  if (of_calls.empty() && news.empty()) return;
  const auto now = loop_.now();
  for (const Change& change : news) calls_.health().apply(change, now);
  for (const Change& change : of_calls) exchange_.health().apply(change, now);
  news.insert(news.end(), of_calls.begin(), of_calls.end());
  for (const auto& shard : shared_.shards)
    if (shard.get() != this) shard->hear_of_targets(news);
}

void Shard::tell_of_targets() {
  share_news();
  auto reports = calls_.health().take_reports();
  std::ranges::move(exchange_.health().take_reports(), std::back_inserter(reports));
  if (!probes_) {
    if (!reports.empty())
      (void)shared_.shards.front()->post_mail(
          [first = shared_.shards.front().get(), reports = std::move(reports)] { first->take_reports(reports); });
    return;
  }
  for (const Report& report : reports) probes_->heard(report, loop_.now());
  const auto changes = probes_->take_changes();
  if (changes.empty()) return;
  const auto statuses = probes_->statuses();
  for (const Change& change : changes) log_target(change, statuses);
  for (const auto& shard : shared_.shards) shard->hear_of_targets(changes);
}

void Shard::take_reports(const std::vector<Report>& reports) {
  for (const Report& report : reports) probes_->heard(report, loop_.now());
  tell_of_targets();
  arm_timer();
}

// A full mailbox loses it: what is down is told again within a second, and without the other marks a shard finds out by
// itself.
void Shard::hear_of_targets(std::vector<Change> changes) {
  (void)post_mail([this, changes = std::move(changes)] {
    for (const Change& change : changes) {
      calls_.health().apply(change, loop_.now());
      exchange_.health().apply(change, loop_.now());
    }
  });
}

void Shard::log_target(const Change& change, const std::vector<route::Probes::Status>& statuses) {
  const auto found = std::ranges::find_if(statuses, [&change](const auto& status) {
    return status.target.hop.transport == change.key.first && status.target.hop.remote == change.key.second;
  });
  if (found == statuses.end() || change.kind == Change::Kind::Busy) return;
  const bool up = change.kind == Change::Kind::Up;
  shared_.log.write(
      up ? observe::Level::Info : observe::Level::Warn, up ? "target is up" : "target is down",
      {{"trunk", found->target.trunk}, {"target", found->target.text()}, {"reason", route::name_of(found->reason)}});
}

}  // namespace sbc::app
