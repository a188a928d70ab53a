#include "media-relay/worker/event_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <iterator>
#include <system_error>
#include <utility>

namespace worker {

EventQueue::EventQueue() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

EventQueue::~EventQueue() {
  close(descriptor_);
}

void EventQueue::push(std::vector<Event>& events) {
  if (events.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    const bool first = events_.empty();
    std::move(events.begin(), events.end(), std::back_inserter(events_));
    // Inside the lock, so that the descriptor and the queue never disagree.
    const std::uint64_t one = 1;
    if (first && write(descriptor_, &one, sizeof one) < 0) {
      // Only a full counter fails, and it is readable then.
    }
  }
  events.clear();
}

void EventQueue::drain(std::vector<Event>& out) {
  const std::lock_guard lock(mutex_);
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = read(descriptor_, &count, sizeof count);
  if (out.empty()) {
    std::swap(out, events_);
    return;
  }
  std::move(events_.begin(), events_.end(), std::back_inserter(out));
  events_.clear();
}

}  // namespace worker
