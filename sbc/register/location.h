#pragma once
// Where the bindings are: the interface that every store implements.

#include <cstddef>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "media-relay/base/time.h"

#include "sbc/register/binding.h"
#include "sbc/sip/transport.h"

namespace sbc::registrar {

enum class FlowReport : std::uint8_t {
  Silent,  // it does not answer: look-ups give it last
  Heard,   // it answers again
  Gone,    // it is removed
};

// Shared by all shards: every member may be called from any of them at any time, and each call is atomic.
class LocationStore {
 public:
  virtual ~LocationStore() = default;

  // Live bindings of a canonical address of record, as sort_by_preference has them.
  virtual std::vector<Binding> lookup(std::string_view aor, base::Instant now) = 0;
  // Live bindings of the instance whose temporary GRUUs are of that epoch (gruu.h), in the same order.
  virtual std::vector<Binding> lookup_gruu(std::uint64_t epoch, base::Instant now) = 0;
  // `merge` inside one transaction: the bindings afterwards, or an error and nothing changed.
  virtual std::expected<Merged, UpdateError> apply(const Update& update, base::Instant now) = 0;
  // The connection is gone, and with it the only way back to what was bound over it (RFC 5626 7), except through a
  // proxy that has given its own address (Path). Returns how many were removed.
  virtual std::size_t remove_flow(sip::ConnectionId connection) = 0;
  // What a keep-alive has found out about the binding of that Call-ID and URI. False: there is none.
  virtual bool report(std::string_view aor, std::string_view call_id, std::string_view uri, FlowReport report) = 0;
  // An operator, or a user who was taken out of the directory. Returns how many were removed.
  virtual std::size_t remove_aor(std::string_view aor) = 0;
  // Forgets what has expired; call about once a second. Returns how many were removed.
  virtual std::size_t expire(base::Instant now) = 0;
  // Bindings now, those included that expired after the last `expire`.
  virtual std::size_t size() const = 0;
};

// Whether `hop` is the flow of a live binding of `aor`: a request that came over it comes from that registered phone,
// as far as an address can tell. Over UDP the remote address and the listener decide, otherwise the connection.
// Its binding; nullopt: there is none.
std::optional<Binding> binding_of_flow(LocationStore& store, std::string_view aor, const sip::Hop& hop,
                                       base::Instant now);
bool came_over_binding(LocationStore& store, std::string_view aor, const sip::Hop& hop, base::Instant now);

}  // namespace sbc::registrar
