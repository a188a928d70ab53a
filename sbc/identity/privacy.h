#pragma once
// What a caller asks to be hidden (RFC 3323, RFC 3325 9.3, RFC 7044 10.1.2), and what the border does about it toward
// one neighbour.

#include <string>
#include <vector>

#include "sbc/limit/reached.h"
#include "sbc/sip/message.h"

namespace sbc::identity {

struct Privacy {
  bool asked = false;  // there is a Privacy header
  bool id = false;
  bool header = false;   // a border does it anyway: no Via, Contact or Record-Route crosses
  bool session = false;  // ... and this: no address of its media crosses
  bool user = false;
  bool history = false;
  bool none = false;
  bool critical = false;
  std::vector<std::string> others;  // lower case; what nobody here can provide

  // Whether someone wants to be unknown to those whom nobody vouches for.
  bool hides_caller() const { return !none && (id || user); }
};
Privacy privacy_of(const sip::Message& message, limit::Counts* limits = nullptr);

struct Treatment {
  bool hide_from = false;       // From becomes anonymous (RFC 3323 5.3)
  bool assert_identity = true;  // P-Asserted-Identity may go out (RFC 3325 7)
  bool hide_history = false;    // entries of History-Info and Diversion become anonymous
  std::string privacy;          // the Privacy header that goes on; "" none
};
Treatment treat(const Privacy& privacy, bool trusted_destination);

// The words that were asked for as critical and cannot be provided, comma-separated; "" when all is well. Such a
// request fails with 500 (RFC 3323 5).
std::string unprovidable(const Privacy& privacy);

}  // namespace sbc::identity
