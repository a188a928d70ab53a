#pragma once
// Parts of a scene as an operator writes them on a command line.

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "sbc/app/config.h"
#include "sbc/simulate/scene.h"

namespace sbc::ctl {

// "carrier_a=503", "sip:bob@example.net=180,486@3", "192.0.2.1:5060=silence": who, and statuses with the seconds after
// which they come.
std::expected<std::pair<std::string, simulate::Behaviour>, std::string> read_behaviour(std::string_view text);

// "alice", "alice@example.net=192.0.2.5:5060": an address of record, and where the phone is.
std::expected<simulate::Phone, std::string> read_phone(std::string_view text, const app::Config& config,
                                                       std::size_t number);

// What a look-up of the policy is answered, perhaps after a time: "URL 404", "URL timeout", "URL 200ms {...}" (JSON),
// "enum NUMBER [...]".
std::expected<std::pair<std::string, simulate::LookupReply>, std::string> read_lookup(std::string_view text);

}  // namespace sbc::ctl
