#pragma once
// One thread that moves packets: it receives a batch, walks it through the flows, transmits it, and looks at deadlines
// and commands in between. It shares nothing with other workers. Both sides of a flow live on one worker.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "media-relay/flow/packet_tap.h"
#include "media-relay/io/backend.h"
#include "media-relay/worker/command.h"
#include "media-relay/worker/counters.h"
#include "media-relay/worker/event_queue.h"

namespace worker {

class Engine;

struct Config {
  unsigned index = 0;              // names the thread: "relay-0"
  std::optional<unsigned> cpu;     // pinned to this processor; not pinned without
  flow::PacketTap* tap = nullptr;  // of flows that are recorded; null: nothing is. Outlives the worker
};

class Worker {
 public:
  // `events` must outlive the worker.
  Worker(Config config, std::unique_ptr<io::Backend> backend, EventQueue& events);
  ~Worker();  // stops
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Starts the thread. Returns a warning when the thread runs but could not be pinned, else an empty text. Throws
  // std::system_error when there is no thread to be had (start-up only).
  std::string start();
  // Carries out the commands posted so far, closes all flows (each tells FlowRemoved) and joins the thread. A worker
  // stopped does not start again.
  void stop();

  // From any thread, also before `start`; never blocks on packets. Commands of one poster are carried out in order.
  // False after `stop`: nothing will happen, and sockets that the command carried are closed.
  bool post(Command command);

  const Counters& counters() const { return counters_; }

 private:
  void run();
  void take_commands(std::vector<Command>& out);
  void carry_out(std::vector<Command>& commands, base::Instant now, std::vector<Event>& events);
  void publish();  // the back end's counters

  const Config config_;
  Counters counters_;
  std::unique_ptr<io::Backend> backend_;
  std::unique_ptr<Engine> engine_;
  EventQueue& events_;

  std::mutex mutex_;
  std::vector<Command> mailbox_;
  bool closed_ = false;
  std::atomic<bool> pending_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace worker
