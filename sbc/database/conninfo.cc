#include "sbc/database/conninfo.h"

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <string_view>

#include "media-relay/base/text.h"

namespace sbc::database {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
struct FreeText {
  void operator()(char* text) const { PQfreemem(text); }
};
using Options = std::map<std::string, std::string>;

std::expected<Options, std::string> parse(const std::string& text) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> parsed(PQconninfoParse(text.c_str(), &error));
  const std::unique_ptr<char, FreeText> said(error);
  if (parsed == nullptr) {
    // libpq repeats what it cannot read, and that may be a password: the name of an unknown option alone is told.
    const std::string_view why = said != nullptr ? base::trim(said.get()) : "";
    return std::unexpected("expected a connection string of PostgreSQL, such as \"host=10.0.0.5 dbname=numbers\"" +
                           (why.starts_with("invalid connection option") ? ", got an " + std::string(why) : ""));
  }
  Options options;
  for (const PQconninfoOption* one = parsed.get(); one->keyword != nullptr; ++one)
    if (one->val != nullptr && *one->val != '\0') options.emplace(one->keyword, one->val);
  return options;
}

bool is_path(std::string_view host) {
  return host.starts_with('/') || host.starts_with('@');
}

bool is_loopback(const base::IpAddress& address) {
  static const auto four = base::Prefix::parse("127.0.0.0/8");
  static const auto six = base::Prefix::parse("::1/128");
  return (four && four->contains(address)) || (six && six->contains(address));
}

// "a,b": the addresses in their order, as libpq has them; whether all are this machine's.
struct Hosts {
  std::string addresses;
  bool local = true;
};
std::expected<Hosts, std::string> locate(std::string_view hosts, const Resolve& resolve) {
  Hosts out;
  for (bool first = true;; first = false) {
    const auto comma = hosts.find(',');
    const std::string host(hosts.substr(0, comma));
    if (!first) out.addresses += ",";
    if (!is_path(host)) {
      auto address = base::IpAddress::parse(host);
      if (!address) {
        const auto found = resolve(host);
        if (found.empty()) return std::unexpected("the host \"" + base::printable(host) + "\" has no address");
        address = found.front();
      }
      out.addresses += address->text();
      out.local = out.local && is_loopback(*address);
    }
    if (comma == std::string_view::npos) return out;
    hosts.remove_prefix(comma + 1);
  }
}

}  // namespace

std::expected<std::vector<std::pair<std::string, std::string>>, std::string> read_conninfo(const std::string& text,
                                                                                           const std::string& password,
                                                                                           const Resolve& resolve) {
  auto options = parse(text);
  if (!options) return std::unexpected(options.error());
  if (options->contains("password"))
    return std::unexpected(
        "expected the password as password = \"file:...\" beside it, got it in the connection string");
  for (const char* no : {"service", "hostaddr"})
    if (options->contains(no)) return std::unexpected("expected host instead of " + std::string(no));
  // Nothing of this comes from the environment.
  const auto hosts = locate(options->try_emplace("host", "/var/run/postgresql").first->second, resolve);
  if (!hosts) return std::unexpected(hosts.error());
  if (!hosts->local && !options->contains("sslmode"))
    return std::unexpected(
        "expected sslmode for a server on another machine: verify-full (with sslrootcert), or disable where nobody "
        "else "
        "is in the network");
  if (hosts->addresses.find_first_not_of(',') != std::string::npos) options->emplace("hostaddr", hosts->addresses);
  options->try_emplace("port", "5432");
  options->try_emplace("sslmode", "prefer");
  options->try_emplace("gssencmode", "disable");  // looks names up
  options->try_emplace("application_name", "parapet");
  if (!password.empty()) options->emplace("password", password);
  return std::vector<std::pair<std::string, std::string>>(options->begin(), options->end());
}

}  // namespace sbc::database
