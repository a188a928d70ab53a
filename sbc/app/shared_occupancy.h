#pragma once
// Calls at once, counted over all shards.

#include <array>
#include <mutex>

#include "sbc/call/occupancy.h"

namespace sbc::app {

class SharedOccupancy final : public call::Occupancy {
 public:
  bool enter(const std::string& key, std::size_t most) override;
  void leave(const std::string& key) override;
  Standing standing(const std::string& key) const override;
  std::size_t size() const;  // names with a count

 private:
  // By name, each with a lock of its own, so that shards seldom wait for each other.
  struct Part {
    mutable std::mutex mutex;
    call::OccupancyTable table;
  };
  static constexpr std::size_t kParts = 16;
  Part& part_of(const std::string& key) { return parts_[base::StringHash{}(key) % kParts]; }
  const Part& part_of(const std::string& key) const { return parts_[base::StringHash{}(key) % kParts]; }

  std::array<Part, kParts> parts_;
};

}  // namespace sbc::app
