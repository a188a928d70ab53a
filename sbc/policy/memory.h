#pragma once
// Lua's allocator with a ceiling: on the bytes in use, on the bytes asked for in one invocation, and on one block.

#include <cstddef>
#include <cstdint>
#include <limits>

namespace sbc::policy {

class Memory {
 public:
  // The signature that lua_newstate wants; `self` is a Memory. Refuses (nullptr) what is above a ceiling, whereupon Lua
  // collects its garbage, tries once more and raises "not enough memory". Never refuses to shrink.
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);

  struct Ceiling {
    std::size_t in_use = std::numeric_limits<std::size_t>::max();
    std::size_t volume = std::numeric_limits<std::size_t>::max();
    std::size_t block = std::numeric_limits<std::size_t>::max();
  };
  // Counts the volume from `volume` on.
  void set_ceiling(const Ceiling& ceiling, std::size_t volume = 0) {
    ceiling_ = ceiling;
    volume_ = volume;
  }
  std::size_t volume() const { return volume_; }
  std::size_t in_use() const { return in_use_; }
  bool volume_exceeded() const { return volume_ > ceiling_.volume; }

 private:
  Ceiling ceiling_;
  std::size_t in_use_ = 0;
  std::size_t volume_ = 0;
};

}  // namespace sbc::policy
