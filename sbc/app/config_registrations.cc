#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/app/config_parts.h"
#include "sbc/register/domains.h"

namespace sbc::app {
namespace {

bool is_in_uri(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != '<' && c != '>' && c != '"' && c != ';' && c != '?';
}

std::string sip_uri(settings::Table& table, const std::string& key, const std::string& text, bool with_user) {
  const auto uri = sip::parse_uri(text);
  if (!uri || !uri->is_sip() || uri->has_user != with_user || !std::ranges::all_of(text, is_in_uri))
    table.fail(key, std::string("expected a sip URI ") + (with_user ? "with" : "without") + " a user part, got \"" +
                        base::printable(text) + "\"");
  return text;
}

}  // namespace

std::vector<registrar::TrunkRegistration> read_registrations(settings::Table root, const Config& config,
                                                             const call::Settings& calls) {
  std::vector<registrar::TrunkRegistration> registrations;
  for (auto& table : root.tables("registration")) {
    registrar::TrunkRegistration made;
    made.trunk = table.text("trunk");
    if (config.routes != nullptr && config.routes->trunk(made.trunk) == nullptr)
      table.fail("trunk", "expected a trunk, got \"" + base::printable(made.trunk) + "\"");
    made.aor = sip_uri(table, "aor", table.text("aor"), true);
    const auto aor = sip::parse_uri(made.aor);
    const std::string domain = aor ? std::string(aor->host_port()) : "";
    made.registrar = sip_uri(table, "registrar", table.text("registrar", "sip:" + domain), false);
    made.user = table.text("user", aor ? sip::unescape(aor->user) : "");
    if (made.user.empty()) table.fail("user", "expected the user part of our Contact, got none");
    made.user = sip::escape_user(made.user);
    const settings::DurationRange range{base::seconds(60), base::seconds(registrar::kMaxExpiresCeiling)};
    made.expires = static_cast<std::uint32_t>(
        std::chrono::duration_cast<base::seconds>(table.duration("expires", range, base::hours(1))).count());
    made.retry = table.duration("retry", {base::seconds(1), base::hours(1)}, made.retry);
    made.retry_most = table.duration("retry_most", {base::seconds(1), base::hours(24)}, made.retry_most);
    if (made.retry > made.retry_most) table.fail("retry", "expected no more than retry_most");
    if (const auto account = calls.accounts.find(made.trunk); account != calls.accounts.end())
      made.account = account->second;
    const auto same = [&made](const auto& other) { return other.name() == made.name(); };
    if (std::ranges::any_of(registrations, same)) table.fail("aor", "is there twice for this trunk");
    registrations.push_back(std::move(made));
  }
  if (registrations.size() > registrar::kMaxTrunkRegistrations)
    root.fail("registration", "expected at most " + std::to_string(registrar::kMaxTrunkRegistrations));
  return registrations;
}

}  // namespace sbc::app
