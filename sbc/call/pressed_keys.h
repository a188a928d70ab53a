#pragma once
// The keys (DTMF) of one party whose SDP has telephone-event, while nothing is converted: what it sends by its media
// passes in the relay, and what it sends by INFO is to cross only where it is not the same key once more. SDP does not
// tell: browsers list telephone-event and press by INFO, phones have settings that send both. So what is really heard
// counts, key by key:
//
//   media   ----5=====-----------------7===----
//   INFO    ------5--------#-------------7-----
//           the same key   crosses     the same key
//
// A key by INFO for which none has been heard yet may be ahead of its media, and waits for kOtherWay; not of a party
// whose keys have come by INFO alone so far. Pure.

#include <cstddef>
#include <vector>

#include "media-relay/base/time.h"

namespace sbc::call {

// How far the two ways of one key are apart: a path of signalling with a proxy, and the first packet of an event.
inline constexpr base::Duration kOtherWay = base::milliseconds(250);
// Phones that press by INFO when the key is released may wait for the answer to the one before.
inline constexpr base::Duration kSameKey = base::seconds(2);
// Keys heard that are remembered.
inline constexpr std::size_t kMaxPressed = 16;
// Keys by INFO that wait.
inline constexpr std::size_t kMaxKeysHeld = 8;

class PressedKeys {
 public:
  // In its media.
  void began(char digit, base::Instant now);
  // Of a relay that does not tell beginnings this is all there is.
  void ended(char digit, base::Instant now);

  // By INFO.
  enum class Way : unsigned char { Same, Wait, Cross };
  Way by_info(char digit, base::Instant now);
  // It has waited in vain.
  void crosses() { info_alone_ = !heard_; }
  // Whether a key that is waiting has been heard now. Then it is the same one.
  bool take(char digit, base::Instant now);

 private:
  struct Key {
    char digit = '0';
    base::Instant ended = base::kNever;
  };
  void add(Key key, base::Instant now);

  std::vector<Key> keys_;  // oldest first; of each the INFO has not come
  bool heard_ = false;     // one came by its media
  bool begins_ = false;    // the relay tells when they begin
  bool info_alone_ = false;
};

}  // namespace sbc::call
