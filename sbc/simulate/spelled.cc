#include "sbc/simulate/spelled.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "media-relay/base/text.h"

#include "sbc/simulate/advisor.h"

namespace sbc::simulate {

std::expected<base::WallTime, std::string> read_time(std::string_view text) {
  std::tm parts{};
  int year = 0;
  int month = 0;
  char rest = 0;
  const std::string given(text);
  const int read = std::sscanf(given.c_str(), "%4d-%2d-%2d %2d:%2d%c", &year, &month, &parts.tm_mday, &parts.tm_hour,
                               &parts.tm_min, &rest);
  const bool possible = read == 5 && year >= 1970 && month >= 1 && month <= 12 && parts.tm_mday >= 1 &&
                        parts.tm_mday <= 31 && parts.tm_hour >= 0 && parts.tm_hour < 24 && parts.tm_min >= 0 &&
                        parts.tm_min < 60;
  if (!possible) return std::unexpected("expected a time such as \"2026-11-21 08:30\", got \"" + given + "\"");
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  base::WallTime wall;
  wall.seconds = timegm(&parts);
  return wall;
}

std::expected<base::Endpoint, std::string> read_address(std::string_view text) {
  if (const auto whole = base::Endpoint::parse(text)) return *whole;
  if (const auto ip = base::IpAddress::parse(text)) return base::Endpoint{*ip, 5060};
  return std::unexpected("expected an address such as 192.0.2.5:5060, got \"" + std::string(text) + "\"");
}

bool is_at_once(std::string_view text) {
  static constexpr std::string_view kFronts[] = {"trunk ", "realm ", "user ", "class "};
  return std::ranges::any_of(kFronts, [text](std::string_view front) { return text.starts_with(front); });
}

std::string meant(std::string_view word, const std::vector<std::string>& options) {
  const std::vector<std::string_view> there(options.begin(), options.end());
  const auto nearest = base::nearest(word, there);
  return nearest ? "; did you mean \"" + std::string(*nearest) + "\"?" : "";
}

std::expected<std::string, std::string> callee_named(const Setting& setting, std::string_view domain,
                                                     const std::vector<Phone>& phones, std::string_view who) {
  const auto& trunks = setting.calls->routes->trunks();
  if (setting.calls->routes->trunk(who) != nullptr) return std::string(who);
  if (const auto address = read_address(who)) return address->text();
  if (who.contains('.') && !who.contains('@') && !who.contains(':')) return std::string(who);
  const std::string aor = whole_aor(who, domain);
  if (setting.account(aor) || std::ranges::find(phones, aor, &Phone::aor) != phones.end()) return aor;
  std::vector<std::string> there;
  for (const auto& trunk : trunks) there.push_back(trunk.name);
  for (const auto& phone : phones) there.push_back(phone.aor);
  return std::unexpected("nobody is called \"" + base::printable(who, 60) +
                         "\": there is no such trunk, phone or address" + meant(who, there));
}

std::string wrong_at_once(const Setting& setting, std::string_view text) {
  const auto blank = text.find(' ');
  const std::string_view kind = text.substr(0, blank);
  const std::string_view name = text.substr(blank + 1);
  std::vector<std::string> there;
  if (kind == "trunk") {
    for (const auto& trunk : setting.calls->routes->trunks()) there.push_back(trunk.name);
  } else if (kind == "realm") {
    for (const auto& realm : setting.calls->routes->realms()) there.push_back(realm.name);
  } else {
    return {};
  }
  if (std::ranges::find(there, name) != there.end()) return {};
  return "there is no " + std::string(kind) + " \"" + base::printable(name, 60) + "\"" + meant(name, there);
}

std::string whole_aor(std::string_view text, std::string_view domain) {
  std::string aor(text);
  if (!aor.starts_with("sip:") && !aor.starts_with("sips:")) aor.insert(0, "sip:");
  if (!aor.contains('@')) aor.append("@").append(domain);
  return aor;
}

std::expected<Phone, std::string> make_phone(const Setting& setting, std::string aor, const std::string& realm_name,
                                             std::size_t number) {
  const auto* realm = realm_of(setting, realm_name);
  if (realm == nullptr || realm->listeners.empty())
    return std::unexpected("there is no realm \"" + realm_name + "\" for phones");
  Phone phone;
  phone.aor = std::move(aor);
  phone.realm = realm->name;
  const auto& listener = realm->listeners.front();
  phone.transport = listener.transport;
  const std::string host = listener.address.ip.is_v4() ? "198.51.100." + std::to_string(1 + number % 250)
                                                       : "2001:db8:1::" + std::to_string(1 + number % 9000);
  phone.address = {*base::IpAddress::parse(host), 5060};
  return phone;
}

}  // namespace sbc::simulate
