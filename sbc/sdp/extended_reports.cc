#include "sbc/sdp/extended_reports.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace sbc::sdp {
namespace {

// A datagram has no more octets.
constexpr std::size_t kMaxSizeDigits = 5;

bool is_size(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSizeDigits &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Of `text`, what stands behind the last separator is looked at with the next call.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

bool are_flags(std::string_view text) {
  constexpr std::array<std::string_view, 5> kFlags{"loss", "dup", "jitt", "TTL", "HL"};
  std::size_t count = 0;
  while (!text.empty()) {
    if (std::ranges::find(kFlags, take(text, ',')) == kFlags.end() || ++count > kFlags.size()) return false;
  }
  return count > 0;
}

bool is_round_trip(std::string_view text) {
  const std::string_view mode = take(text, ':');
  return (mode == "all" || mode == "sender") && (text.empty() || is_size(text));
}

constexpr std::array<std::string_view, 6> kFormats{"pkt-loss-rle", "pkt-dup-rle",  "pkt-rcpt-times",
                                                   "rcvr-rtt",     "stat-summary", "voip-metrics"};

bool is_well_formed(std::string_view name, const std::optional<std::string_view>& value) {
  if (name == "voip-metrics") return !value;
  if (name == "rcvr-rtt") return value && is_round_trip(*value);
  if (name == "stat-summary") return !value || are_flags(*value);
  return !value || is_size(*value);
}

const Line* find_reports(std::span<const Line> lines) {
  const auto it = std::ranges::find(lines, AttributeId::RtcpXr, &Line::attribute);
  return it == lines.end() ? nullptr : &*it;
}

}  // namespace

std::string extended_reports(const Session& session, const Media& media) {
  const Line* line = find_reports(session.lines_of(media));
  if (line == nullptr) line = find_reports(session.session_lines());
  std::string out;
  if (line == nullptr) return out;
  std::array<bool, kFormats.size()> seen{};
  for (std::string_view rest = line->attribute_value(); !rest.empty();) {
    const std::string_view format = take(rest, ' ');
    const std::size_t equals = format.find('=');
    const std::string_view name = format.substr(0, equals);
    std::optional<std::string_view> value;
    if (equals != std::string_view::npos) value = format.substr(equals + 1);
    const auto known = std::ranges::find(kFormats, name);
    if (known == kFormats.end() || !is_well_formed(name, value)) continue;
    if (std::exchange(seen[static_cast<std::size_t>(known - kFormats.begin())], true)) continue;
    if (!out.empty()) out += ' ';
    out += format;
  }
  return out;
}

}  // namespace sbc::sdp
