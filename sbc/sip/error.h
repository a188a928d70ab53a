#pragma once
// What was wrong with a piece of text: what was expected, what came instead, and where.

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace sbc::sip {

struct Error {
  std::string_view expected;  // a literal: "port"
  std::string got;            // the start of what came, control bytes escaped; "" at the end of the text
  std::size_t at = 0;         // byte offset in the text that was parsed (for a header: in its value)

  std::string text() const;  // `expected port, got "x", byte 41`
};

// An error at offset `at` of `text`.
std::unexpected<Error> unexpected(std::string_view expected, std::string_view text, std::size_t at);

}  // namespace sbc::sip
