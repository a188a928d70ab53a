// rooms: resolve
// A DNS message from anybody: nothing breaks, and what is taken from it is within the limits and made of names. The
// first byte picks what was asked.

#include <cstdint>
#include <cstdlib>
#include <span>

#include "sbc/resolve/reply.h"
#include "sbc/route/limits.h"

namespace {

using namespace sbc;

void must(bool held) {
  if (!held) std::abort();
}

void check(const route::DnsAnswer& answer) {
  must(answer.addresses.size() <= route::kMaxAddresses && answer.srv.size() <= route::kMaxSrvRecords &&
       answer.naptr.size() <= route::kMaxNaptrRecords);
  must(answer.ttl >= base::Duration::zero());
  const bool empty = answer.addresses.empty() && answer.srv.empty() && answer.naptr.empty();
  must(empty == (answer.outcome != route::DnsAnswer::Outcome::Found));
  for (const auto& srv : answer.srv) must(srv.target.empty() || !route::host_name(srv.target).empty());
  for (const auto& naptr : answer.naptr) must(route::host_name(naptr.replacement) == naptr.replacement);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  using Type = route::Question::Type;
  constexpr Type kTypes[] = {Type::Naptr, Type::Srv, Type::A, Type::Aaaa};
  const route::Question question{kTypes[data[0] % 4], "h.example"};
  check(resolve::read_reply(std::span(data + 1, size - 1), question));
  return 0;
}
