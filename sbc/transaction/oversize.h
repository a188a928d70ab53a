#pragma once
// RFC 3261 18.1.1: a request that is too large for UDP goes over a transport with congestion control, its top Via says
// so, and a peer that does not have it gets the request over UDP after all.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"

#include "sbc/sip/transport.h"

namespace sbc::transaction {

// What a UDP listener's large requests may use instead.
struct TcpTwin {
  std::size_t limit = 0;       // bytes: larger requests go over TCP. 0: none does
  std::uint16_t listener = 0;  // that a connection starts from: same realm, same family
  std::string sent_by;         // of its Via
};

class Oversize {
 public:
  struct Request {
    sip::Hop hop;
    std::string text;
  };

  // By listener; nullopt: no UDP, or no TCP beside it.
  void use(std::vector<std::optional<TcpTwin>> twins) { twins_ = std::move(twins); }
  // The same request over TCP; nullopt: it goes as it is, because it is small enough or this peer has refused TCP a
  // short time ago.
  std::optional<Request> over_tcp(const sip::Hop& hop, std::string_view request, base::Instant now) const;
  // It would go over TCP but for its flow, which is the only way there.
  bool held_by_flow(const sip::Hop& hop, std::size_t size) const;
  // False: another peer was forgotten for it before its time.
  bool refused(const base::Endpoint& remote, base::Instant now);

 private:
  std::vector<std::optional<TcpTwin>> twins_;
  std::map<base::Endpoint, base::Instant> without_tcp_;  // until when
};

// `message`, one of ours, with transport and sent-by of its top Via as `model` has them.
std::string with_via_of(std::string_view message, std::string_view model);

}  // namespace sbc::transaction
