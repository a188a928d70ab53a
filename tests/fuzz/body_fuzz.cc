// rooms: body
// The first line is a Content-Type, the rest a body. Whatever crosses the border can be read again by the same rules,
// says nothing that was to be removed, and changes no more; multipart that was written reads as the same parts.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sbc/body/multipart.h"
#include "sbc/body/rewrite.h"

namespace {

void check(bool promise) {
  if (!promise) std::abort();
}

// Everything is already as it must be, so that a second look changes nothing.
class Same final : public sbc::body::Identifiers {
 public:
  std::optional<sbc::body::DialogIds> other_side(std::string_view, std::string_view, std::string_view) override {
    return std::nullopt;
  }
  std::string public_uri(const sbc::sip::Uri& uri) override { return uri.is_sip() ? "sip:us@example.net" : ""; }
  std::string opaque(std::string_view) override { return "id"; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  const auto type = input.substr(0, end);
  const auto text = input.substr(end + 1);
  Same same;
  sbc::body::Rules rules;
  rules.sdp = [](std::string_view) { return std::optional<std::string>("v=0\r\n"); };

  (void)sbc::body::find_sdp(type, text);
  const auto once = sbc::body::rewrite(type, text, same, rules);
  if (once.crosses()) {
    const auto twice = sbc::body::rewrite(once.type, once.text, same, rules);
    check(twice.crosses());
    check(twice.text == once.text);
    if (sbc::body::bare_type(once.type) == "application/dialog-info+xml")
      check(once.text.find("call-id=") == std::string::npos);
  }
  if (const auto parts = sbc::body::read_multipart(type, text)) {
    const auto written = sbc::body::write_multipart(*parts);
    const auto again = sbc::body::read_multipart(type, written);
    check(again.has_value() && again->parts.size() == parts->parts.size());
    for (std::size_t i = 0; i < parts->parts.size(); ++i) check(again->parts[i].text == parts->parts[i].text);
  }
  return 0;
}
