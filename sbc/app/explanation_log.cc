#include "sbc/app/explanation_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "sbc/json/write.h"

namespace sbc::app {
namespace {

constexpr mode_t kMode = 0600;

}  // namespace

ExplanationLog::~ExplanationLog() {
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
std::expected<ExplanationLog::File, std::string> ExplanationLog::open(const std::string& path) {
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kMode);
  if (descriptor < 0) return std::unexpected(path + ": " + std::strerror(errno));
  struct stat is{};
  const bool fits = ::fstat(descriptor, &is) == 0 && S_ISREG(is.st_mode) && ::fchmod(descriptor, kMode) == 0;
  File file(fits ? ::fdopen(descriptor, "a") : nullptr);
  if (file != nullptr) return file;
  ::close(descriptor);
  return std::unexpected(path + ": expected a file of our own");
}

std::expected<void, std::string> ExplanationLog::write_to(const std::string& path) {
  File next;
  if (!path.empty()) {
    auto opened = open(path);
    if (!opened) return std::unexpected(opened.error());
    next = *std::move(opened);
  }
  if (next == nullptr && !thread_.joinable()) return {};
  {
    const std::lock_guard lock(mutex_);
    wanted_.store(next != nullptr, std::memory_order_relaxed);
    queue_.emplace_back(std::move(next));
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
  return {};
}

void ExplanationLog::write(explain::Explanation call) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kMaxQueued) {
      full_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    queue_.emplace_back(std::move(call));
    if (queue_.size() > 1) return;  // it knows
  }
  changed_.notify_one();
}

void ExplanationLog::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ends_ || !queue_.empty(); });
    Queue queue = std::exchange(queue_, {});
    const bool ends = ends_;
    lock.unlock();
    for (Item& item : queue) {
      if (auto* next = std::get_if<File>(&item)) {
        file_ = std::move(*next);
      } else {
        write_line(std::get<explain::Explanation>(item));
      }
    }
    if (ends) return;
    lock.lock();
  }
}

void ExplanationLog::write_line(const explain::Explanation& call) {
  if (file_ == nullptr) return;  // switched off meanwhile
  const std::string line = json::text_of(explain::to_json(call)) + "\n";
  if (std::fputs(line.c_str(), file_.get()) < 0 || std::fflush(file_.get()) != 0)
    failed_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace sbc::app
