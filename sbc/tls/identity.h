#pragma once
// Who a certificate says somebody is (RFC 5922).

#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"

struct x509_st;

namespace sbc::tls {

struct Identity {
  // SIP domain identities by RFC 5922 7.1, lower case: of sip URIs without a user part; if there is none, DNS names; if
  // the certificate has no subjectAltName at all, its CN. Never more than kNames.
  std::vector<std::string> domains;
  std::vector<base::IpAddress> addresses;  // iPAddress entries of subjectAltName

  // RFC 5922 7.2: whole names, in any case; "*.example.com" is only that, whatever stands in other certificates.
  bool names(std::string_view domain) const;
  bool names(const base::IpAddress& address) const;
};

Identity identity_of(const x509_st& certificate);

}  // namespace sbc::tls
