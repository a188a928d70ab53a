#pragma once
// Which transaction a message belongs to (RFC 3261 17.1.3, 17.2.3, 8.2.2.2, 9.2), as fingerprints.

#include <cstdint>
#include <string>
#include <string_view>

#include "media-relay/base/hash.h"
#include "media-relay/base/random.h"

#include "sbc/sip/message.h"
#include "sbc/transaction/flat_table.h"

namespace sbc::transaction {

class Matching {
 public:
  // Draws its keys, so that no stranger can aim at our tables.
  explicit Matching(base::Random& random);

  // Everything that names a server transaction but the method. With the magic cookie: branch and sent-by. Without (RFC
  // 2543): Request-URI, From tag, Call-ID, CSeq number and the whole top Via, and the To tag unless the message is
  // INVITE, ACK or CANCEL: the ACK's To tag is that of our response, and is compared with it by whoever has the
  // response.
  Fingerprint server_base(const sip::Message& request) const;
  // Everything that names a client transaction but the method: our branch.
  Fingerprint client_base(std::string_view branch) const;
  // The transaction of that base for that method. ACK: give Invite. `text` counts for Method::Other.
  Fingerprint with_method(const Fingerprint& base, sip::Method method, std::string_view text) const;

  // Request as such, on whatever way it came: From tag, Call-ID, CSeq (8.2.2.2).
  Fingerprint merge(const sip::Message& request) const;

  // To tag of responses that leave no transaction behind: the same for each retransmission (8.2.7), and recognised in
  // the ACK.
  std::string stateless_tag(const sip::Message& request) const;

 private:
  Fingerprint digest(std::uint64_t purpose) const;  // of scratch_

  base::HashKey first_;
  base::HashKey second_;
  mutable std::string scratch_;  // keeps its memory, so that matching does not allocate
};

}  // namespace sbc::transaction
