#pragma once
// Parts of a scene as people write them.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/simulate/scene.h"

namespace sbc::simulate {

// "2026-11-21 08:30"
std::expected<base::WallTime, std::string> read_time(std::string_view text);

// "192.0.2.5:5060", "[2001:db8::5]:5060", or without the port, which is 5060 then.
std::expected<base::Endpoint, std::string> read_address(std::string_view text);

// "alice", "alice@example.net" or "sip:alice@example.net" as an address of record.
std::string whole_aor(std::string_view text, std::string_view domain);

// By which name a scene knows somebody who is called (Scene::behaviours), as he is written: a trunk, an address, a
// phone
// ("bob", "sip:bob@example.net"), or the name of a host. Error: nobody is called so, with who might be meant.
std::expected<std::string, std::string> callee_named(const Setting& setting, std::string_view domain,
                                                     const std::vector<Phone>& phones, std::string_view who);

// "; did you mean "carrier_a"?", or "".
std::string meant(std::string_view word, const std::vector<std::string>& options);

// What calls at once count for: "trunk carrier", "realm access", "user sip:bob@example.net", "class gold".
bool is_at_once(std::string_view text);
// "": what is counted there exists, as far as the configuration knows it. Else what is wrong.
std::string wrong_at_once(const Setting& setting, std::string_view text);

// A phone in `realm` ("": the first one), at an address that nobody else of the scene has; `number` tells them apart.
std::expected<Phone, std::string> make_phone(const Setting& setting, std::string aor, const std::string& realm,
                                             std::size_t number);

}  // namespace sbc::simulate
