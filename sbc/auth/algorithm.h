#pragma once
// Digest algorithms (RFC 7616 section 3.2, RFC 8760 section 2) and the only door to hash functions.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace sbc::auth {

// From weakest to strongest: comparing enumerators compares strength (RFC 8760 section 2.3).
enum class Hash : std::uint8_t { Md5, Sha256, Sha512_256 };
inline constexpr std::size_t kHashCount = 3;

struct Algorithm {
  Hash hash = Hash::Md5;
  bool session = false;  // the -sess variant
  friend auto operator<=>(const Algorithm&, const Algorithm&) = default;
};

// "MD5", "SHA-256-sess"... in any case; nullopt: an algorithm we do not know.
std::optional<Algorithm> algorithm_from(std::string_view token);
std::string_view name_of(Algorithm algorithm);

// Lower-case hex digest of the parts joined by ':' (the KD and A1/A2 forms of RFC 7616 section 3.4).
std::string digest_of(Hash hash, std::initializer_list<std::string_view> parts);
std::size_t hex_length(Hash hash);
// HA1 as an operator stores it: H(username ":" realm ":" password).
std::string ha1_of(Hash hash, std::string_view username, std::string_view realm, std::string_view password);

// Compares in time that depends on the lengths only.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace sbc::auth
