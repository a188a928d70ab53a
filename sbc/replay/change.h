#pragma once
// What two decisions differ in, in words that are the same for all differences of one kind: numbers that were dialled,
// names and URIs are not in them, trunks, groups and statuses are.

#include <string>

#include "sbc/json/value.h"
#include "sbc/retell/invocation.h"
#include "sbc/retell/retell.h"

namespace sbc::replay {

// "route trunk carrier_a, contact", "reject 404", "challenge", "nat learn"; of decisions as sbc/retell writes them.
std::string brief(const json::Value& decision);

// "route trunk carrier_a -> route trunk carrier_b"; "route trunk carrier_a: number differs, timeout 4 -> 10";
// "reject 404 -> fails: default.lua:12: ...". "" when the two are the same (retell::same).
std::string change(const retell::Invocation& before, const retell::Retold& after);

}  // namespace sbc::replay
