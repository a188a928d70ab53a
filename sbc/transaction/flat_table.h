#pragma once
// From fingerprint to value in one flat array: open addressing, linear probing, no tombstones.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sbc::transaction {

// 128 bits of keyed hash stand for a key as a whole: nobody without the process's key can make two keys collide, and by
// chance it does not happen. So the table stores no strings, and messages may go as soon as their content is done with.
struct Fingerprint {
  std::uint64_t a = 0;
  std::uint64_t b = 0;  // both 0: none

  explicit operator bool() const { return (a | b) != 0; }
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

template <typename Value>
class FlatTable {
 public:
  std::size_t size() const { return size_; }

  const Value* find(const Fingerprint& key) const {
    if (entries_.empty()) return nullptr;
    for (std::size_t at = home(key); entries_[at].key; at = next(at))
      if (entries_[at].key == key) return &entries_[at].value;
    return nullptr;
  }

  // Returns false, and changes nothing, when the key is there. `key` must not be empty.
  bool insert(const Fingerprint& key, const Value& value) {
    if ((size_ + 1) * 4 > entries_.size() * 3) grow();
    std::size_t at = home(key);
    for (; entries_[at].key; at = next(at))
      if (entries_[at].key == key) return false;
    entries_[at] = Entry{key, value};
    ++size_;
    return true;
  }

  bool erase(const Fingerprint& key) {
    if (entries_.empty() || !key) return false;
    std::size_t hole = home(key);
    while (entries_[hole].key && entries_[hole].key != key) hole = next(hole);
    if (!entries_[hole].key) return false;
    // Entries behind the hole move up as long as the hole lies between their home and their place.
    for (std::size_t at = next(hole); entries_[at].key; at = next(at)) {
      if (distance(home(entries_[at].key), at) < distance(hole, at)) continue;
      entries_[hole] = entries_[at];
      hole = at;
    }
    entries_[hole] = Entry{};
    --size_;
    return true;
  }

 private:
  struct Entry {
    Fingerprint key;
    Value value{};
  };

  std::size_t home(const Fingerprint& key) const { return key.a & (entries_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (entries_.size() - 1); }
  std::size_t distance(std::size_t from, std::size_t to) const { return (to - from) & (entries_.size() - 1); }

  void grow() {
    std::vector<Entry> old(entries_.empty() ? 64 : entries_.size() * 2);
    old.swap(entries_);
    size_ = 0;
    for (const Entry& entry : old)
      if (entry.key) insert(entry.key, entry.value);
  }

  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace sbc::transaction
