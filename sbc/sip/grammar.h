#pragma once
// Character classes of RFC 3261 25.1, by table. For this room's own parsers.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sbc::sip::grammar {

enum Class : std::uint8_t {
  kToken = 1,        // token
  kUser = 2,         // user and password, without ':' and '%'
  kHost = 4,         // hostname, IPv4address
  kUriText = 8,      // what may stand in URI parameters, headers and opaque URIs
  kParamValue = 16,  // a parameter value that is not quoted: token, host, IPv6 with or without brackets, URIs
  kWord = 32,        // Call-ID: word and '@'
  kTelDigits = 64,   // tel number: phonedigit-hex, visual-separator, '+'
  kPlain = 128,      // what neither ends nor changes an unquoted display name
};

constexpr bool is_token_mark(char c) {
  return std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
}

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> table{};
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const bool digit = c >= '0' && c <= '9';
    const bool alnum = digit || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool visible = i > 0x20 && i < 0x7f;
    const auto in = [c](std::string_view set) { return set.find(c) != std::string_view::npos; };
    unsigned bits = 0;
    if (alnum || is_token_mark(c)) bits |= kToken;
    // The grammar allows fewer; phones send '#', '^' and raw UTF-8 and mean no harm.
    if ((visible && !in("\"<>@:%")) || i >= 0x80) bits |= kUser;
    if (alnum || in("-._")) bits |= kHost;  // '_' is not legal and not rare
    if (visible && !in("\"<>")) bits |= kUriText;
    if ((visible && !in("\"<>;,")) || i >= 0x80) bits |= kParamValue;
    if (alnum || in("-.!%*_+`'~()<>:\\\"/[]?{}@")) bits |= kWord;
    if (alnum || in("+-.()*#")) bits |= kTelDigits;
    if (!in("<\";,\\")) bits |= kPlain;
    table[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(bits);
  }
  return table;
}

inline constexpr auto kClasses = make_classes();

constexpr bool is(Class wanted, char c) {
  return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

// First position from `at` whose byte is not of the class; text.size() if there is none.
constexpr std::size_t skip(Class wanted, std::string_view text, std::size_t at = 0) {
  while (at < text.size() && is(wanted, text[at])) ++at;
  return at;
}
constexpr bool all(Class wanted, std::string_view text) {
  return skip(wanted, text) == text.size();
}

constexpr std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

constexpr std::string_view trim_blanks(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// Position after the quoted string that starts at text[at] == '"'; npos when it does not end.
constexpr std::size_t skip_quoted(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      return at + 1;
  }
  return std::string_view::npos;
}

// The first offset of a '%' that is not followed by two hex digits; npos when all are.
std::size_t bad_escape(std::string_view text);

// host [":" port] at text[at...]; reads neither blanks nor what follows.
struct HostPort {
  std::string_view host;  // "" on error
  bool has_port = false;
  std::uint16_t port = 0;
  std::size_t end = 0;             // where reading stopped; on error, where the trouble is
  const char* expected = nullptr;  // on error
};
HostPort read_host_port(std::string_view text, std::size_t at, bool blanks_around_colon);

}  // namespace sbc::sip::grammar
