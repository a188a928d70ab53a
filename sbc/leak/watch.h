#pragma once
// The guard of one call: learns the words of each side and finds those of the one in what is said to the other.
//
// A word that both sides have said is no secret, nor is one that is ours. So two phones behind one address, or two of
// one make, raise no alarm.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "media-relay/base/ip.h"

#include "sbc/leak/place.h"
#include "sbc/leak/word_set.h"
#include "sbc/sip/message.h"

namespace sbc::leak {

enum class Mode : std::uint8_t {
  Off,
  Count,  // counters only
  Log,    // and a line in the log
  Scrub,  // and what can be taken out of the message is
};

enum class End : std::uint8_t { A, B };
constexpr End other(End end) {
  return end == End::A ? End::B : End::A;
}

// What is the border's own: its addresses, advertised hosts, domains.
class Ours {
 public:
  void add(std::string_view word);
  bool has(std::string_view word) const;

 private:
  std::vector<std::string> words_;  // lower case
};

struct Leak {
  Kind kind = Kind::Address;
  Place place;  // views into the message
};

class Watch {
 public:
  // A message from one side, and the address that it came from.
  void heard(End from, const sip::Message& message, const base::IpAddress& source, const Ours& ours);
  // One word more of a side.
  void learn(End end, const Word& word, const Ours& ours);
  // One side of this call is from now on somebody else, who is known by these. Its words until now stay: who leaves a
  // call by a transfer has been one of this side.
  void adopt(End end, const WordSet& words) { ends_[static_cast<std::size_t>(end)].learn_all(words); }
  const WordSet& of(End end) const { return ends_[static_cast<std::size_t>(end)]; }
  // Ours for this call: the relay's address.
  void allow(std::string_view word);
  // What of the other side is in a message of ours to this one. The addresses in Request-URI, Route and To of a request
  // are the receiver's own and not looked at; nor are the headers that pass as they are, by contract.
  // At most kMostHits words are looked at.
  std::vector<Leak> leaks_in(End to, std::string_view message, std::span<const std::string_view> passed = {});
  // One leak of each place that has any, however many they are: so many places as the message has lines.
  std::vector<Leak> leaky_places(End to, std::string_view message, std::span<const std::string_view> passed = {}) const;

  // Whether a find may have a line in the log: the first ones of a call.
  bool may_tell() { return told_ < kMostNotes && ++told_ != 0; }
  // Since the last time: words that found no room, as secrets or as what is allowed, and messages with more leaks than
  // are looked at.
  std::uint64_t take_unlearned();
  std::uint64_t take_overfull() { return std::exchange(overfull_, 0); }
  std::size_t words() const { return ends_[0].size() + ends_[1].size(); }

 private:
  std::array<WordSet, 2> ends_;
  std::vector<std::string> allowed_;
  std::size_t told_ = 0;
  std::uint64_t not_allowed_ = 0;  // words that allow() had no room for
  std::uint64_t taken_ = 0;        // of those and the sets' unlearned ones
  std::uint64_t overfull_ = 0;
};

// What `scrub` mode sends in the place of a message with leaks.
struct Scrubbed {
  std::string message;
  std::size_t removed = 0;  // places
  std::size_t kept = 0;     // places that the message needs: it would be no use without them
};
Scrubbed scrub(std::string_view message, const std::vector<Leak>& leaks);

}  // namespace sbc::leak
