#include "sbc/identity/session_id.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "media-relay/base/text.h"

#include "sbc/sip/params.h"

namespace sbc::identity {
namespace {

constexpr std::size_t kUuidDigits = 32;
constexpr std::string_view kRemote = ";remote=";

bool is_uuid(std::string_view text) {
  return text.size() == kUuidDigits && std::ranges::all_of(text, [](char c) { return base::hex_value(c) >= 0; });
}

}  // namespace

std::optional<SessionId> parse_session_id(std::string_view value) {
  const auto semicolon = value.find(';');
  const auto local = base::trim(value.substr(0, semicolon));
  if (!is_uuid(local)) return std::nullopt;
  SessionId id;
  id.local = base::to_lower(local);
  if (semicolon == std::string_view::npos) return id;
  const auto remote = sip::find_param(value.substr(semicolon + 1), "remote");
  if (!remote) return id;
  if (!is_uuid(*remote)) return std::nullopt;
  id.remote = base::to_lower(*remote);
  return id;
}

std::string new_uuid(base::Random& random) {
  std::array<std::byte, 16> bytes{};
  random.fill(bytes);
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};  // RFC 4122 4.4
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  return base::to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string session_id_value(std::string_view from, std::string_view to) {
  std::string value;
  value.reserve(2 * kUuidDigits + kRemote.size());
  return value.append(from.empty() ? kNilUuid : from).append(kRemote).append(to.empty() ? kNilUuid : to);
}

bool is_session_id_of(std::string_view value, std::string_view from, std::string_view to) {
  return value.starts_with(from.empty() ? kNilUuid : from) && value.ends_with(to.empty() ? kNilUuid : to) &&
         value.size() == 2 * kUuidDigits + kRemote.size();
}

}  // namespace sbc::identity
