// The way of sessions from a relay that stops to its successor.

#include <algorithm>
#include <cstring>
#include <utility>

#include "media-relay/base/clock.h"
#include "media-relay/server/relay.h"
#include "media-relay/server/snapshot_file.h"

namespace server {

void Relay::hand_over() {
  if (config_.snapshot.empty() || phase_ != Phase::Serving) return shut_down();
  phase_ = Phase::Saving;
  log_.info("stopping: sessions are kept for a successor",
            {{"sessions", sessions_.live()}, {"file", config_.snapshot}});
  stop_timer_.arm(loop_.now() + kSaving);
  session::Actions actions;
  sessions_.begin_save(actions);
  carry_out(std::move(actions));
  if (phase_ == Phase::Saving && sessions_.unsaved() == 0) finish_saving();
}

void Relay::finish_saving() {
  session::Actions actions;
  session::Snapshot snapshot = sessions_.snapshot(base::wall_now(), loop_.now(), actions);
  std::string bytes = session::encode(snapshot, loop_.now());
  const auto left = leave_snapshot(config_.snapshot, bytes);
  explicit_bzero(bytes.data(), bytes.size());
  const session::Counters& c = sessions_.counters();
  if (left) {
    log_.info("sessions kept", {{"sessions", c.sessions_saved}, {"not_kept", c.sessions_not_saved}});
    sessions_.tell_stopping(config_.resume, actions);
  } else {
    // Controllers find nobody, and move their calls.
    log_.error("sessions are lost: no snapshot could be left", {{"why", left.error()}});
  }
  carry_out(std::move(actions));
  finish();
}

void Relay::restore() {
  if (config_.snapshot.empty()) return;
  if (!config_.snapshot_on_disk && !is_in_memory(config_.snapshot)) {
    log_.warn("sessions will end with this process: the snapshot would hold keys, and its directory is not in memory",
              {{"file", config_.snapshot}, {"otherwise", "shutdown.snapshot_on_disk = true"}});
    config_.snapshot.clear();
    return;
  }
  auto bytes = take_snapshot(config_.snapshot);
  auto checkpoint = take_checkpoint();
  const std::unique_ptr<LedgerFile> ledgers = take_ledgers();
  start_checkpoints();
  // Who stopped as planned has left no checkpoint, or one that is of no use any more.
  const bool planned = !bytes || !bytes->empty();
  if (!planned) bytes.swap(checkpoint);
  if (checkpoint) explicit_bzero(checkpoint->data(), checkpoint->size());
  if (bytes && bytes->empty()) return;
  const base::Instant now = loop_.now();
  // A checkpoint has times as they were: the clock is the machine's.
  auto snapshot = bytes ? session::decode(*bytes, planned ? now : base::Instant{}) : std::unexpected(bytes.error());
  if (snapshot && snapshot->planned != planned) snapshot = std::unexpected("expected another kind of snapshot");
  if (bytes) explicit_bzero(bytes->data(), bytes->size());
  if (!snapshot) {
    ++snapshots_.unusable;
    log_.error("snapshot not used, all sessions of before are lost",
               {{"file", config_.snapshot}, {"why", snapshot.error()}});
    return;
  }
  base::Duration age = base::seconds(base::wall_now().seconds - snapshot->written.seconds);
  if (!planned) age = std::max(age, now - snapshot->at);
  if (!planned && snapshot->at > now) age = base::Duration::max();  // of before the machine was started
  // Their controllers have moved the calls by now.
  if (age > config_.resume + (planned ? base::Duration{} : 2 * config_.checkpoint) || age < -base::seconds(1)) {
    ++snapshots_.stale;
    log_.warn("snapshot not used: too old", {{"file", config_.snapshot}, {"age", age}, {"at_most", config_.resume}});
    return;
  }
  ++snapshots_.restored;
  if (!planned) find_ledgers(*snapshot, ledgers.get());
  session::Actions actions;
  sessions_.restore(*std::move(snapshot), now, actions);
  carry_out(std::move(actions));
  const session::Counters& c = sessions_.counters();
  log_.info("sessions of before the restart go on",
            {{"sessions", c.sessions_restored}, {"lost", c.sessions_not_restored}, {"away", age}});
}

// Those that still are of the flow and the spec of the checkpoint.
void Relay::find_ledgers(session::Snapshot& snapshot, LedgerFile* ledgers) {
  if (ledgers == nullptr) return;
  for (session::SavedController& controller : snapshot.controllers)
    for (session::SavedSession& session : controller.sessions)
      for (session::SavedFlow& flow : session.flows) {
        const flow::Ledger* ledger = ledgers->at(flow.ledger);
        if (ledger != nullptr && ledger->epoch == flow.epoch) flow.last = std::make_shared<const flow::Ledger>(*ledger);
      }
}

void Relay::register_restart_metrics() {
  const session::Counters& c = sessions_.counters();
  const auto sessions = [&](const char* result, const std::uint64_t& count) {
    metrics_.counter("relay_restart_sessions_total", "Sessions of before a restart, by what became of them",
                     {{"result", result}}, [&count] { return static_cast<double>(count); });
  };
  sessions("restored", c.sessions_restored);
  sessions("lost", c.sessions_not_restored);
  const auto snapshots = [&](const char* result, const std::uint64_t& count) {
    metrics_.counter("relay_snapshots_total", "Snapshots found at the start, by what became of them",
                     {{"result", result}}, [&count] { return static_cast<double>(count); });
  };
  snapshots("restored", snapshots_.restored);
  snapshots("stale", snapshots_.stale);
  snapshots("unusable", snapshots_.unusable);
  const auto checkpoints = [&](const char* result, const std::uint64_t& count) {
    metrics_.counter("relay_checkpoints_total", "Checkpoints for the case of a crash, by result", {{"result", result}},
                     [&count] { return static_cast<double>(count); });
  };
  checkpoints("written", snapshots_.checkpoints);
  checkpoints("failed", snapshots_.checkpoints_failed);
  metrics_.gauge("relay_checkpoint_bytes", "Size of the last checkpoint", {},
                 [this] { return static_cast<double>(snapshots_.bytes); });
}

}  // namespace server
