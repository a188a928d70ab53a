#pragma once
// The leak guard (room leak) as the rooms that send messages use it: what is to be done about a find, by the settings.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "media-relay/base/shared_bytes.h"

#include "sbc/call/output.h"
#include "sbc/call/settings.h"
#include "sbc/leak/watch.h"
#include "sbc/limit/reached.h"
#include "sbc/sip/transport.h"

namespace sbc::call {

// Leaks that were found, each word in each message once more.
struct LeakCounters {
  std::array<std::uint64_t, leak::kKinds> by_kind{};
  std::array<std::uint64_t, leak::kPlaces> by_place{};
  std::uint64_t removed = 0;  // places, by mode Scrub
  std::uint64_t kept = 0;     // places that the message needs
  limit::Counts limits{};     // words that it cannot keep, leaks that it does not count
};

class LeakGuard {
 public:
  // For a call that begins; null when the guard is off.
  static std::unique_ptr<leak::Watch> watch(const Settings& settings);

  // A message from one end. A null watch learns nothing.
  void heard(const std::shared_ptr<const Settings>& settings, leak::Watch* watch, leak::End from,
             const sip::Message& message, const sip::Source& source);
  // What is otherwise known of one end.
  void learn(const std::shared_ptr<const Settings>& settings, leak::Watch& watch, leak::End end,
             const leak::Word& word) {
    watch.learn(end, word, ours(settings));
  }
  // What is to be sent to one end in the place of `bytes`. `call` names it in the log. `passed`: headers that pass as
  // they are.
  base::SharedBytes checked(const Settings& settings, leak::Watch* watch, leak::End to, base::SharedBytes bytes,
                            std::string_view call, std::span<const std::string_view> passed = {});

  const LeakCounters& counters() const { return counters_; }
  // Lines for the log since the last time.
  std::vector<Note> take_notes() { return std::exchange(notes_, {}); }

 private:
  const leak::Ours& ours(const std::shared_ptr<const Settings>& settings);

  LeakCounters counters_;
  std::vector<Note> notes_;
  leak::Ours ours_;
  std::shared_ptr<const Settings> ours_of_;  // the settings that ours_ was made from
};

// The value of a header of a message that we wrote, of which `line_start` is "\r\nCall-ID: " or the like; "" when it
// has none.
std::string_view written_value(std::string_view message, std::string_view line_start);

}  // namespace sbc::call
