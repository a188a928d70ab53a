#include "sbc/identity/asserted.h"

#include <algorithm>

#include "sbc/identity/limits.h"
#include "sbc/sip/params.h"
#include "sbc/sip/values.h"

namespace sbc::identity {
namespace {

// "sip:alice@example.net" -> "alice", escaped as it stands.
std::string_view user_of(std::string_view aor) {
  const auto uri = sip::parse_uri(aor);
  return uri ? uri->user : std::string_view{};
}

std::vector<Person> believed(const sip::Message& message, limit::Counts* limits) {
  std::vector<Person> people;
  sip::for_each_value(message, sip::HeaderId::PAssertedIdentity, [&people, limits](std::string_view value) {
    if (people.size() == kMaxIdentities) {
      limit::note(limits, limit::Reached::Identities);
      return false;
    }
    const auto address = sip::parse_name_addr(value);
    const auto person = address ? person_of(*address) : std::nullopt;
    if (person && std::ranges::find(people, person->tel, &Person::tel) == people.end()) people.push_back(*person);
    return true;
  });
  return people;
}

}  // namespace

std::optional<Person> person_of(const sip::NameAddr& address) {
  if (address.uri.scheme == sip::Uri::Scheme::Other || address.uri.user.empty()) return std::nullopt;
  Person person;
  person.display = address.display_text();
  person.tel = address.uri.scheme == sip::Uri::Scheme::Tel && address.uri.user.starts_with('+');
  // A local number has a meaning in its own network only: it becomes a user of the border.
  person.user = person.tel                                    ? std::string(address.uri.user)
                : address.uri.scheme == sip::Uri::Scheme::Tel ? sip::escape_user(address.uri.user)
                                                              : std::string(address.uri.user);
  // User parameters ("+43123;phone-context=10.1.2.3") name networks.
  if (!person.tel) person.user.resize(std::min(person.user.find(';'), person.user.size()));
  if (person.user.empty() || person.user.size() > kMaxUserBytes) return std::nullopt;
  if (person.display.size() > kMaxDisplayBytes) person.display.clear();
  return person;
}

std::string value_of(const Person& person, std::string_view host) {
  std::string value;
  if (!person.display.empty()) value = sip::quote(person.display) + " ";
  if (person.tel) return value + "<tel:" + person.user + ">";
  return value.append("<sip:").append(person.user).append("@").append(host).append(">");
}

std::vector<Person> asserted_by(const sip::Message& message, const Sender& sender, limit::Counts* limits) {
  if (sender.trusted) return believed(message, limits);
  if (sender.proven.empty()) return {};
  Person person{.display = {}, .user = std::string(user_of(sender.proven.front())), .tel = false};
  sip::for_each_value(message, sip::HeaderId::PPreferredIdentity, [&](std::string_view value) {
    const auto address = sip::parse_name_addr(value);
    const auto wanted = address ? person_of(*address) : std::nullopt;
    if (!wanted) return true;
    for (const auto& aor : sender.proven) {
      if (sip::unescape(user_of(aor)) != sip::unescape(wanted->user)) continue;
      person = *wanted;
      person.tel = false;
      return false;
    }
    return true;
  });
  if (person.user.empty()) return {};
  return {person};
}

}  // namespace sbc::identity
