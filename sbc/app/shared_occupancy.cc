#include "sbc/app/shared_occupancy.h"

namespace sbc::app {

bool SharedOccupancy::enter(const std::string& key, std::size_t most) {
  Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  return part.table.enter(key, most);
}

void SharedOccupancy::leave(const std::string& key) {
  Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  part.table.leave(key);
}

call::Occupancy::Standing SharedOccupancy::standing(const std::string& key) const {
  const Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  return part.table.standing(key);
}

std::size_t SharedOccupancy::size() const {
  std::size_t names = 0;
  for (const Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    names += part.table.size();
  }
  return names;
}

}  // namespace sbc::app
