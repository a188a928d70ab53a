#include "sbc/sip/field_reader.h"

#include <cstring>

#include "sbc/sip/grammar.h"

namespace sbc::sip {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// Whether any byte is below 0x20, eight bytes at a time: the classic "has less" trick.
bool has_control(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  const char* p = text.data();
  std::size_t left = text.size();
  for (; left >= 8; left -= 8, p += 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    if (((word - kOnes * 0x20) & ~word & (kOnes * 0x80)) != 0) return true;
  }
  for (; left > 0; --left, ++p)
    if (static_cast<unsigned char>(*p) < 0x20) return true;
  return false;
}

// TAB is a blank. Other control bytes may only stand in a quoted-pair (RFC 4475 3.1.1.2 has a quoted NUL); CR and LF
// not even there, since a line end is what many would read.
bool has_forbidden(std::string_view text) {
  if (!has_control(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 || c == '\t') continue;
    if (c == '\r' || c == '\n' || i == 0 || text[i - 1] != '\\') return true;
  }
  return false;
}

}  // namespace

// Offset of the next CRLF; kNone when there is none. A CR or LF alone ends nothing and is refused with the rest of the
// control bytes: peers that disagree on where a line ends are how requests get smuggled.
std::size_t FieldReader::find_line_end(std::size_t from) const {
  while (from < size_) {
    const void* found = std::memchr(text_ + from, '\r', size_ - from);
    if (found == nullptr) return kNone;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text_);
    if (at + 1 < size_ && text_[at + 1] == '\n') return at;
    from = at + 1;
  }
  return kNone;
}

FieldReader::Step FieldReader::fail(std::string_view problem, bool can_go_on) {
  problem_ = problem;
  can_go_on_ = can_go_on;
  return Step::Error;
}

std::optional<std::string_view> FieldReader::line() {
  const std::size_t end = find_line_end(at_);
  if (end == kNone) return std::nullopt;
  const std::string_view text(text_ + at_, end - at_);
  at_ = end + 2;
  if (has_forbidden(text)) return std::nullopt;
  return text;
}

// The end of the logical line that starts at `from`, its folds blanked.
std::size_t FieldReader::unfold(std::size_t from) {
  for (;;) {
    const std::size_t end = find_line_end(from);
    if (end == kNone) return kNone;
    const std::size_t next = end + 2;
    if (next >= size_ || (text_[next] != ' ' && text_[next] != '\t')) return end;
    text_[end] = ' ';
    text_[end + 1] = ' ';
    from = next;
  }
}

FieldReader::Step FieldReader::next(HeaderField& out) {
  out = HeaderField{};
  if (at_ + 1 < size_ && text_[at_] == '\r' && text_[at_ + 1] == '\n') {
    at_ += 2;
    return Step::End;
  }
  if (at_ >= size_) return fail("expected a blank line after the header fields, got the end", false);
  const std::size_t start = at_;
  const std::size_t end = unfold(start);
  if (end == kNone) {
    at_ = size_;
    return fail("expected CRLF after a header field, got the end", false);
  }
  at_ = end + 2;

  const std::string_view text(text_ + start, end - start);
  const std::size_t name_end = grammar::skip(grammar::kToken, text);
  const std::size_t colon = grammar::skip_blanks(text, name_end);
  out.name = text.substr(0, name_end);
  if (name_end == 0) return fail("expected a header name", true);
  if (colon == text.size() || text[colon] != ':') return fail("expected ':' after the header name", true);
  out.id = header_id_from(out.name);
  out.value = grammar::trim_blanks(text.substr(colon + 1));
  if (has_forbidden(out.value)) return fail("expected no control bytes", true);
  return Step::Field;
}

}  // namespace sbc::sip
