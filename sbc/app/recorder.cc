#include "sbc/app/recorder.h"

#include <utility>

#include "media-relay/base/clock.h"

#include "sbc/lookup/reply.h"
#include "sbc/retell/limits.h"

namespace sbc::app {
namespace {

std::size_t bytes_of(const retell::Invocation& invocation) {
  std::size_t bytes = 1024 + lookup::bytes_of(invocation.facts) + lookup::bytes_of(invocation.event);
  for (const auto& one : invocation.asked) bytes += one.subject.size() + lookup::bytes_of(one.answer);
  return bytes;
}

}  // namespace

Recorder::~Recorder() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Recorder::use(std::unique_ptr<RecordFile> file) {
  const bool wants = file != nullptr;
  if (!wants && !thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    next_ = std::move(file);
    before_next_ = queue_.size();
    wants_.store(wants, std::memory_order_relaxed);
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
}

void Recorder::heard(const std::shared_ptr<const retell::Invocation>& invocation) {
  const std::size_t bytes = bytes_of(*invocation);
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kMaxQueued || queued_bytes_ + bytes > kMaxQueuedBytes) {
      queue_full_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    queue_.push_back(invocation);
    queued_bytes_ += bytes;
    fresh_bytes_ += bytes;
    if (queue_.size() > 1) return;  // it knows
  }
  changed_.notify_one();
}

void Recorder::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ends_ || next_ || !queue_.empty(); });
    const Queue queue = std::exchange(queue_, {});
    const std::size_t bytes = std::exchange(fresh_bytes_, 0);
    auto next = std::exchange(next_, std::nullopt);
    const std::span all(queue);
    const auto before = next ? before_next_ : all.size();
    const bool ends = ends_;
    lock.unlock();
    write(all.first(before));
    if (next) change_to(*std::move(next));
    write(all.subspan(before));
    if (ends) return;
    lock.lock();
    queued_bytes_ -= bytes;
  }
}

// The old file may be the same one, and may have become full since the new one was opened.
void Recorder::change_to(std::unique_ptr<RecordFile> next) {
  file_ = std::move(next);
  if (file_ == nullptr) return;
  if (const auto begun = file_->begin(); !begun) say(begun.error());
}

void Recorder::write(std::span<const std::shared_ptr<const retell::Invocation>> queue) {
  for (const auto& invocation : queue) {
    if (file_ == nullptr) return;  // recording was switched off meanwhile
    const std::string line = retell::line_of(*invocation);
    if (line.size() > retell::kMaxLine) {
      too_long_.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    const std::uint64_t turned = file_->turned();
    const auto written = file_->write(line);
    turned_.fetch_add(file_->turned() - turned, std::memory_order_relaxed);
    if (written) {
      recorded_.fetch_add(1, std::memory_order_relaxed);
    } else {
      failed(written.error());
    }
  }
}

void Recorder::failed(const std::string& why) {
  failed_.fetch_add(1, std::memory_order_relaxed);
  say(why);
}

void Recorder::say(const std::string& why) {
  log_.limited(failures_, base::monotonic_now(), observe::Level::Error, "a decision cannot be recorded",
               {{"error", why}});
}

void Recorder::expose(observe::Metrics& metrics) {
  const auto read = [](const std::atomic<std::uint64_t>& count) {
    return [&count] { return static_cast<double>(count.load(std::memory_order_relaxed)); };
  };
  metrics.counter("parapet_sbc_policy_recorded_total", "Decisions written into policy.record.", {}, read(recorded_));
  const char* const help = "Decisions that are missing in policy.record, by reason.";
  const char* const dropped = "parapet_sbc_policy_record_drops_total";
  metrics.counter(dropped, help, {{"reason", "queue"}}, read(queue_full_));
  metrics.counter(dropped, help, {{"reason", "too_long"}}, read(too_long_));
  metrics.counter(dropped, help, {{"reason", "failed"}}, read(failed_));
  metrics.counter("parapet_sbc_policy_record_turns_total", "Files of policy.record that were full.", {}, read(turned_));
}

}  // namespace sbc::app
