#include "sbc/dialog/ack_store.h"

#include <algorithm>
#include <utility>

#include "sbc/dialog/limits.h"

namespace sbc::dialog {

bool AckStore::remember(std::string to_tag, std::uint32_t cseq, const sip::Hop& hop, base::SharedBytes bytes,
                        base::Instant now) {
  expire(now);
  std::erase_if(acks_, [&](const StoredAck& ack) { return ack.cseq == cseq && ack.to_tag == to_tag; });
  const bool full = acks_.size() >= kMaxStoredAcks;
  if (full) acks_.erase(acks_.begin());
  acks_.push_back(StoredAck{std::move(to_tag), cseq, hop, std::move(bytes), now + lifetime_});
  return !full;
}

const StoredAck* AckStore::find(std::string_view to_tag, std::uint32_t cseq, base::Instant now) {
  expire(now);
  const auto at =
      std::ranges::find_if(acks_, [&](const StoredAck& ack) { return ack.cseq == cseq && ack.to_tag == to_tag; });
  return at == acks_.end() ? nullptr : &*at;
}

void AckStore::expire(base::Instant now) {
  std::erase_if(acks_, [now](const StoredAck& ack) { return ack.expires <= now; });
}

}  // namespace sbc::dialog
