// rooms: sip
// Any bytes as a datagram and as a message of a stream: nothing breaks, every view lies inside the message, and what
// was accepted can be answered with something that is accepted again.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "sbc/sip/contact.h"
#include "sbc/sip/parser.h"
#include "sbc/sip/response.h"
#include "sbc/sip/values.h"

namespace {

using namespace sbc::sip;

void require(bool promise) {
  if (!promise) std::abort();
}

void check_inside(const Message& message, std::string_view view) {
  if (view.empty()) return;
  const auto whole = message.bytes();
  require(view.data() >= whole.data() && view.data() + view.size() <= whole.data() + whole.size());
}

void check_views(const Message& message) {
  for (const HeaderField& field : message.headers()) {
    check_inside(message, field.name);
    check_inside(message, field.value);
    require(field.value.find_first_of("\r\n") == std::string_view::npos);
    for_each_value(message, field.id, [&](std::string_view value) {
      check_inside(message, value);
      if (const auto address = parse_name_addr(value)) {
        check_inside(message, address->uri.user);
        check_inside(message, address->address_text());
        (void)address->display_text();
        (void)equivalent(address->uri, message.from().uri);
      }
      (void)parse_via(value);
    });
  }
  check_inside(message, message.request_uri_text());
  check_inside(message, message.body());
  check_inside(message, message.from_tag());
  check_inside(message, message.top_via().branch);
  (void)parse_contacts(message);
  if (const auto rack = message.find(HeaderId::RAck)) (void)parse_rack(*rack);
}

void check_uri(const Uri& uri) {
  if (!uri.has_user) return;
  const std::string escaped = "sip:" + escape_user(unescape(uri.user)) + "@h";
  const auto again = parse_uri(escaped);
  require(again.has_value());
  require(unescape(again->user) == unescape(uri.user));
}

void check(std::string bytes, Framing framing) {
  const ParseResult result = parse(std::move(bytes), {}, framing);
  require(result.error.has_value() || result.message != nullptr);
  require(!result.answerable || result.message != nullptr);
  if (!result.message) return;
  const Message& message = *result.message;
  check_views(message);
  if (message.is_response()) return;
  check_uri(message.request_uri());
  Source source;
  source.hop.remote = {base::IpAddress::v4(0xc0000201), 5060};
  if (!result.answerable) return;
  const std::string response = build_response(message, 400, "tag", source);
  if (result.error) return;
  const ParseResult again = parse(response, Limits{.header_value_bytes = 65535}, Framing::Stream);
  require(again.ok());
  require(again.message->call_id() == message.call_id());
  require(again.message->top_via().branch == message.top_via().branch);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  check(bytes, Framing::Datagram);
  check(bytes, Framing::Stream);
  return 0;
}
