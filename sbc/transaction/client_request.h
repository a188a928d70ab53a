#pragma once
// What the transaction user hands over to have it sent.

#include <string_view>

#include "media-relay/base/shared_bytes.h"

#include "sbc/sip/method.h"
#include "sbc/sip/transport.h"
#include "sbc/transaction/ids.h"

namespace sbc::transaction {

struct ClientRequest {
  sip::Method method = sip::Method::Other;
  std::string_view method_text;  // for Method::Other; otherwise may stay empty
  std::string_view branch;       // of the top Via in `bytes`; minted for this request alone
  sip::Hop hop;
  base::SharedBytes bytes;  // the whole request as it goes out
  Owner owner = 0;
  bool first =
      false;  // an INVITE that calls for help or has priority: a full table takes it (Config::emergency_reserve)
};

}  // namespace sbc::transaction
