#include "sbc/retell/text.h"

#include "media-relay/base/text.h"

namespace sbc::retell {

json::Value text(std::string_view from) {
  if (json::is_utf8(from)) return {std::string(from)};
  return {json::Members{{"bytes", {base::to_hex(from)}}}};
}

std::optional<std::string> as_text(const json::Value& value) {
  if (const auto* plain = std::get_if<std::string>(&value.what)) return *plain;
  const auto* members = std::get_if<json::Members>(&value.what);
  if (members == nullptr || members->size() != 1 || members->front().name != "bytes") return std::nullopt;
  const auto* hex = std::get_if<std::string>(&members->front().value.what);
  if (hex == nullptr || hex->size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(hex->size() / 2);
  for (std::size_t i = 0; i < hex->size(); i += 2) {
    const int high = base::hex_value((*hex)[i]);
    const int low = base::hex_value((*hex)[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

}  // namespace sbc::retell
