#pragma once
// A dialog of a call by the names of both its sides: what bodies and headers that name dialogs are mapped by (trap 78).
// Calls of other shards are known by what those shards have answered (ForeignDialogs).

#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "media-relay/base/hash.h"

#include "sbc/body/identifiers.h"

namespace sbc::call {

struct Core;

// "Local" is on both sides the end that is spoken of.
struct DialogPair {
  struct End {
    std::string realm;
    std::string trunk;
    body::DialogIds ids;
  };
  End named;   // the leg that is called so
  End across;  // the other leg of the call; a tag that nobody has given yet is ""
  bool early = false;
};

// A tag that is not given is not compared. nullopt: no dialog of a call here, nor of one that another shard told of.
std::optional<DialogPair> pair_of(const Core& core, const body::DialogIds& named);

// What other shards have said of their dialogs, for the message that is about to be read. Bounded: what is oldest goes.
class ForeignDialogs {
 public:
  void learn(const body::DialogIds& asked, DialogPair pair);
  const DialogPair* find(const body::DialogIds& asked) const;
  std::size_t size() const { return pairs_.size(); }

  static constexpr std::size_t kMost = 256;  // far more than messages wait at a time in a loop's turn

 private:
  std::unordered_map<std::string, DialogPair, base::StringHash, std::equal_to<>> pairs_;
  std::deque<std::string> order_;
};

}  // namespace sbc::call
