// The way of sessions from a relay that stops to its successor.

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
  if (bytes && bytes->empty()) return;
  const base::Instant now = loop_.now();
  auto snapshot = bytes ? session::decode(*bytes, now) : std::unexpected(bytes.error());
  if (bytes) explicit_bzero(bytes->data(), bytes->size());
  if (!snapshot) {
    ++snapshots_.unusable;
    log_.error("snapshot not used, all sessions of before are lost",
               {{"file", config_.snapshot}, {"why", snapshot.error()}});
    return;
  }
  const base::Duration age = base::seconds(base::wall_now().seconds - snapshot->written.seconds);
  // Their controllers have moved the calls by now.
  if (age > config_.resume || age < -base::seconds(1)) {
    ++snapshots_.stale;
    log_.warn("snapshot not used: too old", {{"file", config_.snapshot}, {"age", age}, {"at_most", config_.resume}});
    return;
  }
  ++snapshots_.restored;
  session::Actions actions;
  sessions_.restore(*std::move(snapshot), now, actions);
  carry_out(std::move(actions));
  const session::Counters& c = sessions_.counters();
  log_.info("sessions of before the restart go on",
            {{"sessions", c.sessions_restored}, {"lost", c.sessions_not_restored}, {"away", age}});
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
}

}  // namespace server
