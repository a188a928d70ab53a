#include "sbc/sip/contact.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/sip/values.h"

namespace sbc::sip {

std::optional<std::uint32_t> parse_delta_seconds(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), base::is_digit)) return std::nullopt;
  return base::parse_unsigned<std::uint32_t>(text).value_or(UINT32_MAX);
}

std::optional<std::uint16_t> parse_qvalue(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  unsigned value = text[0] == '1' ? 1000 : 0;
  if (text.size() > 1) {
    if (text[1] != '.' || text.size() > 5) return std::nullopt;
    unsigned weight = 100;
    for (const char c : text.substr(2)) {
      if (!base::is_digit(c)) return std::nullopt;
      value += static_cast<unsigned>(c - '0') * weight;
      weight /= 10;
    }
  }
  if (value > 1000) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

namespace {

std::expected<Contact, Error> parse_contact(std::string_view value) {
  auto address = parse_name_addr(value);
  if (!address) return std::unexpected(std::move(address.error()));
  Contact contact;
  contact.address = *address;
  if (const auto q = address->param("q")) {
    const auto thousandths = parse_qvalue(*q);
    if (!thousandths) return unexpected("q between 0 and 1", value, static_cast<std::size_t>(q->data() - value.data()));
    contact.q = static_cast<float>(*thousandths) / 1000.0F;
  }
  // RFC 3261 20.10: "Malformed values SHOULD be treated as equivalent to 3600."
  if (const auto expires = address->param("expires")) contact.expires = parse_delta_seconds(*expires).value_or(3600);
  return contact;
}

}  // namespace

std::expected<ContactList, Error> parse_contacts(const Message& message) {
  ContactList list;
  std::optional<Error> error;
  for_each_value(message, HeaderId::Contact, [&](std::string_view value) {
    if (list.star || (value == "*" && !list.values.empty())) {
      error = unexpected("\"*\" alone", value, 0).error();
    } else if (value == "*") {
      list.star = true;
    } else if (auto contact = parse_contact(value)) {
      list.values.push_back(*contact);
    } else {
      error = std::move(contact.error());
    }
    return !error;
  });
  if (error) return std::unexpected(std::move(*error));
  return list;
}

std::expected<std::optional<NameAddr>, Error> target_contact(const Message& message) {
  std::expected<std::optional<NameAddr>, Error> target;
  for_each_value(message, HeaderId::Contact, [&](std::string_view value) {
    const auto address = parse_name_addr(value);
    if (address && address->uri.is_sip() && !address->uri.host.empty()) {
      target = *address;
    } else {
      target = unexpected("a sip: or sips: URI", value, 0);
    }
    return false;
  });
  return target;
}

std::optional<NameAddr> first_contact(const Message& message) {
  std::optional<NameAddr> found;
  for_each_value(message, HeaderId::Contact, [&](std::string_view value) {
    if (auto address = parse_name_addr(value)) found = *address;
    return false;
  });
  return found;
}

}  // namespace sbc::sip
