#include "sbc/transaction/own_text.h"

#include "media-relay/base/text.h"

#include "sbc/sip/header_id.h"
#include "sbc/sip/name_addr.h"
#include "sbc/sip/writer.h"

namespace sbc::transaction {
namespace {

struct Line {
  sip::HeaderId id = sip::HeaderId::Other;
  std::string_view name;
  std::string_view value;
};

// Walks the lines of a head, start line first. Our writer folds nothing.
class HeadReader {
 public:
  explicit HeadReader(std::string_view message) : rest_(message.substr(0, message.find("\r\n\r\n"))) {}

  std::string_view start_line() { return take_line(); }

  bool next(Line& line) {
    if (rest_.empty()) return false;
    const std::string_view text = take_line();
    const std::size_t colon = text.find(':');
    line.name = base::trim(text.substr(0, colon));
    line.value = colon == std::string_view::npos ? std::string_view{} : base::trim(text.substr(colon + 1));
    line.id = sip::header_id_from(line.name);
    return true;
  }

 private:
  std::string_view take_line() {
    const std::size_t end = rest_.find("\r\n");
    const std::string_view line = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 2);
    return line;
  }

  std::string_view rest_;
};

std::string_view uri_of(std::string_view request_line) {
  const std::size_t from = request_line.find(' ');
  const std::size_t to = request_line.rfind(' ');
  if (from == std::string_view::npos || to <= from) return {};
  return request_line.substr(from + 1, to - from - 1);
}

}  // namespace

std::string repeat_head(std::string_view invite, sip::Method method, std::string_view to,
                        std::string_view extra_headers) {
  std::string out;
  sip::Writer writer(out, 512 + extra_headers.size());
  HeadReader reader(invite);
  writer.request_line(method, uri_of(reader.start_line()));
  bool via_written = false;
  Line line;
  while (reader.next(line)) {
    switch (line.id) {
      case sip::HeaderId::Via:
        // One Via value only, equal to the INVITE's top one (17.1.1.3, 9.1).
        if (!via_written)
          writer.header(sip::HeaderId::Via, line.value).header(sip::HeaderId::MaxForwards, std::uint64_t{70});
        via_written = true;
        break;
      case sip::HeaderId::Route:
      case sip::HeaderId::From:
      case sip::HeaderId::CallId:
      case sip::HeaderId::SessionId:  // RFC 7989 7: in a CANCEL as in the INVITE
        writer.header(line.id, line.value);
        break;
      case sip::HeaderId::To:
        writer.header(line.id, to.empty() ? line.value : to);
        break;
      case sip::HeaderId::CSeq:
        writer.begin(line.id);
        out.append(line.value.substr(0, line.value.find(' '))).append(" ").append(sip::name_of(method));
        writer.end();
        break;
      default:
        break;
    }
  }
  writer.raw(extra_headers);
  writer.finish();
  return out;
}

std::string_view to_tag_of(std::string_view message) {
  HeadReader reader(message);
  reader.start_line();
  Line line;
  while (reader.next(line)) {
    if (line.id != sip::HeaderId::To) continue;
    const auto address = sip::parse_name_addr(line.value);
    return address ? address->tag() : std::string_view{};
  }
  return {};
}

}  // namespace sbc::transaction
