#pragma once
// One contact of one address of record, and how a REGISTER changes the set of them (RFC 3261 section 10.3 steps 6 and
// 7). `merge` is pure and knows no store, so that every store applies the same rules inside its own transaction.

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/time.h"

#include "sbc/sip/transport.h"

namespace sbc::registrar {

struct Binding {
  std::string aor;             // canonical: "sip:anna@example.org"
  std::string contact_uri;     // as the phone wrote it, without brackets
  std::string contact_params;  // header parameters without expires, q and leading ';'
  float q = 1.0F;
  bool has_q = false;
  base::Instant expires;
  base::Instant updated;  // when it was added or refreshed
  std::string call_id;
  std::uint32_t cseq = 0;
  // The way back: requests to this contact go here, whatever its URI says. Through a NAT nothing else arrives
  // (RFC 3581, RFC 5626 section 7).
  sip::Hop flow;
  std::string received_from;  // flow.remote as text, for people
  std::string user_agent;
  std::string instance;       // +sip.instance, unquoted; "" when absent
  std::string reg_id;         // "" when absent, or to be ignored
  std::string path;           // Path values, comma-joined (RFC 3327); "" when absent
  bool silent = false;        // it does not answer (keep_alive.h): tried after the others
  bool path_vouched = false;  // by a sender whom we trust: requests go where it says, not only where it came from

  // Which temporary GRUUs lead here (gruu.h), the same for all flows of an instance; 0: none was ever asked for.
  std::uint64_t gruu_epoch = 0;
  // Of a registrar upstream that issues GRUUs itself; "": none.
  std::string given_pub_gruu;
  std::string given_temp_gruu;
  // Of the same: values of Route for what this phone sends toward it (RFC 3608), comma-joined.
  std::string service_route;

  std::uint32_t expires_in(base::Instant now) const;  // whole seconds, rounded up
};

struct ContactChange {
  std::string uri;
  std::string params;
  float q = 1.0F;
  bool has_q = false;
  std::uint32_t expires_s = 0;  // already judged; 0 removes
  std::string instance;
  std::string reg_id;
  std::string given_pub_gruu = {};  // this and the next: as in Binding
  std::string given_temp_gruu = {};
};

struct Update {
  std::string aor;
  bool remove_all = false;  // Contact: *
  std::vector<ContactChange> changes;
  std::string call_id;
  std::uint32_t cseq = 0;
  sip::Hop flow;
  std::string user_agent;
  std::string path;
  bool path_vouched = false;
  std::size_t max_contacts = 0;
  std::string service_route;     // as in Binding
  std::uint64_t next_epoch = 0;  // of GRUUs, random; 0: the phone does not understand them
  bool flow_asked = false;       // the phone speaks RFC 5626, and a reg-id of this update means a flow
};

enum class UpdateError : std::uint8_t {
  OutOfOrder,       // same Call-ID, CSeq not higher: the request is old
  TooManyContacts,  // more than update.max_contacts would be bound
  StoreFull,        // the store's own limit
  StoreFailed,      // the store could not commit
};

struct Merged {
  std::vector<Binding> bindings;  // sorted as lookup sorts
  std::uint32_t added = 0;
  std::uint32_t refreshed = 0;
  std::uint32_t removed = 0;  // by request or by the instance rule; not by expiry
};

// RFC 5627 5.1: the epoch of an instance's temporary GRUUs ends when it comes back with another Call-ID.
//
// All of the update or nothing of it. Expired bindings in `current` count as absent.
//
// A change finds its binding by instance and reg-id when it has both (RFC 5626 section 6), otherwise by URI comparison.
// A phone that comes back after a reboot with a new Call-ID, port and URI but the same instance replaces its old
// binding, with or without reg-id; within one Call-ID an instance without reg-id may hold several contacts.
std::expected<Merged, UpdateError> merge(std::span<const Binding> current, const Update& update, base::Instant now);

// As a 200 to REGISTER lists it: `<sip:...>;params;q=0.500;expires=60`.
std::string contact_value(const Binding& binding, base::Instant now);

// Those that answer first; among them highest q first, then the most recently refreshed.
void sort_by_preference(std::vector<Binding>& bindings);

}  // namespace sbc::registrar
