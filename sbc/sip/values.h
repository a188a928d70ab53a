#pragma once
// Values of header fields that may be comma-joined, repeated, or both (RFC 3261 7.3.1): both spellings read the same.

#include <optional>
#include <string_view>
#include <type_traits>

#include "sbc/sip/message.h"

namespace sbc::sip {

// Splits one field value at commas outside quotes and <>. Values are trimmed; empty ones are passed over.
class ValueReader {
 public:
  explicit ValueReader(std::string_view field_value) : rest_(field_value) {}
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

// Calls f(std::string_view) for each value of all fields with that id, in order. When f returns bool, false stops the
// walk. Headers that are not lists (is_list) give each field whole, commas and all.
template <typename F>
void for_each_value(const Message& message, HeaderId id, F&& f) {
  const auto call = [&f](std::string_view value) {
    if constexpr (std::is_same_v<std::invoke_result_t<F&, std::string_view>, bool>) {
      return f(value);
    } else {
      f(value);
      return true;
    }
  };
  for (const HeaderField& field : message.headers()) {
    if (field.id != id) continue;
    if (!is_list(id)) {
      if (!call(field.value)) return;
      continue;
    }
    ValueReader reader(field.value);
    while (const auto value = reader.next())
      if (!call(*value)) return;
  }
}

// Number of values, counted as for_each_value walks them.
std::size_t count_values(const Message& message, HeaderId id);
// Whether a list such as Supported, Require or Allow names `token` (option tags and methods; any case).
bool lists_token(const Message& message, HeaderId id, std::string_view token);

}  // namespace sbc::sip
