#include "sbc/tls/identity.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>

#include "media-relay/base/text.h"

#include "sbc/tls/limits.h"

namespace sbc::tls {
namespace {

using Names = std::unique_ptr<GENERAL_NAMES, decltype([](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); })>;

std::string_view text_of(const ASN1_STRING& string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&string)),
          static_cast<std::size_t>(ASN1_STRING_length(&string))};
}

// Also keeps out names with a NUL or a blank in them, which only somebody who cheats would write.
bool is_dns_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](char c) {
    return base::is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '*';
  });
}

// "sip:example.com", "SIP:example.com:5061;transport=tls"; "" for what is no SIP domain identity.
std::string_view domain_of_uri(std::string_view uri) {
  if (uri.size() < 4 || !base::equals_ignoring_case(uri.substr(0, 4), "sip:")) return {};
  if (uri.find('@') != std::string_view::npos) return {};
  const std::string_view rest = uri.substr(4);
  const std::string_view host = rest.substr(0, rest.find_first_of(":;?/"));
  return is_dns_name(host) ? host : std::string_view{};
}

void add_address(const ASN1_OCTET_STRING& string, std::vector<base::IpAddress>& to) {
  const std::string_view bytes = text_of(string);
  if (bytes.size() == 4) {
    std::uint32_t v4 = 0;
    for (const char c : bytes) v4 = v4 << 8 | static_cast<std::uint8_t>(c);
    to.push_back(base::IpAddress::v4(v4));
  } else if (bytes.size() == 16) {
    std::array<std::uint8_t, 16> v6{};
    std::ranges::copy(bytes, reinterpret_cast<char*>(v6.data()));
    to.push_back(base::IpAddress::v6(v6));
  }
}

std::string common_name(const X509& certificate) {
  X509_NAME* const subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  const std::string_view name = text_of(*X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  return is_dns_name(name) ? base::to_lower(name) : std::string{};
}

}  // namespace

bool Identity::names(std::string_view domain) const {
  return std::ranges::any_of(domains, [&](const std::string& d) { return base::equals_ignoring_case(d, domain); });
}

bool Identity::names(const base::IpAddress& address) const {
  return std::ranges::find(addresses, address) != addresses.end();
}

Identity identity_of(const x509_st& certificate) {
  Identity identity;
  int critical = 0;
  const Names names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, &critical, nullptr)));
  if (!names) {
    if (critical != -1) return identity;  // there is one, and it cannot be read
    if (std::string name = common_name(certificate); !name.empty()) identity.domains.push_back(std::move(name));
    return identity;
  }
  std::vector<std::string> dns;
  const int count = std::min(sk_GENERAL_NAME_num(names.get()), static_cast<int>(kNames));
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI) {
      const std::string_view domain = domain_of_uri(text_of(*name->d.uniformResourceIdentifier));
      if (!domain.empty()) identity.domains.push_back(base::to_lower(domain));
    } else if (name->type == GEN_DNS) {
      const std::string_view domain = text_of(*name->d.dNSName);
      if (is_dns_name(domain)) dns.push_back(base::to_lower(domain));
    } else if (name->type == GEN_IPADD) {
      add_address(*name->d.iPAddress, identity.addresses);
    }
  }
  if (identity.domains.empty()) identity.domains = std::move(dns);
  return identity;
}

}  // namespace sbc::tls
