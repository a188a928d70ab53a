#pragma once
// A DNS message as an answer: the records of the question's type, at the end of its CNAMEs.

#include <cstdint>
#include <span>

#include "sbc/route/dns.h"

namespace sbc::resolve {

// Anything that cannot be read, and a chain of aliases that does not end, is Failed. A message without such records is
// Nothing, with the time that its SOA gives (RFC 2308 5).
route::DnsAnswer read_reply(std::span<const std::uint8_t> message, const route::Question& question);

}  // namespace sbc::resolve
