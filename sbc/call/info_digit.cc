#include <algorithm>
#include <array>

#include "media-relay/base/text.h"
#include "media-relay/control/limits.h"

#include "sbc/call/digits.h"

namespace sbc::call {
namespace {

constexpr std::uint32_t kLongestMs = control::kMaxDigitMs;

// "5", "*", "a", or the number of the event (RFC 4733 3.2): "10" is a star.
std::optional<char> digit_from(std::string_view text) {
  text = base::trim(text);
  if (text.size() == 1) {
    const char c = text[0] >= 'a' && text[0] <= 'd' ? static_cast<char>(text[0] - 'a' + 'A') : text[0];
    return control::kDigitLetters.contains(c) ? std::optional<char>(c) : std::nullopt;
  }
  const auto code = base::parse_unsigned<std::uint8_t>(text);
  if (!code || text.size() != 2 || *code >= control::kDigitLetters.size()) return std::nullopt;
  return control::kDigitLetters[*code];
}

}  // namespace

std::optional<InfoDigit> read_info_digit(std::string_view type, std::string_view body) {
  if (type == "application/dtmf") {
    const auto digit = digit_from(body);
    return digit ? std::optional<InfoDigit>({*digit, 0}) : std::nullopt;
  }
  if (type != kDtmfRelay) return std::nullopt;
  InfoDigit out;
  bool found = false;
  while (!body.empty()) {
    const std::size_t end = body.find_first_of("\r\n");
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = base::trim(line.substr(0, equals));
    const std::string_view value = base::trim(line.substr(equals + 1));
    if (base::equals_ignoring_case(name, "Signal")) {
      const auto digit = digit_from(value);
      if (!digit) return std::nullopt;
      out.digit = *digit;
      found = true;
    } else if (base::equals_ignoring_case(name, "Duration")) {
      out.duration_ms = std::min(base::parse_unsigned<std::uint32_t>(value).value_or(0), kLongestMs);
    }
  }
  if (!found) return std::nullopt;
  return out;
}

std::string dtmf_relay_body(const InfoDigit& digit) {
  std::string body = "Signal=";
  // A flash has no letter there.
  if (digit.digit == '!')
    body.append("16");
  else
    body.push_back(digit.digit);
  return body.append("\r\nDuration=").append(std::to_string(digit.duration_ms)).append("\r\n");
}

}  // namespace sbc::call
