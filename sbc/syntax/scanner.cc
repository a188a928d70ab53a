#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/syntax/token.h"

namespace sbc::syntax {
namespace {

constexpr std::array<std::string_view, 22> kKeywords = {
    "and", "break", "do",  "else", "elseif", "end",    "false",  "for",  "function", "goto",  "if",
    "in",  "local", "nil", "not",  "or",     "repeat", "return", "then", "true",     "until", "while"};
// Longest first.
constexpr std::array<std::string_view, 33> kMarks = {"...", "<<", ">>", "//", "==", "~=", "<=", ">=", "::", "..", "+",
                                                     "-",   "*",  "/",  "%",  "^",  "#",  "&",  "~",  "|",  "<",  ">",
                                                     "=",   "(",  ")",  "{",  "}",  "[",  "]",  ";",  ":",  ",",  "."};

bool begins_name(char c) {
  return base::is_alpha(c) || c == '_';
}
bool in_name(char c) {
  return base::is_alnum(c) || c == '_';
}

// UTF-8 as Lua makes it: up to 2^31 (manual, 3.1).
void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
    return;
  }
  std::array<char, 6> bytes{};
  std::size_t count = 0;
  std::uint32_t first_limit = 0x3f;
  do {
    bytes[count++] = static_cast<char>(0x80U | (code & 0x3fU));
    code >>= 6U;
    first_limit >>= 1U;
  } while (code > first_limit);
  bytes[count++] = static_cast<char>((~first_limit << 1U) | code);
  out.append(bytes.rend() - static_cast<std::ptrdiff_t>(count), bytes.rend());
}

}  // namespace

std::string Token::shown() const {
  switch (kind) {
    case Kind::End:
      return "the end of the file";
    case Kind::String:
      return "a string";
    case Kind::Name:
    case Kind::Keyword:
    case Kind::Number:
      return "\"" + base::printable(text, 40) + "\"";
  }
  return {};
}

Scanner::Scanner(std::string_view source) : source_(source) {
  if (at() == '#') place_ = std::min(source_.find('\n'), source_.size());
}

bool Scanner::newline() {
  const char c = at();
  if (c != '\n' && c != '\r') return false;
  ++place_;
  if ((at() == '\n' || at() == '\r') && at() != c) ++place_;  // CR LF, or LF CR, is one
  ++line_;
  return true;
}

// Of "[[" or "[==[" at the cursor; -1: it is neither.
int Scanner::long_level() const {
  int level = 0;
  while (at(static_cast<std::size_t>(level) + 1) == '=') ++level;
  return at() == '[' && at(static_cast<std::size_t>(level) + 1) == '[' ? level : -1;
}

std::expected<std::string, Error> Scanner::long_text(std::string_view what) {
  const int began = line_;
  const std::string close = "]" + std::string(static_cast<std::size_t>(long_level()), '=') + "]";
  place_ += close.size();
  newline();
  std::string text;
  while (!source_.substr(place_).starts_with(close)) {
    if (place_ >= source_.size()) {
      line_ = began;
      return wrong(std::string(what) + " that begins here has no end");
    }
    if (newline()) {
      text.push_back('\n');
    } else {
      text.push_back(source_[place_++]);
    }
  }
  place_ += close.size();
  return text;
}

// Blanks and comments.
std::expected<bool, Error> Scanner::skip() {
  for (;;) {
    if (newline()) continue;
    if (at() != '\0' && std::string_view(" \t\v\f").contains(at())) {
      ++place_;
    } else if (at() == '-' && at(1) == '-') {
      place_ += 2;
      if (long_level() >= 0) {
        if (auto text = long_text("the comment"); !text) return std::unexpected(text.error());
      } else {
        while (place_ < source_.size() && at() != '\n' && at() != '\r') ++place_;
      }
    } else {
      return place_ < source_.size();
    }
  }
}

