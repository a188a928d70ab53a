#pragma once
// `sbcctl policy simulate`: one call through the real policy and the real calls.

#include <optional>
#include <string>
#include <vector>

#include "sbc/ctl/policy.h"

namespace sbc::ctl {

struct SimulateOptions {
  std::string config = "/etc/parapet/sbc.toml";
  std::string policy;  // instead of the one that the configuration names
  std::string from = "alice";
  std::string to;
  std::string realm, trunk, source, transport = "udp";
  std::string authenticated, registered, user_agent;
  bool behind_nat = false;
  std::string message;               // file with an INVITE
  std::vector<std::string> headers;  // "Name: value"
  std::vector<std::string> phones;   // "alice" or "alice@host=192.0.2.5:5060"
  std::vector<std::string> answers;  // "carrier_a=503", "carrier_a=180,486", "carrier_a=silence"
  std::vector<std::string> lookups;  // "https://numbers.example.net/v1/43 200ms {\"trunk\": \"carrier_b\"}"
  std::string at;                    // "2026-11-21 08:30", local time of the border
  std::string gives_up, talks = "10s";
  bool all = false;  // every message
};
int simulate_policy(const SimulateOptions& options);

}  // namespace sbc::ctl
