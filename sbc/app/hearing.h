#pragma once
// Who wants to hear what policies decide: the recorder, and other tools of the operator's. Each run of a handler that
// has come to its decision is told to all of them, once; what was abandoned while it waited is not.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "sbc/retell/invocation.h"

namespace sbc::app {

class Hearer {
 public:
  virtual ~Hearer() = default;
  // Asked once before each run, from any shard's thread, and it may draw lots: must be as quick as a read of an atomic.
  // A run of which nobody wants to hear is not noted.
  virtual bool wants() const = 0;
  // From any shard's thread: must not block.
  virtual void heard(const std::shared_ptr<const retell::Invocation>& invocation) = 0;
};

class Hearing {
 public:
  static constexpr std::size_t kMaxHearers = 8;
  using Ears = std::uint8_t;  // who wants to hear of a run, a bit for each; 0: nobody

  // Before the shards run; `hearer` outlives them.
  void add(Hearer& hearer);

  // At the beginning of a run; those hear of it when it is over.
  Ears wanted() const {
    Ears ears = 0;
    for (std::size_t i = 0; i < count_; ++i)
      if (hearers_[i]->wants()) ears |= static_cast<Ears>(1U << i);
    return ears;
  }
  void tell(Ears ears, const std::shared_ptr<const retell::Invocation>& invocation) const;

 private:
  std::array<Hearer*, kMaxHearers> hearers_{};
  std::size_t count_ = 0;
};

}  // namespace sbc::app
