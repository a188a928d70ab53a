#pragma once
// multipart/mixed, alternative, related (RFC 2046 5.1, RFC 5621): reader and writer of one level. Pure text; what
// becomes of the parts is decided in rewrite.h.

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sbc::body {

// Lower case, without parameters: "application/sdp".
std::string bare_type(std::string_view content_type);
bool is_multipart(std::string_view content_type);
// What a body with this Content-Disposition ("": none) is for: "session", "render"... (RFC 3261 20.11).
std::string disposition_of(std::string_view disposition, std::string_view content_type);

// A part's header field; views into the text that was read.
struct PartHeader {
  std::string_view name;
  std::string value;  // unfolded, trimmed
};

struct Part {
  std::vector<PartHeader> headers;
  std::string text;
  std::string_view read;  // the same, where it was read; empty in a part that was made

  std::optional<std::string_view> find(std::string_view name) const;  // any case
  std::string_view type() const;  // "text/plain" when it does not say (RFC 2046 5.1)
  // "session", "render"...; without Content-Disposition by the type, as RFC 3261 20.11 says.
  std::string disposition() const;
  // handling=required in so many words. RFC 3261 20.11 makes it the default as well, but parts that nobody asked for
  // come without the parameter, and refusing those calls helps nobody.
  bool required() const;
  // Content-Transfer-Encoding is none, 7bit, 8bit or binary: the text is what it seems.
  bool plain() const;
};

struct Multipart {
  std::string boundary;
  std::vector<Part> parts;
};

// Error: says what was expected and what came.
std::expected<Multipart, std::string> read_multipart(std::string_view content_type, std::string_view text);
// With the same boundary. Of the parts' headers those that describe the text stay: Content-Type, -ID, -Disposition,
// -Transfer-Encoding, -Language.
std::string write_multipart(const Multipart& multipart);

}  // namespace sbc::body
