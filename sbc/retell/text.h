#pragma once
// Texts of messages and policies, and numbers, as JSON has them. SIP's bytes need not be UTF-8 (RFC 3261 7.3.1 allows
// any in a quoted string, and strangers send more than that): a text that is not is an object with one member,
// {"bytes": "48c3..."}, its bytes in hexadecimal. So every text comes back as it was.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sbc/json/value.h"

namespace sbc::retell {

json::Value text(std::string_view from);
inline json::Value whole(std::int64_t number) {
  return {number};
}
// nullopt: it is no text.
std::optional<std::string> as_text(const json::Value& value);

}  // namespace sbc::retell
