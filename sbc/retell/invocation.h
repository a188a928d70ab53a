#pragma once
// One run of one handler, whole: what it was told, what it asked and heard, what it decided. A value that can be
// written, read, compared, and played again (retell.h).
//
// As a line of a recording it is one JSON object: version, handler, at_ms, policy, call_id, facts, event, asked (a list
// of {kind, subject, answer, waited_us}), no_wait, decision, where, error, log (a list of {level, text, where}),
// took_us. What a line lacks is as if it were empty.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/json/value.h"
#include "sbc/policy/host.h"

namespace sbc::retell {

inline constexpr std::int64_t kVersion = 1;

// A question and its answer, as they are compared and answered again. By kind:
//   location  an address of record                the contacts, without tokens
//   known     an address of record                true or false
//   count     "name over 60000 ms by 1"           the sum
//   calls     "trunk carrier", "realm access",    how many there are
//             "user sip:alice@example.net"
//   http      "GET url", or "POST url {...}"      {status, content_type, body} or {problem}
//   enum      "+4312345" or "+4312345 suffix"     {value} or {problem}
//   redis     "GET key"                           {value}, {stored} (stored.h) or {problem}
//   sql       "name 43"                           the same
// The header fields of http questions are not recorded: they are where keys are.
struct Asked {
  std::string kind;
  std::string subject;
  json::Value answer{};
  std::uint32_t waited_us = 0;  // of those that take time
};

struct Invocation {
  policy::Handler handler = policy::Handler::Invite;
  std::int64_t at_ms = 0;  // since 1970
  std::string policy{};    // SHA-256 of its text (history::hash_of)
  std::string call_id{};   // of the caller's INVITE; "" for on_nat of a registration
  json::Value facts{};     // its first argument
  json::Value event{};     // its second one (attempt, quality, ending), or null
  std::vector<Asked> asked{};
  // Why it could not wait for answers that take time, in the word that it got: "unavailable", "busy"; "": it could.
  std::string no_wait{};
  json::Value decision{};
  std::string where{};
  std::string error{};
  std::vector<policy::LogLine> log{};
  std::uint32_t took_us = 0;  // in the handler, without waiting
};

std::string_view name_of(policy::LogLine::Level level);
json::Value to_json(const Asked& asked);
json::Value to_json(const policy::LogLine& line);
json::Value to_json(const Invocation& invocation);
std::string line_of(const Invocation& invocation);  // without its line end

// Of a line. Error: what is wrong with it: "it has no handler", "its version is 2, this tool knows 1".
std::expected<Invocation, std::string> read_line(std::string_view line);

}  // namespace sbc::retell
