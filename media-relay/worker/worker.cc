#include "media-relay/worker/worker.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "media-relay/base/clock.h"
#include "media-relay/base/random.h"
#include "media-relay/worker/engine.h"

namespace worker {
namespace {

// The longest wait, so that a lost wake-up could never be more than a hiccup.
constexpr base::Duration kMaxWait = base::seconds(1);

base::HashKey random_key() {
  base::SystemRandom random;
  return {random.next(), random.next()};
}

base::Duration wait_until(base::Instant deadline) {
  if (deadline == base::kNever) return kMaxWait;
  return std::clamp<base::Duration>(deadline - base::monotonic_now(), base::Duration{}, kMaxWait);
}

}  // namespace

Worker::Worker(Config config, std::unique_ptr<io::Backend> backend, EventQueue& events)
    : config_(config),
      backend_(std::move(backend)),
      engine_(std::make_unique<Engine>(*backend_, counters_, random_key(), config.tap)),
      events_(events) {}

Worker::~Worker() {
  stop();
}

std::string Worker::start() {
  thread_ = std::thread([this] { run(); });
  const std::string name = "relay-" + std::to_string(config_.index);
  pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
  if (!config_.cpu) return {};
  if (*config_.cpu >= CPU_SETSIZE) return name + ": no processor " + std::to_string(*config_.cpu);
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(*config_.cpu, &set);
  const int error = pthread_setaffinity_np(thread_.native_handle(), sizeof set, &set);
  if (error == 0) return {};
  return name + ": not pinned to processor " + std::to_string(*config_.cpu) + ": " + std::strerror(error);
}

void Worker::stop() {
  stopping_.store(true, std::memory_order_release);
  backend_->wake();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  closed_ = true;
  mailbox_.clear();
}

bool Worker::post(Command command) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    mailbox_.push_back(std::move(command));
  }
  // One wake-up for all commands that are posted before the worker looks.
  if (!pending_.exchange(true, std::memory_order_acq_rel)) backend_->wake();
  return true;
}

void Worker::take_commands(std::vector<Command>& out) {
  if (!pending_.exchange(false, std::memory_order_acq_rel)) return;
  const std::lock_guard lock(mutex_);
  std::swap(out, mailbox_);
}

void Worker::run() {
  packet::Batch batch;
  std::vector<Command> commands;
  std::vector<Event> events;
  while (!stopping_.load(std::memory_order_acquire)) {
    batch.clear();
    backend_->receive(batch, wait_until(engine_->next_deadline()));
    const base::Instant now = base::monotonic_now();
    if (!batch.empty()) {
      engine_->walk(batch, now, events);
      backend_->transmit(batch);
      const base::Duration stay = base::monotonic_now() - now;
      engine_->sent(batch, stay);
      counters_.residence.observe(base::to_seconds(stay), batch.packets().size());
    }
    publish();
    carry_out(commands, now, events);
    if (engine_->next_deadline() <= now) engine_->on_deadlines(now, events);
    events_.push(events);
  }
  {
    // From here on nobody can post: what was posted is carried out, what is installed is removed.
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  pending_.store(true, std::memory_order_release);
  const base::Instant now = base::monotonic_now();
  carry_out(commands, now, events);
  engine_->remove_all(now, events);
  publish();
  events_.push(events);
}

void Worker::carry_out(std::vector<Command>& commands, base::Instant now, std::vector<Event>& events) {
  take_commands(commands);
  for (Command& command : commands) engine_->apply(command, now, events);
  commands.clear();
}

void Worker::publish() {
  const io::Counters& c = backend_->counters();
  counters_.received_packets.set(c.received_packets);
  counters_.received_bytes.set(c.received_bytes);
  counters_.sent_packets.set(c.sent_packets);
  counters_.sent_bytes.set(c.sent_bytes);
  counters_.oversized.set(c.oversized);
  counters_.receive_errors.set(c.receive_errors);
  counters_.send_blocked.set(c.send_blocked);
  counters_.send_errors.set(c.send_errors);
}

}  // namespace worker
