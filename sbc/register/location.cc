#include "sbc/register/location.h"

#include <algorithm>

namespace sbc::registrar {

bool came_over_binding(LocationStore& store, std::string_view aor, const sip::Hop& hop, base::Instant now) {
  return std::ranges::any_of(store.lookup(aor, now), [&](const Binding& binding) {
    if (binding.flow.transport != hop.transport || binding.flow.listener != hop.listener) return false;
    return sip::is_reliable(hop.transport) ? hop.connection && binding.flow.connection == hop.connection
                                           : binding.flow.remote == hop.remote;
  });
}

}  // namespace sbc::registrar
