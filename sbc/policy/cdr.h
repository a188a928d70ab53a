#pragma once
// Fields that a policy adds to a call's record.

#include <array>
#include <string_view>
#include <vector>

#include "sbc/policy/decision.h"

namespace sbc::policy {

// Names that these fields cannot have: those of the record itself, as its line in the log has them, and of every line.
inline constexpr std::array<std::string_view, 33> kOwnRecordFields = {"ts",
                                                                      "level",
                                                                      "msg",
                                                                      "process",
                                                                      "suppressed",
                                                                      "call",
                                                                      "call_id_a",
                                                                      "call_id_b",
                                                                      "session_id",
                                                                      "from",
                                                                      "to",
                                                                      "realm_a",
                                                                      "trunk_a",
                                                                      "realm_b",
                                                                      "trunk_b",
                                                                      "status",
                                                                      "cause",
                                                                      "by",
                                                                      "attempts",
                                                                      "setup",
                                                                      "duration",
                                                                      "policy",
                                                                      "class",
                                                                      "silent",
                                                                      "recording",
                                                                      "recorder",
                                                                      "caller_audio",
                                                                      "callee_audio",
                                                                      "recording_failure",
                                                                      "caller_media",
                                                                      "callee_media",
                                                                      "caller_worst_mos",
                                                                      "callee_worst_mos"};

// "[a-z][a-z0-9_]*": what every reader of logs takes as a name.
bool is_cdr_name(std::string_view name);

// What `more` says, in place of what `fields` says under the same names. Returns how many there was no room for.
std::size_t merge(std::vector<CdrField>& fields, const std::vector<CdrField>& more);

}  // namespace sbc::policy
