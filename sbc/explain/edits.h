#pragma once
// An INVITE of the border's as the caller's INVITE with changes, each with its reason.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/policy/decision.h"

namespace sbc::explain {

// The message with what nobody is to read out of an explanation as "***": the values of Authorization and
// Proxy-Authorization, the keys of a=crypto and a=ice-pwd. Bytes that are no UTF-8 become "?".
std::string masked(std::string_view message);

// A description, or a line of one, in the same way.
std::string masked_line(std::string_view line);

// Lines as CRLF separates them; the last one has none behind it.
std::vector<std::string_view> lines_of(std::string_view message);

struct Edit {
  enum class Kind : std::uint8_t {
    Keep,    // the line of the caller's INVITE, as it is
    Change,  // that line, as `text`
    Add,     // `text`
    Drop,    // the line does not cross
  };
  Kind kind = Kind::Keep;
  std::size_t line = 0;  // of the caller's INVITE, from 0; not of Add
  std::string text{};    // of Change and Add
  std::string why{};     // not of Keep
};
std::string_view name_of(Edit::Kind kind);  // "keep"

// Why a candidate's INVITE is as it is.
struct Reasons {
  const std::vector<policy::HeaderOp>& headers;  // of the candidate
  std::string_view where;                        // of the decision that named it: "default.lua:42"
  std::string_view target;                       // "trunk carrier UDP 192.0.2.7:5060"
  bool number = false;                           // the policy gave one
  bool from = false;                             // and the caller that the callee sees
};

// Of a message that is made of none: every line is added, for that reason.
std::vector<Edit> added(std::string_view egress, std::string_view why);

// In the order of `egress`; lines that do not cross stand where they are missed. Both messages masked.
std::vector<Edit> edits(std::string_view ingress, std::string_view egress, const Reasons& reasons);

}  // namespace sbc::explain
