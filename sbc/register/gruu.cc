#include "sbc/register/gruu.h"

#include <array>

#include "media-relay/base/text.h"

#include "sbc/auth/algorithm.h"
#include "sbc/sip/params.h"
#include "sbc/sip/uri.h"
#include "sbc/sip/values.h"

namespace sbc::registrar {
namespace {

// | random (16) | epoch xor f(random) (16) | proof over both (12) |, in hex.
constexpr std::size_t kWord = 16;
constexpr std::size_t kProof = 12;
constexpr std::uint64_t kProofMask = 0xffff'ffff'ffff;

void append_hex(std::string& out, std::uint64_t value, std::size_t digits) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = digits; i-- > 0;) out.push_back(kDigits[(value >> (4 * i)) & 15]);
}

std::optional<std::uint64_t> from_hex(std::string_view text) {
  std::uint64_t value = 0;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    if (!((lower >= '0' && lower <= '9') || (lower >= 'a' && lower <= 'f'))) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(lower <= '9' ? lower - '0' : lower - 'a' + 10);
  }
  return value;
}

std::string hex(std::uint64_t value, std::size_t digits = kWord) {
  std::string out;
  append_hex(out, value, digits);
  return out;
}

}  // namespace

std::string public_gr(std::string_view aor, std::string_view instance) {
  return auth::digest_of(auth::Hash::Sha256, {"gruu\n", aor, "\n", instance}).substr(0, 32);
}

Gruus::Gruus(const base::HashKey& key)
    : seal_{base::siphash(key, "gruu seal 0"), base::siphash(key, "gruu seal 1")},
      proof_{base::siphash(key, "gruu proof 0"), base::siphash(key, "gruu proof 1")} {}

std::string Gruus::temporary_user(std::uint64_t epoch, base::Random& random) const {
  const std::string noise = hex(random.next());
  std::string out = noise + hex(epoch ^ base::siphash(seal_, noise));
  append_hex(out, base::siphash(proof_, out) & kProofMask, kProof);
  return out;
}

std::optional<std::uint64_t> Gruus::epoch_of(std::string_view user) const {
  if (user.size() != 2 * kWord + kProof) return std::nullopt;
  const std::string lower = base::to_lower(user);  // peers that change the case of what they echo exist
  const std::string_view text = lower;
  const auto sealed = from_hex(text.substr(kWord, kWord));
  const auto proof = from_hex(text.substr(2 * kWord));
  if (!sealed || !proof || *proof != (base::siphash(proof_, text.substr(0, 2 * kWord)) & kProofMask))
    return std::nullopt;
  return *sealed ^ base::siphash(seal_, text.substr(0, kWord));
}

std::string Gruus::params(const Binding& binding, base::Random& random) const {
  std::string out;
  if (!binding.given_pub_gruu.empty() || !binding.given_temp_gruu.empty()) {
    if (!binding.given_pub_gruu.empty()) out += ";pub-gruu=" + sip::quote(binding.given_pub_gruu);
    if (!binding.given_temp_gruu.empty()) out += ";temp-gruu=" + sip::quote(binding.given_temp_gruu);
    return out;
  }
  if (binding.gruu_epoch == 0) return out;
  const std::size_t at = binding.aor.rfind('@');
  const std::string domain = binding.aor.substr(at + 1);
  // An address of record is unescaped, a URI is not.
  const std::string user = sip::escape_user(std::string_view(binding.aor).substr(4, at - 4));
  out += ";pub-gruu=\"sip:" + user + "@" + domain + ";gr=" + public_gr(binding.aor, binding.instance) + "\"";
  out += ";temp-gruu=\"sip:" + temporary_user(binding.gruu_epoch, random) + "@" + domain + ";gr\"";
  return out;
}

bool wants_gruu(const sip::Message& request) {
  return sip::lists_token(request, sip::HeaderId::Supported, "gruu");
}

bool has_gr(const Binding& binding, std::string_view gr) {
  if (!binding.given_pub_gruu.empty()) {
    const auto uri = sip::parse_uri(binding.given_pub_gruu);
    return uri && uri->param("gr") == gr;
  }
  return !binding.instance.empty() && public_gr(binding.aor, binding.instance) == gr;
}

}  // namespace sbc::registrar
