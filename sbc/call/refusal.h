#pragma once
// An offer that one leg has refused, as the leg that made it hears of it.

#include <string>

#include "sbc/sip/message.h"

namespace sbc::call {

struct Refusal {
  int status = 500;
  std::string retry_after = {};  // seconds; "": nothing is said of when it may go better
};

// By the other leg's final response. What that says about our request, or about hops that are not the asking leg's, is
// 500; what it asks for with a challenge nobody here can give.
Refusal refusal_by(const sip::Message& response);

}  // namespace sbc::call
