#pragma once
// What the peer of a leg says of itself, and what it is told about the other side: written into every message of the
// leg by leg_message.cc, kept up to date by identity.cc.

#include <string>
#include <utility>
#include <vector>

#include "sbc/identity/asserted.h"
#include "sbc/identity/privacy.h"

namespace sbc::call {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// By the peer.
struct Said {
  std::string uuid;                      // its half of Session-ID; "" while it has not been heard
  std::vector<identity::Person> people;  // who it is, as far as somebody vouches for it
  identity::Privacy privacy;
};

// To the peer.
struct Told {
  std::string session_id;            // value of Session-ID, in every message
  HeaderList who;                    // P-Asserted-Identity and Privacy: with INVITE and UPDATE, their 1xx and 2xx
  std::string reason;                // header lines of a BYE or CANCEL that the other side's caused
  std::vector<std::string> refusal;  // values of Reason for a failure that the other side answered
  bool q850_from_status = false;     // and it wants one when the other side gave none
};

}  // namespace sbc::call
