// What is left when this process dies without a word: a checkpoint of the sessions every now and then, and ledgers that
// are always right. Both are gone when it ends as it should.

#include <unistd.h>

#include <cstring>
#include <utility>

#include "media-relay/base/clock.h"
#include "media-relay/server/relay.h"
#include "media-relay/server/snapshot_file.h"

namespace server {
namespace {

std::string checkpoint_path(const Config& config) {
  return config.snapshot + ".crash";
}
std::string ledger_path(const Config& config) {
  return config.snapshot + ".ledgers";
}

}  // namespace

// Empty: there was none.
std::expected<std::string, std::string> Relay::take_checkpoint() {
  return take_snapshot(checkpoint_path(config_));
}

std::unique_ptr<LedgerFile> Relay::take_ledgers() {
  auto taken = LedgerFile::take(ledger_path(config_));
  if (taken) return *std::move(taken);
  log_.error("ledgers of before cannot be used", {{"why", taken.error()}});
  return nullptr;
}

// Before the first session.
void Relay::start_checkpoints() {
  if (config_.checkpoint == base::Duration{}) return;
  auto made = LedgerFile::create(ledger_path(config_));
  if (!made) {
    log_.error("no session would come back after a crash: there are no ledgers", {{"why", made.error()}});
    return;
  }
  ledgers_ = *std::move(made);
  media_.use(ledgers_.get());
  sessions_.will_resume(config_.resume);
  checkpoint_timer_.arm(loop_.now() + config_.checkpoint);
}

void Relay::on_checkpoint_timer() {
  if (phase_ != Phase::Serving && phase_ != Phase::Draining) return;
  const base::Instant now = loop_.now();
  if (now >= checkpoint_due_) {
    sessions_.begin_checkpoint();
    checkpoint_due_ = now + config_.checkpoint + kCheckpointPatience;
    checkpoint_next_ = now + config_.checkpoint;
    checkpoint_step_ = sessions_.flows() / static_cast<std::size_t>(config_.checkpoint / kCheckpointTurn) + 1;
  }
  session::Actions actions;
  sessions_.continue_checkpoint(checkpoint_step_, actions);
  carry_out(std::move(actions));
  if (phase_ == Phase::Stopped) return;
  auto bytes = sessions_.finish_checkpoint(base::wall_now(), now);
  if (!bytes) return checkpoint_timer_.arm(now + kCheckpointTurn);
  const auto left = leave_snapshot(checkpoint_path(config_), *bytes);
  snapshots_.bytes = bytes->size();
  explicit_bzero(bytes->data(), bytes->size());
  ++(left ? snapshots_.checkpoints : snapshots_.checkpoints_failed);
  if (!left) log_.limited(checkpoint_log_, now, observe::Level::Warn, "no checkpoint", {{"why", left.error()}});
  checkpoint_due_ = {};
  checkpoint_timer_.arm(std::max(checkpoint_next_, now + kCheckpointTurn));
}

void Relay::end_checkpoints() {
  checkpoint_timer_.cancel();
  if (!ledgers_) return;
  ::unlink(checkpoint_path(config_).c_str());
  ::unlink(ledger_path(config_).c_str());
}

}  // namespace server
