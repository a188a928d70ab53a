#pragma once
// What the configuration says about one peer: its trunk's own word, else its realm's.

#include <optional>
#include <string_view>

#include "sbc/call/settings.h"

namespace sbc::call {

template <typename T>
T chosen(const Settings& settings, std::string_view realm, std::string_view trunk, T route::Realm::* of_realm,
         std::optional<T> route::Trunk::* of_trunk) {
  const auto* t = settings.routes->trunk(trunk);
  if (t != nullptr && t->*of_trunk) return *(t->*of_trunk);
  const auto* r = settings.routes->realm(realm);
  return r != nullptr ? r->*of_realm : T{};
}

}  // namespace sbc::call
