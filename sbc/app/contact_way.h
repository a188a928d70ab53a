#pragma once
// How a request gets to a registered contact: over its flow, or through the proxies of its Path.

#include "sbc/register/binding.h"
#include "sbc/route/resolve.h"
#include "sbc/route/table.h"

namespace sbc::app {

// RFC 3327 5.3 and RFC 5626 7: with a Path the request carries it as Route and goes to its first proxy; without one it
// takes the flow, whatever the contact says. A Path that nobody vouches for may name another port or transport of the
// machine that sent it, and no other machine. A flow over UDP from the very place that the contact names may be left
// for TCP by what is too large for it (RFC 3261 18.1.1); any other may not. nullopt: the binding's listener is gone.
std::optional<route::ContactWay> contact_way(const registrar::Binding& binding, const route::Table& table);

}  // namespace sbc::app
