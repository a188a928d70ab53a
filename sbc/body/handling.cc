#include "sbc/body/handling.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/body/limits.h"
#include "sbc/body/multipart.h"
#include "sbc/sip/params.h"

namespace sbc::body {
namespace {

class Reader {
 public:
  explicit Reader(std::span<const std::string_view> understood) : understood_(understood) {}

  std::optional<std::string> fault_of(const Received& body, std::size_t depth) const {
    if (body.text.empty() || is_optional(body.disposition)) return std::nullopt;
    const std::string type = bare_type(body.type);
    if (!body.encoding.empty() && !base::equals_ignoring_case(body.encoding, "identity"))
      return "Content-Encoding: expected none, got \"" + base::printable(body.encoding) + "\"";
    if (is_multipart(type)) return fault_of_parts(body, type == "multipart/alternative", depth);
    if (std::ranges::find(understood_, type) != understood_.end()) return std::nullopt;
    return "Content-Type: \"" + base::printable(type) + "\" means nothing in this request";
  }

 private:
  std::optional<std::string> fault_of_parts(const Received& body, bool any, std::size_t depth) const {
    if (depth >= kMaxNesting) return "multipart: nested too deep";
    const auto read = read_multipart(body.type, body.text);
    if (!read) return read.error();
    std::optional<std::string> fault;
    for (const Part& part : read->parts) {
      auto of_part = part.plain() ? fault_of({.type = part.type(),
                                              // RFC 5621 8.3: of alternatives it is the whole that says so.
                                              .disposition = any ? "" : part.find("Content-Disposition").value_or(""),
                                              .encoding = {},
                                              .text = part.text},
                                             depth + 1)
                                  : fault_of_encoded(part, any);
      if (any && !of_part) return std::nullopt;
      if (of_part && !fault) fault = std::move(of_part);
    }
    return fault;
  }

  // base64 and its kind: nobody looks inside.
  static std::optional<std::string> fault_of_encoded(const Part& part, bool any) {
    if (!any && is_optional(part.find("Content-Disposition").value_or(""))) return std::nullopt;
    return "Content-Transfer-Encoding of a part";
  }

  std::span<const std::string_view> understood_;
};

}  // namespace

bool is_optional(std::string_view disposition) {
  const std::size_t semicolon = disposition.find(';');
  if (semicolon == std::string_view::npos) return false;
  const auto handling = sip::find_param(disposition.substr(semicolon), "handling");
  return handling && base::equals_ignoring_case(*handling, "optional");
}

std::optional<std::string> not_understood(const Received& body, std::span<const std::string_view> understood) {
  return Reader(understood).fault_of(body, 0);
}

}  // namespace sbc::body
