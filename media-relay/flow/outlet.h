#pragma once
// Where packets leave that are sent beside the one that is being walked.

#include <cstddef>
#include <span>

#include "media-relay/base/ip.h"
#include "media-relay/packet/packet.h"

namespace flow {

class Outlet {
 public:
  virtual ~Outlet() = default;
  // On the packet path: must neither wait nor, once it has done so a few times, allocate. The bytes are copied.
  virtual void leave(packet::PortIndex port, const base::Endpoint& destination, std::span<const std::byte> bytes) = 0;
};

}  // namespace flow
