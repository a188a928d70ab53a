#include "sbc/auth/nonce.h"

#include <bit>
#include <optional>

#include "media-relay/base/text.h"

#include "sbc/auth/algorithm.h"

namespace sbc::auth {
namespace {

// | issued (16 hex) | serial (16 hex) | signature (16 hex) |
constexpr std::size_t kField = 16;
constexpr std::size_t kStamp = 2 * kField;
constexpr std::size_t kNonce = 3 * kField;

void append_hex(std::string& out, std::uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) out.push_back("0123456789abcdef"[(value >> shift) & 15]);
}

std::uint64_t read_hex(std::string_view text) {
  std::uint64_t value = 0;
  for (char c : text) value = value << 4 | static_cast<std::uint64_t>(base::hex_value(c));
  return value;
}

}  // namespace

std::uint64_t NonceMint::sign(std::string_view stamp, std::string_view realm) const {
  // The prefix keeps these signatures apart from whatever else the process signs with the same key.
  std::string text = "nonce";
  text += stamp;
  text += realm;
  return base::siphash(key_, text);
}

std::string NonceMint::issue(std::string_view realm, base::Instant now, base::Random& random) const {
  std::string nonce;
  nonce.reserve(kNonce);
  append_hex(nonce, std::bit_cast<std::uint64_t>(now.time_since_epoch().count()));
  append_hex(nonce, random.next());
  append_hex(nonce, sign(nonce, realm));
  return nonce;
}

std::expected<Nonce, NonceError> NonceMint::check(std::string_view nonce, std::string_view realm, base::Instant now,
                                                  base::Duration lifetime) const {
  if (nonce.size() != kNonce) return std::unexpected(NonceError::Foreign);
  // The signature covers the text as it is, so nothing but what `issue` wrote gets past here, and reading it cannot
  // fail.
  const std::string_view stamp = nonce.substr(0, kStamp);
  std::string signature;
  append_hex(signature, sign(stamp, realm));
  if (!equal_in_constant_time(signature, nonce.substr(kStamp))) return std::unexpected(NonceError::Foreign);

  const auto issued = std::bit_cast<std::int64_t>(read_hex(stamp.substr(0, kField)));
  const Nonce out{base::Instant(base::Duration(issued)), read_hex(stamp.substr(kField))};
  if (now - out.issued > lifetime) return std::unexpected(NonceError::Expired);
  return out;
}

}  // namespace sbc::auth
