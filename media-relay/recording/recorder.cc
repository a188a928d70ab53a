#include "media-relay/recording/recorder.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "media-relay/base/clock.h"
#include "media-relay/recording/limits.h"
#include "media-relay/recording/mend.h"

namespace recording {
namespace {

// What stands before the bytes of a packet in a ring.
struct Head {
  std::uint64_t recording = 0;
  base::Instant at{};
  base::Endpoint from;
  base::Endpoint to;
  flow::Side side = flow::Side::A;
  flow::Component component = flow::Component::Rtp;
  std::optional<codec::Coding> sound;
};
static_assert(std::is_trivially_copyable_v<Head>);

}  // namespace

class Recorder::Tap final : public flow::PacketTap {
 public:
  Tap() : ring_(kRingBytes) {}
  void on_packet(const flow::Heard& heard) override {
    const Head head{heard.recording, heard.at, heard.from, heard.to, heard.side, heard.component, heard.sound};
    ring_.push(std::as_bytes(std::span(&head, 1)), heard.bytes);
  }
  Ring& ring() { return ring_; }

 private:
  Ring ring_;
};

Recorder::Recorder(std::string directory, unsigned workers)
    : directory_(std::move(directory)), descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  for (unsigned i = 0; i < workers; ++i) taps_.push_back(std::make_unique<Tap>());
}

Recorder::~Recorder() {
  stop();
  close(descriptor_);
  if (lock_ >= 0) close(lock_);
}

std::expected<void, std::string> Recorder::start() {
  lock_ = open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0 || access(directory_.c_str(), W_OK | X_OK) != 0)
    return std::unexpected(directory_ + ": " + std::strerror(errno));
  // Another relay that uses the directory may be writing what looks like left behind.
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) counters_.mended.add(mend_all(directory_));
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "recorder");
  return {};
}

void Recorder::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

flow::PacketTap& Recorder::tap(unsigned worker) {
  return *taps_[worker];
}

void Recorder::record(Order order) {
  {
    const std::lock_guard lock(mutex_);
    wishes_.orders.push_back(std::move(order));
  }
  wake_.notify_one();
}

void Recorder::end(std::uint64_t id) {
  {
    const std::lock_guard lock(mutex_);
    wishes_.ends.push_back(id);
  }
  wake_.notify_one();
}

std::vector<Ended> Recorder::drain() {
  const std::lock_guard lock(mutex_);
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = read(descriptor_, &count, sizeof count);
  return std::exchange(ended_, {});
}

void Recorder::tell(Ended ended) {
  const std::lock_guard lock(mutex_);
  ended_.push_back(std::move(ended));
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = write(descriptor_, &one, sizeof one);
}

Recorder::Wishes Recorder::wait() {
  std::unique_lock lock(mutex_);
  const auto called = [this] { return stopping_ || !wishes_.orders.empty() || !wishes_.ends.empty(); };
  if (running_.empty())
    wake_.wait(lock, called);
  else
    wake_.wait_for(lock, kLookInterval, called);
  return std::exchange(wishes_, {});
}

void Recorder::run() {
  // A file that may not grow any more (RLIMIT_FSIZE) is an error of this file, not the end of the process.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGXFSZ);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  for (bool last = false; !last;) {
    const Wishes wishes = wait();
    const base::Instant now = base::monotonic_now();
    for (const Order& order : wishes.orders) begin(order, now);
    // Behind the wishes: what was copied before an end was wished for is in the rings by now.
    take_packets(now);
    for (const std::uint64_t id : wishes.ends) finish(id, {}, now);
    attend(now);
    const std::lock_guard lock(mutex_);
    last = stopping_ && wishes_.orders.empty() && wishes_.ends.empty();
  }
  const base::Instant now = base::monotonic_now();
  take_packets(now);
  while (!running_.empty()) finish(running_.begin()->first, {}, now);
}

void Recorder::begin(const Order& order, base::Instant now) {
  if (const auto found = running_.find(order.id); found != running_.end())
    return found->second.recording->set_formats(order);
  auto opened = Recording::open(directory_, order, now);
  if (!opened) {
    counters_.failed.add();
    return tell({order.id, opened.error(), {}, 0, false});
  }
  running_.emplace(order.id, Running{*std::move(opened)});
  counters_.open.set(static_cast<std::int64_t>(running_.size()));
}

void Recorder::take_packets(base::Instant now) {
  const base::Duration epoch = base::since_epoch() - now.time_since_epoch();
  std::uint64_t lost = 0;
  for (const auto& tap : taps_) {
    tap->ring().drain([&](std::span<const std::byte> piece) {
      Head head;
      std::memcpy(&head, piece.data(), sizeof head);
      const auto found = running_.find(head.recording);
      if (found == running_.end()) return;  // it has ended
      const auto bytes = piece.subspan(sizeof head);
      found->second.recording->take(
          {head.recording, head.side, head.component, head.from, head.to, bytes, head.at, head.sound}, epoch);
      counters_.packets.add();
      counters_.bytes.add(bytes.size());
    });
    lost += tap->ring().lost();
  }
  if (lost == lost_) return;
  lost_ = lost;
  counters_.lost.set(lost);
  for (auto& [id, running] : running_) running.incomplete = true;
}

void Recorder::attend(base::Instant now) {
  std::vector<std::pair<std::uint64_t, std::string>> failed;
  for (auto& [id, running] : running_)
    if (auto ok = running.recording->attend(now); !ok) failed.emplace_back(id, ok.error());
  for (auto& [id, failure] : failed) finish(id, std::move(failure), now);
}

void Recorder::finish(std::uint64_t id, std::string failure, base::Instant now) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;  // it has failed before
  Running running = std::move(found->second);
  running_.erase(found);
  const auto finished = running.recording->finish(now);
  if (failure.empty() && !finished) failure = finished.error();
  (failure.empty() ? counters_.finished : counters_.failed).add();
  counters_.open.set(static_cast<std::int64_t>(running_.size()));
  tell({id, std::move(failure), running.recording->files(), running.recording->packets(), running.incomplete});
}

}  // namespace recording
