// Keys (DTMF) of a party that may send them twice, as telephone-event and by INFO, where nothing is converted: the INFO
// of one that its media has brought is answered and goes no further.

#include "sbc/call/key_watch.h"

#include <algorithm>

#include "sbc/call/machine.h"

namespace sbc::call {

bool Machine::watches_keys(Side side) const {
  return !call_.media.converts_digits() && call_.media.sends_by_media(side);
}

KeyWatch& Machine::key_watch(Side side) {
  auto& watch = call_.keys[static_cast<std::size_t>(side)];
  if (!watch) watch = std::make_unique<KeyWatch>();
  return *watch;
}

// The relay hears one in the media.
void Machine::key_began(Side from, char digit) {
  if (!watches_keys(from)) return;
  KeyWatch& watch = key_watch(from);
  watch.pressed.began(digit, now_);
  const auto same = std::ranges::find(watch.held, digit, [](const HeldKey& key) { return key.digit.digit; });
  if (same == watch.held.end()) return;
  (void)watch.pressed.take(digit, now_);
  const HeldKey key = std::move(*same);
  watch.held.erase(same);
  suppress_key({.side = from, .message = key.message, .source = key.source, .server = key.server});
  wait_for_keys(from);
}

void Machine::key_ended(Side from, char digit) {
  if (watches_keys(from)) key_watch(from).pressed.ended(digit, now_);
}

bool Machine::key_by_info(const Input& in, const InfoDigit& digit) {
  if (!watches_keys(in.side)) return false;
  KeyWatch& watch = key_watch(in.side);
  const PressedKeys::Way way = watch.pressed.by_info(digit.digit, now_);
  if (way == PressedKeys::Way::Same) {
    suppress_key(in);
    return true;
  }
  // Behind one that waits nobody overtakes.
  if ((way == PressedKeys::Way::Cross && watch.held.empty()) || watch.held.size() >= kMaxKeysHeld) return false;
  watch.held.push_back({digit, in.message, in.source, in.server, now_ + kOtherWay});
  wait_for_keys(in.side);
  return true;
}

void Machine::suppress_key(const Input& in) {
  respond_to(in, 200);
  ++core_.counters.digits_suppressed;
}

void Machine::wait_for_keys(Side side) {
  KeyWatch& watch = key_watch(side);
  if (watch.held.empty()) return disarm(watch.timer);
  arm(watch.timer, TimerKind::Keys, watch.held.front().until, side);
}

// Those that nothing was heard of: they are keys of their own.
void Machine::keys_due(Side side) {
  auto& watch = call_.keys[static_cast<std::size_t>(side)];
  while (watch && !watch->held.empty() && watch->held.front().until <= now_) {
    const HeldKey key = std::move(watch->held.front());
    watch->held.pop_front();
    watch->pressed.crosses();
    const Input in{.side = side, .message = key.message, .source = key.source, .server = key.server};
    if (!policy_stops_digit(in, key.digit)) pass_request(in);
  }
  if (watch) wait_for_keys(side);
}

// RFC 3261 15.1.2: their dialog ends.
void Machine::drop_keys(Side side) {
  auto watch = std::move(call_.keys[static_cast<std::size_t>(side)]);
  if (!watch) return;
  disarm(watch->timer);
  for (const HeldKey& key : watch->held)
    respond_to({.side = side, .message = key.message, .source = key.source, .server = key.server}, 487);
}

}  // namespace sbc::call
