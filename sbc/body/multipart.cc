#include "sbc/body/multipart.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/body/limits.h"
#include "sbc/sip/params.h"

namespace sbc::body {
namespace {

struct Line {
  std::string_view text;  // without its end
  std::size_t begin = 0;
  std::size_t next = 0;  // where the next line begins
};

bool next_line(std::string_view text, std::size_t at, Line& out) {
  if (at >= text.size()) return false;
  const auto end = text.find('\n', at);
  out.begin = at;
  out.next = end == std::string_view::npos ? text.size() : end + 1;
  out.text = text.substr(at, (end == std::string_view::npos ? text.size() : end) - at);
  if (out.text.ends_with('\r')) out.text.remove_suffix(1);
  return true;
}

enum class Delimiter : std::uint8_t { None, Open, Close };

// RFC 2046 5.1.1: "--" boundary, perhaps "--", then blanks only.
Delimiter delimiter_in(std::string_view line, std::string_view boundary) {
  if (!line.starts_with("--") || !line.substr(2).starts_with(boundary)) return Delimiter::None;
  line.remove_prefix(2 + boundary.size());
  const bool close = line.starts_with("--");
  if (close) line.remove_prefix(2);
  if (!base::trim(line).empty()) return Delimiter::None;
  return close ? Delimiter::Close : Delimiter::Open;
}

std::expected<Part, std::string> read_part(std::string_view text) {
  Part part;
  std::size_t at = 0;
  Line line;
  while (next_line(text, at, line)) {
    at = line.next;
    if (at > kMaxPartHeaders) return std::unexpected("multipart: the headers of a part are too long");
    if (line.text.empty()) {
      part.read = text.substr(at);
      part.text = std::string(part.read);
      return part;
    }
    if (base::is_blank(line.text.front())) {
      if (part.headers.empty()) return std::unexpected("multipart: expected a header, got a continuation");
      part.headers.back().value.append(" ").append(base::trim(line.text));
      continue;
    }
    const auto colon = line.text.find(':');
    if (colon == std::string_view::npos)
      return std::unexpected("multipart: expected a header, got \"" + base::printable(line.text) + "\"");
    part.headers.push_back(
        {base::trim(line.text.substr(0, colon)), std::string(base::trim(line.text.substr(colon + 1)))});
  }
  return part;  // headers only, without the blank line: an empty body
}

}  // namespace

std::string bare_type(std::string_view content_type) {
  return base::to_lower(base::trim(content_type.substr(0, content_type.find(';'))));
}

bool is_multipart(std::string_view content_type) {
  return bare_type(content_type).starts_with("multipart/");
}

std::optional<std::string_view> Part::find(std::string_view name) const {
  const auto it =
      std::ranges::find_if(headers, [&](const PartHeader& h) { return base::equals_ignoring_case(h.name, name); });
  if (it == headers.end()) return std::nullopt;
  return it->value;
}

std::string_view Part::type() const {
  return find("Content-Type").value_or("text/plain");
}

std::string disposition_of(std::string_view disposition, std::string_view content_type) {
  if (!disposition.empty()) return bare_type(disposition);
  return bare_type(content_type) == "application/sdp" ? "session" : "render";
}

std::string Part::disposition() const {
  return disposition_of(find("Content-Disposition").value_or(""), type());
}

bool Part::required() const {
  const auto value = find("Content-Disposition").value_or("");
  const auto semicolon = value.find(';');
  if (semicolon == std::string_view::npos) return false;
  const auto handling = sip::find_param(value.substr(semicolon), "handling");
  return handling && base::equals_ignoring_case(*handling, "required");
}

bool Part::plain() const {
  static constexpr std::array<std::string_view, 3> kPlain = {"7bit", "8bit", "binary"};
  const auto encoding = find("Content-Transfer-Encoding");
  return !encoding ||
         std::ranges::any_of(kPlain, [&](std::string_view p) { return base::equals_ignoring_case(p, *encoding); });
}

std::expected<Multipart, std::string> read_multipart(std::string_view content_type, std::string_view text) {
  Multipart multipart;
  const auto semicolon = content_type.find(';');
  const auto boundary =
      semicolon == std::string_view::npos ? std::nullopt : sip::find_param(content_type.substr(semicolon), "boundary");
  if (!boundary) return std::unexpected("multipart: expected a boundary in Content-Type, got none");
  multipart.boundary = sip::unquote(*boundary);
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (multipart.boundary.empty() || multipart.boundary.size() > kMaxBoundary || multipart.boundary.ends_with(' ') ||
      std::ranges::any_of(multipart.boundary, control))
    return std::unexpected("multipart: expected a boundary of 1 to 70 characters");

  std::optional<std::size_t> begin;  // of the part that is being read
  std::size_t at = 0;
  Line line;
  while (next_line(text, at, line)) {
    at = line.next;
    const Delimiter found = delimiter_in(line.text, multipart.boundary);
    if (found == Delimiter::None) continue;
    if (begin) {
      // The line end before a delimiter belongs to the delimiter.
      auto whole = text.substr(*begin, line.begin - *begin);
      if (whole.ends_with('\n')) whole.remove_suffix(1);
      if (whole.ends_with('\r')) whole.remove_suffix(1);
      if (multipart.parts.size() >= kMaxParts) return std::unexpected("multipart: too many parts");
      auto part = read_part(whole);
      if (!part) return std::unexpected(part.error());
      multipart.parts.push_back(*std::move(part));
    }
    if (found == Delimiter::Close) {
      if (!begin) break;
      return multipart;
    }
    begin = line.next;
  }
  return std::unexpected(begin ? "multipart: expected the closing delimiter, got the end of the body"
                               : "multipart: expected a delimiter, got none");
}

std::string write_multipart(const Multipart& multipart) {
  static constexpr std::array<std::string_view, 5> kKept = {"Content-Type", "Content-ID", "Content-Disposition",
                                                            "Content-Transfer-Encoding", "Content-Language"};
  std::string out;
  for (const Part& part : multipart.parts) {
    out.append("--").append(multipart.boundary).append("\r\n");
    for (const auto name : kKept)
      if (const auto value = part.find(name)) out.append(name).append(": ").append(*value).append("\r\n");
    out.append("\r\n").append(part.text).append("\r\n");
  }
  out.append("--").append(multipart.boundary).append("--\r\n");
  return out;
}

}  // namespace sbc::body
