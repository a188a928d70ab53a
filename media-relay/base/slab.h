#pragma once
// Objects behind handles with generations. A handle may outlive its object: look-up then answers nullptr. Objects do
// not move while they live.

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace base {

// `Tag` makes handles of different slabs different types.
template <typename Tag>
struct Handle {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;  // 0: no object

  explicit operator bool() const { return generation != 0; }
  friend bool operator==(const Handle&, const Handle&) = default;
  friend auto operator<=>(const Handle&, const Handle&) = default;

  std::uint64_t pack() const { return (std::uint64_t{generation} << 32) | slot; }
  static Handle unpack(std::uint64_t word) {
    return Handle{static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
  }
};

template <typename T, typename Tag = T>
class Slab {
 public:
  template <typename... Args>
  Handle<Tag> emplace(Args&&... args) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(entries_.size());
      entries_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    entries_[slot].object.emplace(std::forward<Args>(args)...);
    ++live_;
    return Handle<Tag>{slot, entries_[slot].generation};
  }

  T* find(Handle<Tag> h) {
    if (!h || h.slot >= entries_.size()) return nullptr;
    Entry& e = entries_[h.slot];
    return e.generation == h.generation && e.object ? &*e.object : nullptr;
  }
  const T* find(Handle<Tag> h) const { return const_cast<Slab*>(this)->find(h); }

  // Returns false when the handle was stale.
  bool erase(Handle<Tag> h) {
    if (find(h) == nullptr) return false;
    Entry& e = entries_[h.slot];
    e.object.reset();
    if (++e.generation == 0) e.generation = 1;
    free_.push_back(h.slot);
    --live_;
    return true;
  }

  std::size_t size() const { return live_; }

  // Calls f(handle, object) for each live object; f may erase the object it was given.
  template <typename F>
  void for_each(F&& f) {
    for (std::uint32_t i = 0; i < entries_.size(); ++i)
      if (entries_[i].object) f(Handle<Tag>{i, entries_[i].generation}, *entries_[i].object);
  }

 private:
  struct Entry {
    std::optional<T> object;
    std::uint32_t generation = 1;
  };
  std::deque<Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::size_t live_ = 0;
};

}  // namespace base
