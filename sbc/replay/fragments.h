#pragma once
// IP datagrams that a capture holds in fragments, put together again (RFC 791 3.2, RFC 8200 4.5). An INVITE with video
// is longer than an Ethernet packet, so over UDP these are not rare.

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "sbc/replay/packet.h"

namespace sbc::replay {

class Fragments {
 public:
  // Fragments in the order of the capture. The packet whose last missing part this was; its payload is good until the
  // next call.
  std::optional<Unwrapped> add(const Fragment& fragment, std::int64_t at_us);

  // Fragments of datagrams that were never whole: lost, too old (kFragmentWait), too many at once, or at odds with each
  // other (RFC 5722 4: such a datagram is no datagram).
  std::uint64_t lost() const;

 private:
  using Key = std::tuple<base::IpAddress, base::IpAddress, std::uint8_t, std::uint32_t>;
  struct Datagram {
    Key key;
    std::int64_t began_us = 0;
    std::vector<std::pair<std::size_t, std::string>> parts;  // where each begins; in order
    std::optional<std::size_t> size;                         // known from the last one on
    bool odd = false;
  };
  using Waiting = std::list<Datagram>;

  Waiting::iterator datagram_of(const Fragment& fragment, std::int64_t at_us);
  void give_up_old(std::int64_t at_us);
  void give_up(Waiting::iterator datagram);
  static bool fits(Datagram& datagram, const Fragment& fragment);

  Waiting waiting_;  // the oldest first
  std::string whole_;
  std::uint64_t lost_ = 0;
};

}  // namespace sbc::replay
