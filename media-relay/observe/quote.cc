#include "media-relay/observe/quote.h"

#include <algorithm>
#include <cstdint>

#include "media-relay/base/text.h"
#include "media-relay/observe/log.h"

namespace observe {
namespace {

// A character at the front of `text`: its length in bytes and code point; length 0: not UTF-8 (RFC 3629).
struct Character {
  std::size_t length = 0;
  std::uint32_t code = 0;
};

Character decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  std::uint32_t code = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3fu);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (overlong || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {length, code};
}

// Controls, line and paragraph separators, and what changes the direction of text (Unicode "Cc", U+2028.., bidi).
bool harmless(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return false;
  return !(code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xfeff);
}

void append_hex(std::string& out, std::string_view prefix, std::string_view bytes) {
  for (const char byte : bytes) {
    out += prefix;
    out += base::to_hex(std::string_view(&byte, 1));
  }
}

// Everything between the quotes.
void append_escaped(std::string& out, std::string_view text, std::string_view hex_prefix) {
  const bool cut = text.size() > kMostValueBytes;
  if (cut) text = text.substr(0, kMostValueBytes);
  while (!text.empty()) {
    const Character c = decode(text);
    if (c.code == '"' || c.code == '\\') {
      out += '\\';
      out += text.front();
      text.remove_prefix(1);
    } else if (c.code == '\n' || c.code == '\r' || c.code == '\t') {
      out += c.code == '\n' ? "\\n" : c.code == '\r' ? "\\r" : "\\t";
      text.remove_prefix(1);
    } else if (c.length > 0 && harmless(c.code)) {
      out += text.substr(0, c.length);
      text.remove_prefix(c.length);
    } else {
      const std::size_t n = std::max<std::size_t>(c.length, 1);
      append_hex(out, hex_prefix, text.substr(0, n));
      text.remove_prefix(n);
    }
  }
  if (cut) out += "...";
}

bool plain(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
}

}  // namespace

void append_logfmt_text(std::string& out, std::string_view text) {
  if (!text.empty() && text.size() <= kMostValueBytes && std::ranges::all_of(text, plain)) {
    out += text;
    return;
  }
  out += '"';
  append_escaped(out, text, "\\x");
  out += '"';
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text, "\\u00");
  out += '"';
}

}  // namespace observe
