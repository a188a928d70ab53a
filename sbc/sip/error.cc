#include "sbc/sip/error.h"

#include "media-relay/base/text.h"

namespace sbc::sip {

std::string Error::text() const {
  std::string out;
  out += expected.empty() ? std::string_view("well-formed text") : expected;
  if (got.empty()) {
    out += ", got the end";
  } else {
    out += ", got \"";
    out += got;
    out += '"';
  }
  out += ", byte ";
  base::append_number(out, at);
  return "expected " + out;
}

std::unexpected<Error> unexpected(std::string_view expected, std::string_view text, std::size_t at) {
  const std::string_view rest = at < text.size() ? text.substr(at) : std::string_view{};
  return std::unexpected(Error{expected, base::printable(rest, 24), at});
}

}  // namespace sbc::sip
