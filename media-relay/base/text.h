#pragma once
// A cursor over text, and the few character helpers that every text protocol needs. ASCII only, no locale.

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace base {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}
constexpr bool is_alnum(char c) {
  return is_digit(c) || is_alpha(c);
}
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}  // RFC 3261 WSP

constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char l = ascii_lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  return true;
}

constexpr std::string_view trim(std::string_view s) {
  while (!s.empty() && (is_blank(s.front()) || s.front() == '\r' || s.front() == '\n')) s.remove_prefix(1);
  while (!s.empty() && (is_blank(s.back()) || s.back() == '\r' || s.back() == '\n')) s.remove_suffix(1);
  return s;
}

// The whole of `s` as an unsigned decimal number without sign; nullopt on anything else, overflow included.
template <typename Int = std::uint32_t>
constexpr std::optional<Int> parse_unsigned(std::string_view s) {
  if (s.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : s) {
    if (!is_digit(c)) return std::nullopt;
    const std::uint64_t digit = static_cast<std::uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  if (value > static_cast<std::uint64_t>(std::numeric_limits<Int>::max())) return std::nullopt;
  return static_cast<Int>(value);
}

inline void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), result.ptr);
}

std::string to_lower(std::string_view s);
std::string to_hex(std::string_view bytes);  // lower case
// At most `most` bytes of `s`, with control bytes escaped: for error texts and logs that quote strangers.
std::string printable(std::string_view s, std::size_t most = 80);
// The member of `options` nearest to `word` by edit distance, when it is near enough to be a likely typing error.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> options);

// Reads text from left to right. Views it gives out are views into the text it was given.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  std::size_t position() const { return at_; }
  std::string_view rest() const { return text_.substr(at_); }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view literal) {
    if (!rest().starts_with(literal)) return false;
    at_ += literal.size();
    return true;
  }
  void skip_blanks() {
    while (!at_end() && is_blank(text_[at_])) ++at_;
  }
  void advance(std::size_t n) { at_ = std::min(text_.size(), at_ + n); }

  template <typename Predicate>
  std::string_view take_while(Predicate&& wanted) {
    const std::size_t start = at_;
    while (at_ < text_.size() && wanted(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }
  // Everything up to `stop` or the end; `stop` itself stays.
  std::string_view take_until(char stop) {
    return take_while([stop](char c) { return c != stop; });
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace base
