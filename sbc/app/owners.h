#pragma once
// Who started a client transaction, in the top bits of its owner. The topmost one is never set in the handle of a call.

#include "sbc/transaction/ids.h"

namespace sbc::app {

inline constexpr transaction::Owner kOwnerBits = transaction::Owner{7} << 61;
inline constexpr transaction::Owner kUpstreamOwner = transaction::Owner{4} << 61;
inline constexpr transaction::Owner kKeepAliveOwner = transaction::Owner{6} << 61;
inline constexpr transaction::Owner kTrunkOwner = transaction::Owner{5} << 61;

constexpr bool belongs_to(transaction::Owner owner, transaction::Owner mark) {
  return (owner & kOwnerBits) == mark;
}

}  // namespace sbc::app
