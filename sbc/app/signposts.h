#pragma once
// Which shard has a dialog, where what we minted for it says something else: a leg that an attended transfer took to a
// call of another shard (call/attended.cc), and attempts to enter a dialog (Replaces, Join), whose CANCEL names none.
// Safe from every thread; costs one atomic read while there are none.

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "media-relay/base/hash.h"

namespace sbc::app {

class Signposts {
 public:
  // False: kMost stand already, and this one does not.
  bool put(const std::string& tag, std::uint8_t shard);
  void remove(std::string_view tag);
  // The same for a Call-ID, which stands until kAttempts others have come. One that is longer than kLongest does not.
  // False: that one, or the oldest, has none now.
  bool put_attempt(const std::string& call_id, std::uint8_t shard);
  // By tag or Call-ID.
  std::optional<std::uint8_t> find(std::string_view name) const;

  std::size_t size() const { return count_.load(std::memory_order_relaxed); }

  static constexpr std::size_t kMost = 65536;     // 8 MiB
  static constexpr std::size_t kAttempts = 4096;  // between INVITE and CANCEL
  static constexpr std::size_t kLongest = 256;

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::uint8_t, base::StringHash, std::equal_to<>> dialogs_;
  std::unordered_map<std::string, std::uint8_t, base::StringHash, std::equal_to<>> attempts_;
  std::deque<std::string> order_;  // of attempts
  std::atomic<std::size_t> count_{0};
};

}  // namespace sbc::app
