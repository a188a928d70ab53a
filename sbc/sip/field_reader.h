#pragma once
// Cuts the head of a message into its start line and header fields, in place (RFC 3261 7.3.1, 25.1 message-header).
// For the parser only: it unfolds by writing blanks over the CRLF of each fold.

#include <optional>
#include <string_view>

#include "sbc/sip/message.h"

namespace sbc::sip {

class FieldReader {
 public:
  // The text must outlive the reader; views given out point into it.
  FieldReader(char* text, std::size_t size) : text_(text), size_(size) {}

  enum class Step : std::uint8_t { Field, End, Error };

  // The start line without its CRLF. nullopt: there is no line end, or a byte that no line may have.
  std::optional<std::string_view> line();
  // The next header field. On Error, `out` has the name, if it was readable.
  Step next(HeaderField& out);
  // After an Error: what was wrong, and whether the next field can still be found.
  std::string_view problem() const { return problem_; }
  bool can_go_on() const { return can_go_on_; }

  std::size_t head_size() const { return at_; }
  std::string_view rest() const { return {text_ + at_, size_ - at_}; }  // after End: the body

 private:
  std::size_t find_line_end(std::size_t from) const;
  std::size_t unfold(std::size_t from);
  Step fail(std::string_view problem, bool can_go_on);

  char* text_;
  std::size_t size_;
  std::size_t at_ = 0;
  std::string_view problem_;
  bool can_go_on_ = true;
};

}  // namespace sbc::sip
