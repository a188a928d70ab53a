#pragma once
// GRUUs (RFC 5627): URIs that lead to one phone of a user, whatever address it has at the moment.
//
// The public one is the address of record with a `gr` that stands for the instance: the same after every restart, and
// silent about what the instance is made of (often a hardware address). Temporary ones are sealed: which phone they
// stand for can be read with our key only, and no two of them can be seen to belong together (5.1). Both need no table;
// what a temporary one names is an epoch, which the bindings of one instance share until the phone comes back under
// another Call-ID.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "media-relay/base/hash.h"
#include "media-relay/base/random.h"

#include "sbc/register/binding.h"
#include "sbc/sip/message.h"

namespace sbc::registrar {

// The value of gr in the public GRUU of an instance of a canonical address of record.
std::string public_gr(std::string_view aor, std::string_view instance);

class Gruus {
 public:
  explicit Gruus(const base::HashKey& key);

  // ";pub-gruu=...;temp-gruu=..." for the contact of a 200 (5.2), the temporary one a new one. "" for a binding that
  // has none. A binding that holds a registrar's own (Binding::given_*) gets those.
  std::string params(const Binding& binding, base::Random& random) const;

  // The user part of a temporary GRUU of that epoch, 44 characters.
  std::string temporary_user(std::uint64_t epoch, base::Random& random) const;
  // nullopt: not one of ours.
  std::optional<std::uint64_t> epoch_of(std::string_view user) const;

 private:
  base::HashKey seal_;
  base::HashKey proof_;
};

// Whether a client understands GRUUs: it lists gruu as supported.
bool wants_gruu(const sip::Message& request);
// Whether `binding` belongs to the instance that a Request-URI's gr stands for.
bool has_gr(const Binding& binding, std::string_view gr);

}  // namespace sbc::registrar
