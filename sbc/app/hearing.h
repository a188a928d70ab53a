#pragma once
// Who wants to hear what policies decide: the recorder, and other tools of the operator's. Each run of a handler that
// has come to its decision is told to all of them, once; what was abandoned while it waited is not.

#include <array>
#include <cstddef>
#include <memory>

#include "sbc/retell/invocation.h"

namespace sbc::app {

class Hearer {
 public:
  virtual ~Hearer() = default;
  // Asked before each run, from any shard's thread: must be as quick as a read of an atomic. While it is false nothing
  // is noted for it.
  virtual bool wants() const = 0;
  // From any shard's thread: must not block.
  virtual void heard(const std::shared_ptr<const retell::Invocation>& invocation) = 0;
};

class Hearing {
 public:
  static constexpr std::size_t kMaxHearers = 8;

  // Before the shards run; `hearer` outlives them.
  void add(Hearer& hearer);

  bool wanted() const {
    for (std::size_t i = 0; i < count_; ++i)
      if (hearers_[i]->wants()) return true;
    return false;
  }
  void tell(const std::shared_ptr<const retell::Invocation>& invocation) const;

 private:
  std::array<Hearer*, kMaxHearers> hearers_{};
  std::size_t count_ = 0;
};

}  // namespace sbc::app
