#pragma once
// Cuts the head of a message into its start line and header fields, in place (RFC 3261 7.3.1, 25.1 message-header).
// For the parser only: it unfolds by writing blanks over the CRLF of each fold.

#include <optional>
#include <string_view>

#include "sbc/sip/message.h"

namespace sbc::sip {

class FieldReader {
 public:
  // On a stream only CRLF ends a line: there the framer and we must agree on where the head ends, and a peer that reads
  // otherwise is how requests get smuggled. In a datagram a bare LF does too, as simple senders write it (the messages
  // of RFC 5118's own archive among them); what we send on is written anew and has CRLF only.
  enum class LineEnds : std::uint8_t { CrlfOnly, LfToo };

  // The text must outlive the reader; views given out point into it.
  FieldReader(char* text, std::size_t size, LineEnds ends) : text_(text), size_(size), ends_(ends) {}

  enum class Step : std::uint8_t { Field, End, Error };

  // The start line without its CRLF. nullopt: there is no line end, or a byte that no line may have.
  std::optional<std::string_view> line();
  // The next header field. On Error, `out` has the name, if it was readable.
  Step next(HeaderField& out);
  // After an Error: what was wrong, and whether the next field can still be found.
  std::string_view problem() const { return problem_; }
  bool can_go_on() const { return can_go_on_; }
  bool ended_without_blank_line() const { return !can_go_on_ && !partial_field_; }

  std::size_t head_size() const { return at_; }
  std::string_view rest() const { return {text_ + at_, size_ - at_}; }  // after End: the body

 private:
  struct LineEnd {
    std::size_t at = 0;    // first byte of the line end
    std::size_t next = 0;  // first byte of the next line; 0: there is no line end
  };
  LineEnd find_line_end(std::size_t from) const;
  LineEnd unfold(std::size_t from);
  Step fail(std::string_view problem, bool can_go_on);

  char* text_;
  std::size_t size_;
  LineEnds ends_;
  std::size_t at_ = 0;
  std::string_view problem_;
  bool can_go_on_ = true;
  bool partial_field_ = false;
};

}  // namespace sbc::sip
