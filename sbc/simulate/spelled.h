#pragma once
// Parts of a scene as people write them.

#include <expected>
#include <string>
#include <string_view>

#include "sbc/simulate/scene.h"

namespace sbc::simulate {

// "2026-11-21 08:30"
std::expected<base::WallTime, std::string> read_time(std::string_view text);

// "192.0.2.5:5060", "[2001:db8::5]:5060", or without the port, which is 5060 then.
std::expected<base::Endpoint, std::string> read_address(std::string_view text);

// "alice", "alice@example.net" or "sip:alice@example.net" as an address of record.
std::string whole_aor(std::string_view text, std::string_view domain);

// What calls at once count for: "trunk carrier", "realm access", "user sip:bob@example.net", "class gold".
bool is_at_once(std::string_view text);

// A phone in `realm` ("": the first one), at an address that nobody else of the scene has; `number` tells them apart.
std::expected<Phone, std::string> make_phone(const Setting& setting, std::string aor, const std::string& realm,
                                             std::size_t number);

}  // namespace sbc::simulate
