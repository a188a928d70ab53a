#pragma once
// Where somebody who calls, registers or asks stands, as the border sees it. Internal to the room.

#include <expected>
#include <string>

#include "sbc/route/table.h"
#include "sbc/simulate/scene.h"
#include "sbc/sip/transport.h"

namespace sbc::simulate {

struct Place {
  const route::Realm* realm = nullptr;
  const route::Trunk* trunk = nullptr;  // null unless the scene names one
  sip::Source source;
};
// Error: there is no such realm or trunk, or no listener for the transport.
std::expected<Place, std::string> place_of(const Setting& setting, const Caller& who);

// A URI as it stands in a message: "bob" is a user of the realm's domain.
std::string whole_uri(const Setting& setting, const std::string& given, const Place& place);

// The address that it says it has: its own one behind a NAT.
base::Endpoint own_address(const Caller& who, const Place& place);

}  // namespace sbc::simulate
