#include "sbc/sip/field_reader.h"

#include <cstring>

#include "sbc/sip/grammar.h"

namespace sbc::sip {
namespace {

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

// A CR alone ends nothing, nor does an LF where only CRLF may; both are refused with the other control bytes.
FieldReader::LineEnd FieldReader::find_line_end(std::size_t from) const {
  for (std::size_t at = from; at < size_; ++at) {
    const void* found = std::memchr(text_ + at, '\n', size_ - at);
    if (found == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const char*>(found) - text_);
    if (at > from && text_[at - 1] == '\r') return {at - 1, at + 1};
    if (ends_ == LineEnds::LfToo) return {at, at + 1};
  }
  return {};
}

FieldReader::Step FieldReader::fail(std::string_view problem, bool can_go_on) {
  problem_ = problem;
  can_go_on_ = can_go_on;
  return Step::Error;
}

std::optional<std::string_view> FieldReader::line() {
  const LineEnd end = find_line_end(at_);
  if (end.next == 0) return std::nullopt;
  const std::string_view text(text_ + at_, end.at - at_);
  at_ = end.next;
  if (has_forbidden(text)) return std::nullopt;
  return text;
}

// The end of the logical line that starts at `from`, its folds blanked.
FieldReader::LineEnd FieldReader::unfold(std::size_t from) {
  for (;;) {
    const LineEnd end = find_line_end(from);
    if (end.next == 0 || end.next >= size_ || (text_[end.next] != ' ' && text_[end.next] != '\t')) return end;
    for (std::size_t i = end.at; i < end.next; ++i) text_[i] = ' ';
    from = end.next;
  }
}

FieldReader::Step FieldReader::next(HeaderField& out) {
  out = HeaderField{};
  if (at_ < size_ && (text_[at_] == '\r' || text_[at_] == '\n')) {
    const LineEnd blank = find_line_end(at_);
    if (blank.next != 0 && blank.at == at_) {
      at_ = blank.next;
      return Step::End;
    }
  }
  if (at_ >= size_) return fail("expected a blank line after the header fields, got the end", false);
  const std::size_t start = at_;
  const LineEnd end = unfold(start);
  if (end.next == 0) {
    at_ = size_;
    partial_field_ = true;
    return fail("expected CRLF after a header field, got the end", false);
  }
  at_ = end.next;

  const std::string_view text(text_ + start, end.at - start);
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
