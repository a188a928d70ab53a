#include "sbc/call/occupancy.h"

namespace sbc::call {
namespace {

template <typename Counts>
std::uint64_t count_of(const Counts& counts, const std::string& key) {
  const auto found = counts.find(key);
  return found != counts.end() ? found->second : 0;
}

}  // namespace

std::string Occupancy::key_of(Of what, std::string_view name) {
  std::string key(1, static_cast<char>('0' + static_cast<int>(what)));
  return key.append(name);
}

Occupancy::Seat Occupancy::take(Of what, std::string_view name) {
  std::string key = key_of(what, name);
  enter(key, kNoLimit);
  return {this, std::move(key)};
}

std::optional<Occupancy::Seat> Occupancy::take(Of what, std::string_view name, std::size_t most) {
  std::string key = key_of(what, name);
  if (!enter(key, most)) return std::nullopt;
  return Seat{this, std::move(key)};
}

bool OccupancyTable::enter(const std::string& key, std::size_t most) {
  if (count_of(taken_, key) >= most) {
    ++refused_[key];
    return false;
  }
  ++taken_[key];
  return true;
}

void OccupancyTable::leave(const std::string& key) {
  const auto found = taken_.find(key);
  if (found != taken_.end() && --found->second == 0) taken_.erase(found);
}

Occupancy::Standing OccupancyTable::standing(const std::string& key) const {
  return {.taken = count_of(taken_, key), .refused = count_of(refused_, key)};
}

}  // namespace sbc::call
