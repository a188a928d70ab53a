#include "sbc/call/pressed_keys.h"

#include <algorithm>

namespace sbc::call {

void PressedKeys::add(Key key, base::Instant now) {
  std::erase_if(keys_, [now](const Key& k) { return k.ended != base::kNever && now - k.ended >= kSameKey; });
  if (keys_.size() >= kMaxPressed) keys_.erase(keys_.begin());
  keys_.push_back(key);
  heard_ = true;
  info_alone_ = false;
}

void PressedKeys::began(char digit, base::Instant now) {
  begins_ = true;
  add({digit}, now);
}

void PressedKeys::ended(char digit, base::Instant now) {
  const auto open =
      std::ranges::find_if(keys_, [digit](const Key& k) { return k.digit == digit && k.ended == base::kNever; });
  if (open != keys_.end())
    open->ended = now;
  else if (!begins_)
    add({digit, now}, now);
}

bool PressedKeys::take(char digit, base::Instant now) {
  const auto found = std::ranges::find_if(keys_, [digit, now](const Key& k) {
    return k.digit == digit && (k.ended == base::kNever || now - k.ended < kSameKey);
  });
  if (found == keys_.end()) return false;
  keys_.erase(found);
  return true;
}

PressedKeys::Way PressedKeys::by_info(char digit, base::Instant now) {
  if (take(digit, now)) return Way::Same;
  return info_alone_ ? Way::Cross : Way::Wait;
}

}  // namespace sbc::call
