#include "sbc/register/domains.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/register/limits.h"

namespace sbc::registrar {
namespace {

// Names in lower case without the root's dot; addresses in their one shortest form.
std::string canonical_host(std::string_view host) {
  if (const auto ip = base::IpAddress::parse(host)) return ip->uri_text();
  if (host.ends_with('.')) host.remove_suffix(1);
  return base::to_lower(host);
}

bool contains(const std::vector<std::string>& list, std::string_view wanted) {
  return std::ranges::find(list, wanted) != list.end();
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

}  // namespace

std::expected<Aor, AorError> aor_of(const sip::Uri& uri) {
  if (!uri.is_sip()) return std::unexpected(AorError::NotSip);
  if (!uri.has_user || uri.user.empty()) return std::unexpected(AorError::NoUser);
  Aor aor{sip::unescape(uri.user), canonical_host(uri.host)};
  if (aor.user.empty()) return std::unexpected(AorError::NoUser);
  if (aor.user.size() + aor.domain.size() > kMaxAorBytes || has_control(aor.user))
    return std::unexpected(AorError::Unacceptable);
  return aor;
}

std::expected<std::string, AorError> canonical_aor(const sip::Uri& uri) {
  const auto aor = aor_of(uri);
  if (!aor) return std::unexpected(aor.error());
  return aor->text();
}

Domains::Domains(const std::vector<std::string>& names, const std::vector<std::string>& aliases, bool own_addresses)
    : own_addresses_(own_addresses) {
  std::ranges::transform(names, std::back_inserter(names_), canonical_host);
  std::ranges::transform(aliases, std::back_inserter(aliases_), canonical_host);
}

std::optional<std::string> Domains::serving(std::string_view host, const base::IpAddress& local) const {
  if (names_.empty()) return std::nullopt;
  std::string wanted = canonical_host(host);
  if (contains(names_, wanted)) return wanted;
  if (contains(aliases_, wanted) || (own_addresses_ && !local.empty() && wanted == local.uri_text()))
    return names_.front();
  return std::nullopt;
}

std::expected<Aor, AorError> Domains::local_aor(const sip::Uri& uri, const base::IpAddress& local) const {
  auto aor = aor_of(uri);
  if (!aor) return aor;
  if (auto domain = serving(aor->domain, local)) aor->domain = std::move(*domain);
  return aor;
}

}  // namespace sbc::registrar
