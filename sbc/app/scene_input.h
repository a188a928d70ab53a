#pragma once
// A scene as an operator writes it: on a command line, or into the query of a request.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sbc/app/config.h"
#include "sbc/simulate/scene.h"

namespace sbc::app {

struct SceneInput {
  std::string from = "alice";
  std::string to;
  std::string realm, trunk, source, transport = "udp";
  std::string authenticated, registered, user_agent;
  bool behind_nat = false;
  std::string message;               // an INVITE as it is on the wire, instead of `from` and `to`
  std::vector<std::string> headers;  // "Name: value"
  std::vector<std::string> phones;   // "alice" or "alice@host=192.0.2.5:5060"
  std::vector<std::string> answers;  // "carrier_a=503", "carrier_a=180,486", "carrier_a=silence"
  std::vector<std::string> lookups;  // "https://numbers.example.net/v1/43 200ms {\"trunk\": \"carrier_b\"}"
  std::string at;                    // "2026-11-21 08:30", local time of the border; "": now
  std::string gives_up, talks = "10s";
  std::vector<std::string> at_once;  // calls that are up besides: "trunk carrier_a=30"
  std::uint64_t seed = 1;            // of what is drawn by weight
};

// The error names the field as the command line does: "--source: expected ...".
std::expected<simulate::Scene, std::string> read_scene(const SceneInput& input, const Config& config);

// "carrier_a=503", "sip:bob@example.net=180,486@3", "192.0.2.1:5060=silence": who, and statuses with the seconds after
// which they come.
std::expected<std::pair<std::string, simulate::Behaviour>, std::string> read_behaviour(std::string_view text);

// "alice", "alice@example.net=192.0.2.5:5060": an address of record, and where the phone is.
std::expected<simulate::Phone, std::string> read_phone(std::string_view text, const Config& config, std::size_t number);

// What a look-up of the policy is answered, perhaps after a time: "URL 404", "URL timeout", "URL 200ms {...}" (JSON),
// "enum NUMBER [...]".
std::expected<std::pair<std::string, simulate::LookupReply>, std::string> read_lookup(std::string_view text);

}  // namespace sbc::app
