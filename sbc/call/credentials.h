#pragma once
// Digest credentials toward trunks (RFC 3261 22.2, 22.3): requests to a trunk with an account carry what its last
// challenge asked for, and a request that is challenged nevertheless is sent again, as a new transaction with the same
// Call-ID and tags and the next CSeq. The other leg sees nothing of it. One object per shard.

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "media-relay/base/random.h"
#include "media-relay/base/time.h"

#include "sbc/auth/client_session.h"
#include "sbc/call/call.h"
#include "sbc/limit/reached.h"
#include "sbc/sip/minter.h"
#include "sbc/sip/writer.h"
#include "sbc/transaction/events.h"

namespace sbc::call {

struct Core;
struct Output;
struct Settings;

struct CredentialCounters {
  std::uint64_t retried = 0;       // requests sent again with credentials
  std::uint64_t refused = 0;       // the trunk does not take our credentials
  std::uint64_t unanswerable = 0;  // a challenge for another realm, or of an unknown algorithm
  std::uint64_t too_many = 0;      // every nonce was called stale
  limit::Counts limits{};          // of what has no counter of another name
};

class Credentials {
 public:
  // The header lines of a request to `trunk`; nothing for a trunk without an account, or before its first challenge.
  void write(const Settings& settings, std::string_view trunk, const auth::ClientSession::Request& request,
             base::Random& random, sip::Writer& writer);

  // Of a request inside a dialog: only to addresses of the trunk, since the Contact of a peer may name anybody.
  // An ACK repeats those of its INVITE (RFC 3261 22.1).
  void write_inside(const Core& core, const Leg& leg, const sip::Hop& hop, sip::Method method, std::string_view body,
                    sip::Writer& writer);

  // The request that `response` (401 or 407) answers, once more with credentials. Error: `trunk` has no account, or the
  // challenge cannot be answered; the text is for the log, "" when there is nothing to say.
  struct Asked {
    const Settings& settings;
    const std::string& trunk;
    std::size_t before;       // challenges that this request has met already
    std::uint32_t least = 0;  // a CSeq that is free
  };
  struct Repeated {
    sip::MessagePtr request;  // as it was
    std::string branch;
    std::uint32_t cseq = 0;
    base::SharedBytes bytes;
  };
  std::expected<Repeated, std::string> repeat(const Asked& asked, const transaction::ResponseArrived& response,
                                              const sip::Minter& minter, base::Random& random);

  CredentialCounters counters;

 private:
  auth::Reaction challenged(const auth::Account& account, const std::string& trunk, const sip::Message& response,
                            const sip::Message& request);

  std::map<std::string, auth::ClientSession, std::less<>> sessions_;  // by trunk
};

// A response to a request of ours. True: it was a challenge, and the request is on its way again; nobody else needs to
// know.
bool answer_challenge(Core& core, Call& call, const transaction::ResponseArrived& response, base::Instant now,
                      Output& out);

}  // namespace sbc::call
