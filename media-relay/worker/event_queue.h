#pragma once
// The way of events from the workers to the thread that watches them: a queue and a descriptor that is readable while
// the queue is not empty.

#include <mutex>
#include <vector>

#include "media-relay/worker/command.h"

namespace worker {

class EventQueue {
 public:
  EventQueue();  // throws std::system_error without a descriptor (start-up only)
  ~EventQueue();
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  // From any thread. `events` is emptied.
  void push(std::vector<Event>& events);
  // Moves all events to the end of `out`, in the order of each worker, and makes the descriptor unreadable.
  void drain(std::vector<Event>& out);
  // For a loop to watch for reading; blocking waits may poll it.
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
  std::mutex mutex_;
  std::vector<Event> events_;
};

}  // namespace worker
