#include "sbc/app/line_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sbc::app {
namespace {

constexpr mode_t kMode = 0600;

}  // namespace

LineFile::~LineFile() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

// What is said in calls' messages is nobody's business but the operator's. A pipe that nobody reads must not hold us
// up.
std::expected<LineFile::Handle, std::string> LineFile::open(const std::string& path) {
  if (path.empty()) return Handle();
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kMode);
  if (descriptor < 0) return std::unexpected(path + ": " + std::strerror(errno));
  struct stat is{};
  const bool fits = ::fstat(descriptor, &is) == 0 && S_ISREG(is.st_mode) && ::fchmod(descriptor, kMode) == 0;
  Handle file(fits ? ::fdopen(descriptor, "a") : nullptr);
  if (file != nullptr) return file;
  ::close(descriptor);
  return std::unexpected(path + ": expected a file of our own");
}

void LineFile::use(Handle file) {
  if (file == nullptr && !thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    wanted_.store(file != nullptr, std::memory_order_relaxed);
    queue_.emplace_back(std::move(file));
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
}

void LineFile::write(Line line, std::size_t weight) {
  {
    const std::lock_guard lock(mutex_);
    if (queued_ + weight > most_) {
      full_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    queued_ += weight;
    queue_.emplace_back(std::move(line));
    if (queue_.size() > 1) return;  // it knows
  }
  changed_.notify_one();
}

void LineFile::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ends_ || !queue_.empty(); });
    Queue queue = std::exchange(queue_, {});
    const std::size_t weight = queued_;
    const bool ends = ends_;
    lock.unlock();
    write_out(queue);
    if (ends) return;
    lock.lock();
    queued_ -= weight;  // until now it was in memory
  }
}

void LineFile::write_out(Queue& queue) {
  for (Item& item : queue) {
    if (auto* next = std::get_if<Handle>(&item)) {
      file_ = std::move(*next);
      continue;
    }
    if (file_ == nullptr) continue;  // switched off meanwhile
    const std::string line = std::get<Line>(item)() + "\n";
    if (std::fputs(line.c_str(), file_.get()) < 0) failed_.fetch_add(1, std::memory_order_relaxed);
  }
  if (file_ != nullptr && std::fflush(file_.get()) != 0) failed_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace sbc::app
