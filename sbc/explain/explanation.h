#pragma once
// The explanation of a call as JSON, and what follows from that JSON alone: text for people, and the INVITEs that the
// border sent.

#include <cstddef>
#include <expected>
#include <string>

#include "sbc/explain/ring.h"
#include "sbc/json/value.h"

namespace sbc::explain {

// With the caller's INVITE in full and those of the border as edits of it (edits.h); masked.
json::Value to_json(const Explanation& call);

// For an operator. `explanation` as to_json() made it.
std::string to_text(const json::Value& explanation);

// The border's INVITE of this number, from 0, those of changes, transfers and recorders among them: every byte of it,
// but what is masked. Error: why it cannot be told.
std::expected<std::string, std::string> rebuild(const json::Value& explanation, std::size_t number);

}  // namespace sbc::explain
