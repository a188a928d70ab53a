#include "sbc/sip/response.h"

#include "media-relay/base/text.h"

#include "sbc/sip/params.h"
#include "sbc/sip/writer.h"

namespace sbc::sip {
namespace {

void write_vias(Writer& writer, const Message& request, const Source& source) {
  bool top = true;
  for (const HeaderField& field : request.headers()) {
    if (field.id != HeaderId::Via) continue;
    if (!top) {
      writer.header(HeaderId::Via, field.value);
      continue;
    }
    top = false;
    const std::string_view via = request.top_via().text;
    writer.begin(HeaderId::Via);
    append_via_received(writer.text(), request.top_via(), source.hop.remote);
    // Values joined to the first one with commas stay as they are.
    const auto end = static_cast<std::size_t>(via.data() + via.size() - field.value.data());
    writer.text().append(field.value.substr(end));
    writer.end();
  }
}

void write_to(Writer& writer, const Message& request, std::string_view to_tag) {
  writer.begin(HeaderId::To);
  writer.text().append(request.find(HeaderId::To).value_or(std::string_view{}));
  if (!to_tag.empty() && request.to_tag().empty()) writer.text().append(";tag=").append(to_tag);
  writer.end();
}

// RFC 3261 12.1.1; RFC 6665 4.1 and RFC 3515 2.4.4 for the others.
bool creates_dialog(const Message& request, int status) {
  if (status <= 100 || status >= 300 || !request.to_tag().empty()) return false;
  switch (request.method()) {
    case Method::Invite:
      return true;
    case Method::Subscribe:
    case Method::Refer:
    case Method::Notify:
      return status >= 200;
    default:
      return false;
  }
}

}  // namespace

void append_via_received(std::string& out, const Via& via, const base::Endpoint& source) {
  const std::size_t start = out.size();
  if (via.params.empty()) {
    out += via.text;
  } else {
    const auto head = static_cast<std::size_t>(via.params.data() - via.text.data());
    std::string_view sent_by = via.text.substr(0, head);
    while (!sent_by.empty() && (base::is_blank(sent_by.back()) || sent_by.back() == ';')) sent_by.remove_suffix(1);
    out += sent_by;
    ParamReader reader(via.params);
    Param param;
    while (reader.next(param)) {
      // Only we know where it came from: what the sender wrote here is replaced.
      if (base::equals_ignoring_case(param.name, "received")) continue;
      out += ';';
      if (!base::equals_ignoring_case(param.name, "rport")) {
        out += param.text;
        continue;
      }
      out += "rport=";
      base::append_number(out, source.port);
    }
    if (reader.error()) {  // only of a request that is refused for it: what cannot be understood is copied
      out.resize(start);
      out += via.text;
    }
  }
  // RFC 3261 18.2.1: needed when sent-by does not say the same. RFC 3581 4: always beside rport.
  const auto sent_by = base::IpAddress::parse(via.host);
  if (via.rport || !sent_by || *sent_by != source.ip) {
    out += ";received=";
    source.ip.append_to(out, false);
  }
}

std::string build_response(const Message& request, int status, std::string_view to_tag, const Source& received_from,
                           std::span<const ExtraHeader> extra, std::string_view content_type, std::string_view body,
                           std::string_view reason) {
  std::string out;
  Writer writer(out, 640 + body.size());
  writer.status_line(status, reason);
  write_vias(writer, request, received_from);
  if (creates_dialog(request, status)) {
    for (const HeaderField& field : request.headers())
      if (field.id == HeaderId::RecordRoute) writer.header(HeaderId::RecordRoute, field.value);
  }
  writer.header(HeaderId::From, request.find(HeaderId::From).value_or(std::string_view{}));
  write_to(writer, request, to_tag);
  writer.header(HeaderId::CallId, request.find(HeaderId::CallId).value_or(std::string_view{}));
  writer.header(HeaderId::CSeq, request.find(HeaderId::CSeq).value_or(std::string_view{}));
  if (status == 100) {
    if (const auto timestamp = request.find(HeaderId::Timestamp)) writer.header(HeaderId::Timestamp, *timestamp);
  }
  for (const ExtraHeader& header : extra) writer.header(header.name, header.value);
  writer.finish(content_type, body);
  return out;
}

Hop response_hop(const Message& request, const Source& received_from) {
  Hop hop = received_from.hop;
  const Via& via = request.top_via();
  // Reliable transports: the connection itself; if it is gone, a new one to the sent-by port. UDP: the port that rport
  // asks for, else the sent-by port. maddr is not obeyed: it serves multicast, which nobody reaches us by, and would
  // let anyone aim our responses at a third party.
  if (is_reliable(hop.transport) || !via.rport) hop.remote.port = via.port_or_default();
  return hop;
}

}  // namespace sbc::sip
