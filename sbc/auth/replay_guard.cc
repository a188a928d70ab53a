#include "sbc/auth/replay_guard.h"

#include <algorithm>

namespace sbc::auth {
namespace {

constexpr std::uint32_t kWindow = 64;

}  // namespace

ReplayGuard::ReplayGuard(std::size_t nonces)
    : sets_(std::max<std::size_t>(1, nonces / kWays)), stripes_(std::make_unique<Stripe[]>(kStripes)) {}

bool ReplayGuard::Entry::use(std::uint32_t count) {
  if (count > highest) {
    const std::uint32_t ahead = count - highest;
    window = (ahead >= kWindow ? 0 : window << ahead) | 1;
    highest = count;
    return true;
  }
  const std::uint32_t behind = highest - count;
  if (behind >= kWindow) return false;
  const std::uint64_t bit = std::uint64_t{1} << behind;
  if ((window & bit) != 0) return false;
  window |= bit;
  return true;
}

bool ReplayGuard::use(const Nonce& nonce, std::uint32_t count) {
  if (count == 0) return false;  // the first count is 1 (RFC 7616 3.4), and 0 marks a free entry
  const std::size_t index = nonce.serial % sets_.size();
  const std::lock_guard lock(stripes_[index % kStripes].mutex);
  Set& set = sets_[index];

  const auto known = std::ranges::find_if(set.entries, [&](const Entry& e) {
    return e.highest != 0 && e.nonce.serial == nonce.serial && e.nonce.issued == nonce.issued;
  });
  if (known != set.entries.end()) return known->use(count);
  if (nonce.issued <= set.floor) return false;

  auto place = std::ranges::find(set.entries, 0U, &Entry::highest);
  if (place == set.entries.end()) {
    place = std::ranges::min_element(set.entries, {}, [](const Entry& e) { return e.nonce.issued; });
    if (nonce.issued <= place->nonce.issued) return false;  // it would be the first to be forgotten itself
    set.floor = place->nonce.issued;
  }
  *place = Entry{nonce, 0, 0};
  return place->use(count);
}

}  // namespace sbc::auth
