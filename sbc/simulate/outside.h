#pragma once
// Requests outside of calls, as far as policies decide of them: any but INVITE (on_screen), a REGISTER (on_register),
// and the others (on_request). What follows from the decision is not played.

#include <optional>
#include <string>
#include <vector>

#include "sbc/policy/host.h"
#include "sbc/simulate/scene.h"
#include "sbc/simulate/story.h"

namespace sbc::simulate {

struct Request {
  Scene scene{};                        // caller and surroundings; what is about calls means nothing
  std::string method = "REGISTER";      // or "OPTIONS", "MESSAGE", ...
  std::vector<std::string> contacts{};  // REGISTER: URIs, or "*"; empty: a query
  std::optional<std::uint32_t> expires{};
  std::string body{};  // text/plain
};

struct Heard {
  std::optional<policy::ScreenDecision> screened{};  // it was refused or dropped, and nobody else was asked
  std::optional<policy::RegisterDecision> registration{};
  std::optional<policy::RequestDecision> request{};
  std::vector<Decision> decisions{};  // in words: at least one, unless `problem`
  std::string problem{};              // why nobody was asked; "" mostly
};

Heard hear(const Setting& setting, policy::Host& host, const Request& request);

}  // namespace sbc::simulate