std::expected<void, Error> Scanner::escape(std::string& out) {
  constexpr std::string_view kPlain = "abfnrtv\\\"'";
  constexpr std::string_view kMeant = "\a\b\f\n\r\t\v\\\"'";
  const char c = at();
  if (const auto plain = kPlain.find(c); c != '\0' && plain != std::string_view::npos) {
    out.push_back(kMeant[plain]);
    ++place_;
  } else if (newline()) {
    out.push_back('\n');
  } else if (c == 'z') {
    ++place_;
    while (newline() || (at() != '\0' && std::string_view(" \t\v\f").contains(at()) && ++place_ != 0)) {
    }
  } else if (c == 'x') {
    const int high = base::hex_value(at(1));
    const int low = base::hex_value(at(2));
    if (high < 0 || low < 0) return wrong("\\x takes two hexadecimal digits");
    out.push_back(static_cast<char>(high * 16 + low));
    place_ += 3;
  } else if (c == 'u') {
    std::uint64_t code = 0;
    std::size_t digits = 0;
    if (at(1) != '{') return wrong("\\u takes a number in braces");
    for (place_ += 2; base::hex_value(at()) >= 0 && code < (1ULL << 31U); ++place_, ++digits)
      code = code * 16 + static_cast<std::uint64_t>(base::hex_value(at()));
    if (digits == 0 || at() != '}' || code >= (1ULL << 31U)) return wrong("\\u takes a number in braces below 2^31");
    ++place_;
    append_utf8(out, static_cast<std::uint32_t>(code));
  } else if (base::is_digit(c)) {
    int code = 0;
    for (int i = 0; i < 3 && base::is_digit(at()); ++i, ++place_) code = code * 10 + (at() - '0');
    if (code > 255) return wrong("\\ddd is at most 255");
    out.push_back(static_cast<char>(code));
  } else {
    return wrong(std::string("there is no escape \\") + base::printable({&c, 1}));
  }
  return {};
}

std::expected<Token, Error> Scanner::string(char quote) {
  Token token{.kind = Token::Kind::String, .line = line_, .text = {}};
  ++place_;
  while (at() != quote) {
    if (place_ >= source_.size() || at() == '\n' || at() == '\r') return wrong("the string has no end on this line");
    if (at() != '\\') {
      token.text.push_back(source_[place_++]);
      continue;
    }
    ++place_;
    if (auto done = escape(token.text); !done) return std::unexpected(done.error());
  }
  ++place_;
  return token;
}

// As much as could belong to a numeral, as Lua reads it; whether it is one is looked at afterwards.
std::expected<Token, Error> Scanner::number() {
  const std::size_t begin = place_;
  const bool hex = at() == '0' && base::ascii_lower(at(1)) == 'x';
  const char exponent = hex ? 'p' : 'e';
  bool digits = false;
  bool dot = false;
  if (hex) place_ += 2;
  for (;; ++place_) {
    if (hex ? base::hex_value(at()) >= 0 : base::is_digit(at())) {
      digits = true;
    } else if (at() == '.' && !dot) {
      dot = true;
    } else {
      break;
    }
  }
  if (digits && base::ascii_lower(at()) == exponent) {
    ++place_;
    if (at() == '+' || at() == '-') ++place_;
    digits = base::is_digit(at());
    while (base::is_digit(at())) ++place_;
  }
  while (in_name(at()) || at() == '.') {
    digits = false;
    ++place_;
  }
  const auto text = source_.substr(begin, place_ - begin);
  if (!digits) return wrong("\"" + base::printable(text, 40) + "\" is no number");
  return Token{.kind = Token::Kind::Number, .line = line_, .text = std::string(text)};
}

std::expected<Token, Error> Scanner::next() {
  const auto more = skip();
  if (!more) return std::unexpected(more.error());
  Token token{.kind = Token::Kind::End, .line = line_, .text = {}};
  if (!*more) return token;
  const char c = at();
  if (begins_name(c)) {
    while (in_name(at())) token.text.push_back(source_[place_++]);
    token.kind = std::ranges::find(kKeywords, token.text) != kKeywords.end() ? Token::Kind::Keyword : Token::Kind::Name;
    return token;
  }
  if (base::is_digit(c) || (c == '.' && base::is_digit(at(1)))) return number();
  if (c == '"' || c == '\'') return string(c);
  if (long_level() >= 0) {
    auto text = long_text("the string");
    if (!text) return std::unexpected(text.error());
    token.kind = Token::Kind::String;
    token.text = *std::move(text);
    return token;
  }
  const auto rest = source_.substr(place_);
  const auto mark = std::ranges::find_if(kMarks, [rest](std::string_view m) { return rest.starts_with(m); });
  if (mark == kMarks.end()) return wrong("unexpected \"" + base::printable({&c, 1}) + "\"");
  place_ += mark->size();
  token.kind = Token::Kind::Keyword;
  token.text = *mark;
  return token;
}

}  // namespace sbc::syntax
