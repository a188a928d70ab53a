#pragma once
// Who wants to hear what policies decide: the recorder, and other tools of the operator's. Each run of a handler that
// has come to its decision is told to all of them, once; what was abandoned while it waited is not. An event for which
// the policy that decides has no handler is told to those that listen for it, with the decision that it then has.

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
  // Whether it is to be told of such events also where the policy that decides has no handler for them. From any
  // shard's thread, before each of them: as quick.
  virtual bool listens(policy::Handler /*handler*/) const { return false; }
  // From any shard's thread: must not block.
  virtual void heard(const std::shared_ptr<const retell::Invocation>& invocation) = 0;
};

class Hearing {
 public:
  static constexpr std::size_t kMaxHearers = 8;
  using Ears = std::uint8_t;  // who wants to hear of a run, a bit for each; 0: nobody

  // Before the shards run; `hearer` outlives them.
  void add(Hearer& hearer);

  // At the beginning of a run; those hear of it when it is over. `decides`: the policy has a handler for it, or there
  // is a decision in any case.
  Ears wanted(policy::Handler handler, bool decides) const {
    Ears ears = 0;
    for (std::size_t i = 0; i < count_; ++i)
      if ((decides || hearers_[i]->listens(handler)) && hearers_[i]->wants()) ears |= static_cast<Ears>(1U << i);
    return ears;
  }
  bool listens(policy::Handler handler) const {
    for (std::size_t i = 0; i < count_; ++i)
      if (hearers_[i]->listens(handler)) return true;
    return false;
  }
  void tell(Ears ears, const std::shared_ptr<const retell::Invocation>& invocation) const;

 private:
  std::array<Hearer*, kMaxHearers> hearers_{};
  std::size_t count_ = 0;
};

}  // namespace sbc::app
