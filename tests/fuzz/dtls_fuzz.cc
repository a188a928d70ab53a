// rooms: secure
// What comes before a handshake is done. The first byte chooses the role, whether the source is vouched for and what
// of a true handshake goes before; then datagrams, each behind two bytes of length. Nobody but the true peer ever gets
// keys.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "media-relay/secure/dtls_session.h"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

const std::shared_ptr<const secure::Identity>& identity() {
  static const auto made = [] {
    auto out = secure::Identity::make(1'700'000'000);
    require(out.has_value());
    return *out;
  }();
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::uint8_t> input(data, size);
  if (input.empty()) return 0;
  const std::uint8_t options = input[0];
  input = input.subspan(1);
  const auto here = *base::Endpoint::parse("192.0.2.1:1000");
  const auto there = *base::Endpoint::parse("192.0.2.2:2000");
  const base::Instant now{base::seconds(1)};
  const bool active = (options & 1) != 0;
  const bool vouched = active || (options & 2) != 0;
  const secure::Fingerprint nobody{secure::Hash::Sha256, std::vector<std::byte>(32)};
  const auto session =
      secure::DtlsSession::make(identity(), {active ? secure::DtlsRole::Active : secure::DtlsRole::Passive, {nobody}});
  const auto other =
      secure::DtlsSession::make(identity(), {active ? secure::DtlsRole::Passive : secure::DtlsRole::Active, {nobody}});
  std::vector<secure::Datagram> out;
  if (active) {
    session->start(there, now, out);
  } else if ((options & 4) != 0) {
    std::vector<secure::Datagram> hello;
    other->start(here, now, hello);
    session->on_datagram(hello.at(0), there, vouched, now, out);
  }
  for (int datagrams = 0; input.size() >= 2 && datagrams < 32; ++datagrams) {
    const std::size_t length = std::min<std::size_t>(input[0] * 256U + input[1], input.size() - 2);
    out.clear();
    session->on_datagram(std::as_bytes(input.subspan(2, length)), there, vouched, now, out);
    for (const auto& d : out) require(!d.empty() && d.size() <= secure::kDtlsMtu);
    require(!session->keys());
    input = input.subspan(2 + length);
  }
  return 0;
}
