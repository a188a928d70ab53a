#include "sbc/policy/pattern.h"

#include "media-relay/base/text.h"

#include "sbc/policy/limits.h"

namespace sbc::policy {
namespace {

bool is_class(unsigned char c, char letter) {
  const char ch = static_cast<char>(c);
  const bool graphic = c > 0x20 && c < 0x7f;
  bool in = false;
  switch (base::ascii_lower(letter)) {
    case 'a':
      in = base::is_alpha(ch);
      break;
    case 'c':
      in = c < 0x20 || c == 0x7f;
      break;
    case 'd':
      in = base::is_digit(ch);
      break;
    case 'g':
      in = graphic;
      break;
    case 'l':
      in = ch >= 'a' && ch <= 'z';
      break;
    case 'p':
      in = graphic && !base::is_alnum(ch);
      break;
    case 's':
      in = ch == ' ' || (c >= 9 && c <= 13);
      break;
    case 'u':
      in = ch >= 'A' && ch <= 'Z';
      break;
    case 'w':
      in = base::is_alnum(ch);
      break;
    case 'x':
      in = base::hex_value(ch) >= 0;
      break;
    default:
      return letter == ch;  // an escaped character that is no class stands for itself
  }
  const bool complement = letter >= 'A' && letter <= 'Z';
  return in != complement;
}

}  // namespace

Pattern::Pattern(std::string_view pattern, std::string_view subject, std::uint64_t steps)
    : pattern_(pattern), subject_(subject), allowed_(steps), anchored_(pattern.starts_with('^')) {}

bool Pattern::has_specials(std::string_view pattern) {
  return pattern.find_first_of("^$*+?.([%-") != std::string_view::npos;
}

bool Pattern::step() {
  if (++taken_ <= allowed_) return true;
  too_costly_ = true;
  return false;
}

std::size_t Pattern::fail(const char* why) {
  error_ = why;
  return kFail;
}

Pattern::Result Pattern::match_at(std::size_t from) {
  captures_ = 0;
  const std::size_t end = match(from, anchored_ ? 1 : 0);
  if (error_ != nullptr) return Result::Malformed;
  if (too_costly_) return Result::TooCostly;
  if (end == kFail) return Result::NoMatch;
  for (std::size_t i = 0; i < captures_; ++i) {
    if (capture_[i].length == kOpen) {
      error_ = "a capture is not closed";
      return Result::Malformed;
    }
  }
  start_ = from;
  end_ = end;
  return Result::Match;
}

Pattern::Result Pattern::find(std::size_t from) {
  for (std::size_t s = from; s <= subject_.size(); ++s) {
    const Result result = match_at(s);
    if (result != Result::NoMatch || anchored_) return result;
  }
  return Result::NoMatch;
}

std::size_t Pattern::match(std::size_t s, std::size_t p) {
  if (depth_ >= kMaxPatternDepth) return fail("the pattern nests too deeply");
  ++depth_;
  const std::size_t end = match_body(s, p);
  --depth_;
  return end;
}

// Walks items that need no choice in a loop and recurses only where it may have to come back.
std::size_t Pattern::match_body(std::size_t s, std::size_t p) {
  while (p < pattern_.size()) {
    if (!step()) return kFail;
    const char c = pattern_[p];
    if (c == '(') {
      const bool position = p + 1 < pattern_.size() && pattern_[p + 1] == ')';
      return open_capture(s, p + (position ? 2 : 1), position);
    }
    if (c == ')') return close_capture(s, p + 1);
    if (c == '$' && p + 1 == pattern_.size()) return s == subject_.size() ? s : kFail;
    if (c == '%') {
      bool handled = false;
      const std::size_t end = match_escape(s, p, handled);
      if (handled) return end;
    }
    const std::size_t after = item_end(p);
    if (after == kFail) return kFail;
    const char suffix = after < pattern_.size() ? pattern_[after] : '\0';
    if (suffix == '*' || suffix == '+') return match_repeat(s, p, after);
    if (suffix == '-') return match_least(s, p, after);
    const bool one = matches_one(s, p, after);
    if (suffix == '?') {
      if (one) {
        const std::size_t end = match(s + 1, after + 1);
        if (end != kFail || error_ != nullptr || too_costly_) return end;
      }
      p = after + 1;
      continue;
    }
    if (!one) return kFail;
    ++s;
    p = after;
  }
  return s;
}

// %b, %f and %1..%9; everything else behind a % is an ordinary item.
std::size_t Pattern::match_escape(std::size_t s, std::size_t p, bool& handled) {
  if (p + 1 >= pattern_.size()) return kFail;  // item_end says what is wrong
  const char kind = pattern_[p + 1];
  handled = kind == 'b' || kind == 'f' || base::is_digit(kind);
  if (kind == 'b') return match_balance(s, p + 2);
  if (kind == 'f') return match_frontier(s, p + 2);
  return handled ? match_again(s, p + 1) : kFail;
}

std::size_t Pattern::match_balance(std::size_t s, std::size_t p) {
  if (p + 1 >= pattern_.size()) return fail("%b needs two characters");
  const char open = pattern_[p], close = pattern_[p + 1];
  if (s >= subject_.size() || subject_[s] != open) return kFail;
  std::size_t depth = 1;
  for (std::size_t i = s + 1; i < subject_.size(); ++i) {
    if (!step()) return kFail;
    if (subject_[i] == close) {
      if (--depth == 0) return match(i + 1, p + 2);
    } else if (subject_[i] == open) {
      ++depth;
    }
  }
  return kFail;
}

std::size_t Pattern::match_frontier(std::size_t s, std::size_t p) {
  if (p >= pattern_.size() || pattern_[p] != '[') return fail("%f needs a set");
  const std::size_t end = item_end(p);
  if (end == kFail) return kFail;
  const auto before = static_cast<unsigned char>(s == 0 ? '\0' : subject_[s - 1]);
  const auto here = static_cast<unsigned char>(s < subject_.size() ? subject_[s] : '\0');
  if (matches_set(before, p, end - 1) || !matches_set(here, p, end - 1)) return kFail;
  return match(s, end);
}

std::size_t Pattern::match_again(std::size_t s, std::size_t p) {
  const std::size_t index = static_cast<std::size_t>(pattern_[p] - '1');
  if (pattern_[p] == '0' || index >= captures_ || capture_[index].length == kOpen || capture_[index].is_position)
    return fail("no such capture to repeat");
  const std::string_view earlier = subject_.substr(capture_[index].start, capture_[index].length);
  taken_ += earlier.size() / 8;
  if (!subject_.substr(s).starts_with(earlier)) return kFail;
  return match(s + earlier.size(), p + 1);
}

std::size_t Pattern::open_capture(std::size_t s, std::size_t p, bool position) {
  if (captures_ >= kMaxCaptures) return fail("more than 32 captures");
  capture_[captures_] = {.start = s, .length = position ? 0 : kOpen, .is_position = position};
  ++captures_;
  const std::size_t end = match(s, p);
  if (end == kFail) --captures_;
  return end;
}

std::size_t Pattern::close_capture(std::size_t s, std::size_t p) {
  std::size_t index = captures_;
  while (index > 0 && capture_[index - 1].length != kOpen) --index;
  if (index == 0) return fail("a ) without its (");
  capture_[index - 1].length = s - capture_[index - 1].start;
  const std::size_t end = match(s, p);
  if (end == kFail) capture_[index - 1].length = kOpen;
  return end;
}

// "*" and "+": as many as there are, then fewer.
std::size_t Pattern::match_repeat(std::size_t s, std::size_t p, std::size_t after) {
  const std::size_t least = pattern_[after] == '+' ? 1 : 0;
  std::size_t count = 0;
  while (matches_one(s + count, p, after)) {
    if (!step()) return kFail;
    ++count;
  }
  for (;; --count) {
    if (count < least) return kFail;
    const std::size_t end = match(s + count, after + 1);
    if (end != kFail || error_ != nullptr || too_costly_) return end;
    if (count == 0) return kFail;
  }
}

// "-": as few as possible, then more.
std::size_t Pattern::match_least(std::size_t s, std::size_t p, std::size_t after) {
  for (;; ++s) {
    const std::size_t end = match(s, after + 1);
    if (end != kFail || error_ != nullptr || too_costly_) return end;
    if (!matches_one(s, p, after)) return kFail;
  }
}

std::size_t Pattern::item_end(std::size_t p) {
  const char c = pattern_[p++];
  if (c == '%') {
    if (p >= pattern_.size()) {
      error_ = "it ends with %";
      return kFail;
    }
    return p + 1;
  }
  if (c != '[') return p;
  if (p < pattern_.size() && pattern_[p] == '^') ++p;
  bool first = true;  // a ] right behind the [ stands for itself
  while (p < pattern_.size() && (first || pattern_[p] != ']')) {
    p += pattern_[p] == '%' ? 2 : 1;
    first = false;
  }
  if (p >= pattern_.size()) {
    error_ = "a set is not closed by ]";
    return kFail;
  }
  return p + 1;
}

bool Pattern::matches_one(std::size_t s, std::size_t p, std::size_t end) {
  if (s >= subject_.size()) return false;
  const auto c = static_cast<unsigned char>(subject_[s]);
  switch (pattern_[p]) {
    case '.':
      return true;
    case '%':
      return is_class(c, pattern_[p + 1]);
    case '[':
      taken_ += (end - p) / 8;
      return matches_set(c, p, end - 1);
    default:
      return static_cast<unsigned char>(pattern_[p]) == c;
  }
}

// The set from '[' at p to the ']' at `end`.
bool Pattern::matches_set(unsigned char c, std::size_t p, std::size_t end) const {
  bool wanted = true;
  ++p;
  if (pattern_[p] == '^') {
    wanted = false;
    ++p;
  }
  while (p < end) {
    if (pattern_[p] == '%' && p + 1 < end) {
      if (is_class(c, pattern_[p + 1])) return wanted;
      p += 2;
    } else if (p + 2 < end && pattern_[p + 1] == '-') {
      if (static_cast<unsigned char>(pattern_[p]) <= c && c <= static_cast<unsigned char>(pattern_[p + 2]))
        return wanted;
      p += 3;
    } else {
      if (static_cast<unsigned char>(pattern_[p]) == c) return wanted;
      ++p;
    }
  }
  return !wanted;
}

}  // namespace sbc::policy
