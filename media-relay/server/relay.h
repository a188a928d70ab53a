#pragma once
// The relay, put together: control connections, sessions, workers, metrics, and the way it stops. Lives on one loop;
// tests run it in their own process.

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "media-relay/base/random.h"
#include "media-relay/loop/event_loop.h"
#include "media-relay/loop/http_server.h"
#include "media-relay/observe/log.h"
#include "media-relay/observe/metrics.h"
#include "media-relay/server/config.h"
#include "media-relay/server/ledger_file.h"
#include "media-relay/server/links.h"
#include "media-relay/server/media.h"
#include "media-relay/session/sessions.h"

namespace server {

class Relay final : private Links::Delegate {
 public:
  // `on_stopped` is called once from the loop, when nothing is left to do.
  Relay(loop::EventLoop& loop, observe::Log& log, Config config, std::function<void()> on_stopped);
  ~Relay() override;
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Error: what could not be opened, and why.
  std::expected<void, std::string> start();

  // Opens nothing new, lets sessions end for the configured drain time, then ends them. A second call ends them now.
  void shut_down();
  // Stops at once and leaves the sessions to a successor, if a snapshot is configured; else as shut_down.
  void hand_over();
  // A new configuration file was read: reads the sounds again, applies what can be applied, logs what needs a restart.
  void reload(const Config& wanted);

  const base::Endpoint& metrics_address() const { return metrics_address_; }
  const session::Sessions& sessions() const { return sessions_; }
  session::PortCounts ports(std::size_t network) { return sessions_.ports(network, loop_.now()); }
  std::string render_metrics() const { return metrics_.render(); }
  bool ready() const { return started_ && phase_ == Phase::Serving; }

 private:
  enum class Phase : std::uint8_t { Serving, Saving, Draining, Farewell, Stopped };

  void on_command(session::LinkId link, control::CommandFrame frame) override;
  void on_link_closed(session::LinkId link) override;
  void on_worker_events(std::vector<worker::Event>& events);
  void on_lease_timer();
  void on_stop_timer();
  // A new certificate for DTLS; false when none could be made.
  bool renew_identity();

  // Carries actions out in their order, those that follow from their results included.
  void carry_out(session::Actions actions);
  void carry_out_one(session::Action action, session::Actions& more);
  void end_sessions(std::string_view reason);
  void load_sounds();
  // recording.cc
  std::expected<void, std::string> start_recorder();
  void record(session::Record action);
  void stop_recorder();
  void on_recordings();
  // restart.cc
  void restore();
  void finish_saving();
  static void find_ledgers(session::Snapshot& snapshot, LedgerFile* ledgers);
  void register_restart_metrics();

  // checkpoint.cc
  std::expected<std::string, std::string> take_checkpoint();
  std::unique_ptr<LedgerFile> take_ledgers();
  void start_checkpoints();
  void on_checkpoint_timer();
  void end_checkpoints();

  void finish_if_idle();
  void finish();

  // metrics.cc
  void register_metrics();
  void register_session_metrics();
  void register_network_metrics();
  void register_worker_metrics();
  void register_command_metrics();
  void register_recording_metrics();
  void serve_http();

  loop::EventLoop& loop_;
  observe::Log& log_;
  Config config_;
  std::function<void()> on_stopped_;
  base::SystemRandom random_;
  session::Sessions sessions_;
  Links links_;
  std::unique_ptr<recording::Recorder> recorder_;  // null: without a directory
  std::unique_ptr<loop::FdWatch> recorder_watch_;
  std::unique_ptr<LedgerFile> ledgers_;  // null: without checkpoints; outlives the workers
  Media media_;
  observe::Metrics metrics_;
  loop::HttpServer http_;
  loop::Timer lease_timer_;
  loop::Timer stop_timer_;
  loop::Timer identity_timer_;
  loop::Timer checkpoint_timer_;
  base::Endpoint metrics_address_;
  struct SnapshotCounts {
    std::uint64_t restored = 0;
    std::uint64_t stale = 0;
    std::uint64_t unusable = 0;
    std::uint64_t checkpoints = 0;
    std::uint64_t checkpoints_failed = 0;
    std::size_t bytes = 0;
  };
  SnapshotCounts snapshots_;
  base::Instant checkpoint_due_{};  // of the round that is under way, to be done by then; passed: none is
  base::Instant checkpoint_next_{};
  std::size_t checkpoint_step_ = 1;  // flows at once
  observe::RateLimit checkpoint_log_;
  std::size_t unusable_sounds_ = 0;
  bool started_ = false;
  Phase phase_ = Phase::Serving;
};

}  // namespace server
