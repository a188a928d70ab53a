#pragma once
// The client's ACKs to 2xx. Each retransmission of a 2xx is answered with the same ACK (RFC 3261 13.2.2.4), so it is
// kept while retransmissions can come, by To tag and CSeq: forks of one INVITE each have their own.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/shared_bytes.h"
#include "media-relay/base/time.h"

#include "sbc/sip/transport.h"

namespace sbc::dialog {

struct StoredAck {
  std::string to_tag;
  std::uint32_t cseq = 0;
  sip::Hop hop;
  base::SharedBytes bytes;
  base::Instant expires{};
};

class AckStore {
 public:
  // `lifetime`: 64*T1, the time in which the peer retransmits its 2xx.
  explicit AckStore(base::Duration lifetime = base::seconds(32)) : lifetime_(lifetime) {}

  // A second ACK for the same To tag and CSeq takes the place of the first. Beyond kMaxStoredAcks the oldest goes.
  // False: another one went for it before its time.
  bool remember(std::string to_tag, std::uint32_t cseq, const sip::Hop& hop, base::SharedBytes bytes,
                base::Instant now);
  // nullptr: this 2xx has not been acknowledged yet, or so long ago that it is no retransmission. Valid until the next
  // call.
  const StoredAck* find(std::string_view to_tag, std::uint32_t cseq, base::Instant now);
  void expire(base::Instant now);
  std::size_t size() const { return acks_.size(); }

 private:
  base::Duration lifetime_;
  std::vector<StoredAck> acks_;
};

}  // namespace sbc::dialog
