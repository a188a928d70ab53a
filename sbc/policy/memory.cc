#include "sbc/policy/memory.h"

#include <cstdlib>

namespace sbc::policy {

void* Memory::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  Memory& memory = *static_cast<Memory*>(self);
  if (block == nullptr) old_size = 0;  // Lua passes a type tag there
  if (new_size == 0) {
    std::free(block);
    memory.in_use_ -= old_size;
    return nullptr;
  }
  if (new_size > old_size) {
    memory.volume_ += new_size - old_size;
    const bool allowed = memory.in_use_ - old_size + new_size <= memory.ceiling_.in_use &&
                         new_size <= memory.ceiling_.block && memory.volume_ <= memory.ceiling_.volume;
    if (!allowed) return nullptr;
  }
  void* moved = std::realloc(block, new_size);
  if (moved == nullptr) return nullptr;
  memory.in_use_ += new_size;
  memory.in_use_ -= old_size;
  return moved;
}

}  // namespace sbc::policy
