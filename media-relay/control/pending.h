#pragma once
// Request correlation: which commands wait for which reply. Pure; time is an argument.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "media-relay/base/time.h"

namespace control {

// `Context` is what the sender wants back with the reply.
template <typename Context>
class PendingRequests {
 public:
  struct Entry {
    std::uint64_t request = 0;
    Context context;
  };

  // A number that no request of this object had before; never 0.
  std::uint64_t mint() { return next_++; }

  void add(std::uint64_t request, base::Instant deadline, Context context) {
    by_deadline_.emplace(deadline, request);
    waiting_.insert_or_assign(request, Waiting{deadline, std::move(context)});
  }

  // The context of the request, once; nullopt for a reply nobody waits for (any more).
  std::optional<Context> take(std::uint64_t request) {
    const auto it = waiting_.find(request);
    if (it == waiting_.end()) return std::nullopt;
    Context context = std::move(it->second.context);
    by_deadline_.erase(std::pair{it->second.deadline, request});
    waiting_.erase(it);
    return context;
  }

  base::Instant next_deadline() const { return by_deadline_.empty() ? base::kNever : by_deadline_.begin()->first; }

  // Removes and returns what is overdue at `now`, earliest first.
  std::vector<Entry> expire(base::Instant now) {
    std::vector<Entry> out;
    while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) out.push_back(pop_first());
    return out;
  }

  // Removes and returns everything: the link is gone.
  std::vector<Entry> drain() {
    std::vector<Entry> out;
    while (!by_deadline_.empty()) out.push_back(pop_first());
    return out;
  }

  std::size_t size() const { return waiting_.size(); }

 private:
  struct Waiting {
    base::Instant deadline;
    Context context;
  };

  Entry pop_first() {
    const std::uint64_t request = by_deadline_.begin()->second;
    return Entry{request, *take(request)};
  }

  std::unordered_map<std::uint64_t, Waiting> waiting_;
  std::set<std::pair<base::Instant, std::uint64_t>> by_deadline_;
  std::uint64_t next_ = 1;
};

}  // namespace control
