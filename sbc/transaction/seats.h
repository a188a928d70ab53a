#pragma once
// Room in one table of transactions. When it is full, two kinds still find some, each in a reserve that no other can
// take: what goes on inside dialogs, and calls for help.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sbc::transaction {

enum class Seat : std::uint8_t {
  Common,  // for everybody
  Dialog,  // BYE and PRACK of dialogs that are there: a call that cannot be ended lasts on one side only
  Help,    // INVITE that calls for help
  kCount
};

class Seats {
 public:
  Seats(std::size_t common, std::size_t dialog, std::size_t help) : most_{common, dialog, help} {}

  // A common seat, or if there is none one of those that are kept for `wish`; nullopt: full.
  std::optional<Seat> take(Seat wish) {
    for (const Seat seat : {Seat::Common, wish}) {
      if (at(taken_, seat) >= at(most_, seat)) continue;
      add(seat);
      return seat;
    }
    return std::nullopt;
  }
  // A common seat, whether there is one or not, for what others already bound: a CANCEL has its INVITE.
  Seat squeeze_in() {
    add(Seat::Common);
    return Seat::Common;
  }
  void leave(Seat seat) { --taken_[static_cast<std::size_t>(seat)]; }

 private:
  using Numbers = std::array<std::size_t, static_cast<std::size_t>(Seat::kCount)>;
  static std::size_t at(const Numbers& numbers, Seat seat) { return numbers[static_cast<std::size_t>(seat)]; }
  void add(Seat seat) { ++taken_[static_cast<std::size_t>(seat)]; }

  Numbers most_;
  Numbers taken_{};
};

}  // namespace sbc::transaction
