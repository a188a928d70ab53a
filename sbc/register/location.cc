#include "sbc/register/location.h"

#include <algorithm>

namespace sbc::registrar {

std::optional<Binding> binding_of_flow(LocationStore& store, std::string_view aor, const sip::Hop& hop,
                                       base::Instant now) {
  auto bindings = store.lookup(aor, now);
  const auto found = std::ranges::find_if(bindings, [&](const Binding& binding) {
    if (binding.flow.transport != hop.transport || binding.flow.listener != hop.listener) return false;
    return sip::is_reliable(hop.transport) ? hop.connection && binding.flow.connection == hop.connection
                                           : binding.flow.remote == hop.remote;
  });
  return found == bindings.end() ? std::nullopt : std::optional(std::move(*found));
}

bool came_over_binding(LocationStore& store, std::string_view aor, const sip::Hop& hop, base::Instant now) {
  return binding_of_flow(store, aor, hop, now).has_value();
}

}  // namespace sbc::registrar
