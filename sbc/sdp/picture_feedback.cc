#include "sbc/sdp/picture_feedback.h"

#include "media-relay/base/text.h"

namespace sbc::sdp {
namespace {

// Of the value of a=rtcp-fb, behind the payload type.
PictureRequests request_in(std::string_view value) {
  base::TextCursor cursor(base::trim(value));
  const auto word = [&cursor] {
    cursor.skip_blanks();
    return cursor.take_while([](char c) { return !base::is_blank(c); });
  };
  word();
  const std::string_view kind = word();
  const std::string_view what = word();
  return {.pli = kind == "nack" && what == "pli", .fir = kind == "ccm" && what == "fir"};
}

bool is_about(std::string_view value, std::string_view payload_types) {
  const std::string_view of = base::trim(value).substr(0, base::trim(value).find(' '));
  if (of == "*") return true;
  base::TextCursor cursor(payload_types);
  for (cursor.skip_blanks(); !cursor.at_end(); cursor.skip_blanks())
    if (cursor.take_while([](char c) { return !base::is_blank(c); }) == of) return true;
  return false;
}

}  // namespace

PictureRequests picture_requests(const Session& session, const Media& media) {
  PictureRequests found;
  for (const Line& line : session.lines_of(media)) {
    if (line.attribute != AttributeId::RtcpFb) continue;
    const PictureRequests one = request_in(line.attribute_value());
    found.pli = found.pli || one.pli;
    found.fir = found.fir || one.fir;
  }
  return found;
}

std::string picture_request_lines(const Session& session, const Media& media, std::string_view answered) {
  std::string out;
  for (const Line& line : session.lines_of(media))
    if (line.attribute == AttributeId::RtcpFb && request_in(line.attribute_value()).any() &&
        is_about(line.attribute_value(), answered))
      out.append("a=").append(line.value).append("\r\n");
  return out;
}

}  // namespace sbc::sdp
