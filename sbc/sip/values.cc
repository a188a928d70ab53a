#include "sbc/sip/values.h"

#include "media-relay/base/text.h"

#include "sbc/sip/grammar.h"

namespace sbc::sip {
namespace {

// Offset of the first comma outside quotes and brackets; text.size() when there is none. An unclosed quote or bracket
// runs to the end: the value's own parser will complain.
std::size_t value_end(std::string_view text) {
  if (text.find(',') == std::string_view::npos) return text.size();
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (text[at]) {
      case '"': {
        const std::size_t end = grammar::skip_quoted(text, at);
        if (end == std::string_view::npos) return text.size();
        at = end - 1;
        break;
      }
      case '<': {
        const std::size_t close = text.find('>', at);
        if (close == std::string_view::npos) return text.size();
        at = close;
        break;
      }
      case ',':
        return at;
      default:
        break;
    }
  }
  return text.size();
}

}  // namespace

std::optional<std::string_view> ValueReader::next() {
  while (!rest_.empty()) {
    const std::size_t end = value_end(rest_);
    const std::string_view value = grammar::trim_blanks(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!value.empty()) return value;
  }
  return std::nullopt;
}

std::size_t count_values(const Message& message, HeaderId id) {
  std::size_t count = 0;
  for_each_value(message, id, [&count](std::string_view) { ++count; });
  return count;
}

bool lists_token(const Message& message, HeaderId id, std::string_view token) {
  bool found = false;
  for_each_value(message, id, [&](std::string_view value) {
    found = base::equals_ignoring_case(value, token);
    return !found;
  });
  return found;
}

}  // namespace sbc::sip
