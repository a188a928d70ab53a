#pragma once
// Sockets on their way to a flow, and the workers that have the flows.

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "media-relay/io/socket.h"
#include "media-relay/loop/event_loop.h"
#include "media-relay/observe/log.h"
#include "media-relay/recording/recorder.h"
#include "media-relay/server/ledger_file.h"
#include "media-relay/session/action.h"
#include "media-relay/session/sessions.h"
#include "media-relay/worker/event_queue.h"
#include "media-relay/worker/worker.h"

namespace server {

struct MediaOptions {
  unsigned workers = 1;
  bool pin = true;
  io::SocketOptions sockets;
  recording::Recorder* recorder = nullptr;  // null: nothing is recorded. Outlives Media
};

class Media {
 public:
  // `on_events` is called from the loop with what the workers had to tell.
  Media(loop::EventLoop& loop, observe::Log& log, MediaOptions options,
        std::function<void(std::vector<worker::Event>&)> on_events);
  ~Media();
  Media(const Media&) = delete;
  Media& operator=(const Media&) = delete;

  std::expected<void, std::string> start();
  // Closes all flows and joins the threads. Nothing is told any more.
  void stop();

  // Where flows that are installed from now on have their ledgers; outlives Media.
  void use(LedgerFile* ledgers) { ledgers_ = ledgers; }

  session::BindResult bind(const session::BindPair& action);
  void drop(session::FlowHandle flow) { kept_.erase(flow.pack()); }
  // False: the workers have stopped and nothing will be told.
  bool install(session::InstallFlow action);
  bool replace(session::ReplaceFlow action);
  bool remove(const session::RemoveFlow& action);
  bool save(const session::SaveFlow& action);
  bool query(const session::QueryFlow& action);
  bool play(session::PlayDigits action);

  std::size_t workers() const { return workers_.size(); }
  const worker::Counters& counters(std::size_t worker) const { return workers_[worker]->counters(); }
  // CPU time of the worker's thread, in seconds.
  double cpu_seconds(std::size_t worker) const;
  // Pairs bound for flows that are not installed yet.
  std::size_t kept() const { return kept_.size(); }

 private:
  bool post(unsigned worker, worker::Command command);
  flow::Ledger* mark(session::FlowHandle flow, std::uint64_t epoch);
  void find_threads();

  loop::EventLoop& loop_;
  observe::Log& log_;
  MediaOptions options_;
  LedgerFile* ledgers_ = nullptr;
  std::function<void(std::vector<worker::Event>&)> on_events_;
  observe::RateLimit bind_log_;
  worker::EventQueue events_;
  std::unique_ptr<loop::FdWatch> watch_;
  std::vector<std::unique_ptr<worker::Worker>> workers_;
  std::vector<int> threads_;  // kernel's ids, by worker; 0: not found
  std::unordered_map<std::uint64_t, std::array<worker::HalfSockets, 2>> kept_;
};

}  // namespace server
