#pragma once
// Writes a message onto the end of a string. Values are written as given: whoever passes text that came from outside
// passes a piece of a parsed message (free of CR and LF) or escapes it. As a last guard CR and LF in values become
// blanks, so that no caller's mistake can inject a line.

#include <cstdint>
#include <string>
#include <string_view>

#include "sbc/sip/header_id.h"
#include "sbc/sip/method.h"

namespace sbc::sip {

class Writer {
 public:
  explicit Writer(std::string& out, std::size_t reserve = 1024) : out_(out) { out_.reserve(out_.size() + reserve); }

  Writer& request_line(std::string_view method, std::string_view uri);
  Writer& request_line(Method method, std::string_view uri) { return request_line(name_of(method), uri); }
  Writer& status_line(int status, std::string_view reason = {});  // "": the default phrase
  Writer& header(std::string_view name, std::string_view value);
  Writer& header(HeaderId id, std::string_view value) { return header(canonical_name(id), value); }
  Writer& header(HeaderId id, std::uint64_t number);
  // Whole header lines with their CRLF, written by someone who knows what they do.
  Writer& raw(std::string_view lines);
  // The string written to, for values put together in place: begin(...), append to text(), end().
  Writer& begin(std::string_view name);
  Writer& begin(HeaderId id) { return begin(canonical_name(id)); }
  std::string& text() { return out_; }
  Writer& end();

  void finish();                                                      // Content-Length: 0 and the blank line
  void finish(std::string_view content_type, std::string_view body);  // an empty body is finish()

 private:
  void append_clean(std::string_view value);
  std::string& out_;
};

// RFC 3261 21 and its extensions; the class's general phrase for codes without one of their own.
std::string_view reason_phrase_for(int status);

}  // namespace sbc::sip
