#pragma once
// Names of transactions. Handles may outlive their transaction: every function of the layer then does nothing.

#include <cstdint>

#include "media-relay/base/slab.h"

namespace sbc::transaction {

using ServerId = base::Handle<struct ServerTag>;
using ClientId = base::Handle<struct ClientTag>;

// What the transaction user packs to find its object again when an event names it. The layer never looks inside. 0:
// none.
using Owner = std::uint64_t;

}  // namespace sbc::transaction
