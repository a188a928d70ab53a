#pragma once
// What tests of transfers read.

#include <string>

#include "rig.h"

namespace sbc::call::test {

inline std::string value(const sip::MessagePtr& message, sip::HeaderId id) {
  return std::string(message->find(id).value_or("(none)"));
}

// The next NOTIFY to the peer, answered.
inline std::string report(Peer& peer) {
  const auto notify = peer.take("NOTIFY");
  if (notify == nullptr) return "(none)";
  peer.answer_to(notify, 200);
  return std::string(notify->body()) + value(notify, sip::HeaderId::SubscriptionState);
}

}  // namespace sbc::call::test
