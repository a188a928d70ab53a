#include "sbc/sdp/bundle.h"

#include <algorithm>
#include <bitset>
#include <optional>
#include <string_view>

#include "media-relay/base/text.h"

#include "sbc/sdp/codec.h"
#include "sbc/sdp/handshake.h"
#include "sbc/sdp/header_extension.h"

namespace sbc::sdp {
namespace {

// The names in a=group:BUNDLE (RFC 5888 5); nullopt unless there is exactly one such line.
std::optional<std::string_view> group_of(const Session& session) {
  std::optional<std::string_view> found;
  for (const Line& line : session.session_lines()) {
    if (line.attribute != AttributeId::Group) continue;
    base::TextCursor cursor(line.attribute_value());
    if (cursor.take_while([](char c) { return !base::is_blank(c); }) != "BUNDLE") continue;
    if (found) return std::nullopt;
    found = cursor.rest();
  }
  return found;
}

std::optional<std::size_t> line_named(const Session& session, std::string_view name) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < session.media.size(); ++i) {
    const auto own = mid(session, session.media[i]);
    if (!own || base::trim(*own) != name) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

bool share_payload_types(const Session& session, std::span<const std::size_t> lines) {
  std::bitset<128> taken;
  for (const std::size_t index : lines) {
    for (const std::uint8_t type : payload_types(session.media[index])) {
      if (taken[type]) return true;
      taken.set(type);
    }
  }
  return false;
}

}  // namespace

std::vector<std::size_t> bundled_lines(const Session& session) {
  const auto names = group_of(session);
  if (!names) return {};
  std::vector<std::size_t> lines;
  base::TextCursor cursor(*names);
  for (cursor.skip_blanks(); !cursor.rest().empty(); cursor.skip_blanks()) {
    const auto line = line_named(session, cursor.take_while([](char c) { return !base::is_blank(c); }));
    if (!line || std::ranges::find(lines, *line) != lines.end()) return {};
    const Media& media = session.media[*line];
    if (media.port != 0 || is_bundle_only(session, media)) lines.push_back(*line);
  }
  // RFC 9143 7.2: the suggested tagged line has an address, and ours is always the first.
  if (lines.empty() || session.media[lines.front()].port == 0) return {};
  const std::size_t tagged = lines.front();
  std::ranges::sort(lines);
  return lines.front() == tagged ? lines : std::vector<std::size_t>();
}

std::vector<std::size_t> acceptable_bundle(const Session& offer) {
  std::vector<std::size_t> lines;
  for (const std::size_t index : bundled_lines(offer)) {
    const Media& media = offer.media[index];
    if (!is_handshake_profile(media.proto)) {
      if (lines.empty()) return {};  // the tagged one
      continue;
    }
    if (!lines.empty() && media.proto != offer.media[lines.front()].proto) return {};  // RFC 9143 9.1
    lines.push_back(index);
  }
  if (share_payload_types(offer, lines) && !names_in_packets(offer, lines)) return {};
  return lines;
}

std::optional<std::uint8_t> names_in_packets(const Session& session, std::span<const std::size_t> lines) {
  constexpr std::uint8_t kHighestOneByteId = 14;
  constexpr std::size_t kMaxNameBytes = 16;
  if (!share_payload_types(session, lines)) return std::nullopt;
  std::optional<std::uint8_t> common;
  for (const std::size_t index : lines) {
    const Media& media = session.media[index];
    const auto name = mid(session, media);
    const auto id = identifier_of(session, media, kMidExtension);
    if (!name || base::trim(*name).empty() || base::trim(*name).size() > kMaxNameBytes) return std::nullopt;
    if (!id || *id > kHighestOneByteId || common.value_or(*id) != *id) return std::nullopt;
    common = id;
  }
  return common;
}

bool BundleNumbers::take(const Session& session, const Media& media) {
  auto types = types_;
  for (const std::uint8_t type : payload_types(media)) {
    if (types[type]) return false;
    types.set(type);
  }
  auto extensions = extensions_;
  for (const Line& line : session.lines_of(media)) {
    if (line.attribute != AttributeId::Extmap) continue;
    const auto extension = parse_extmap(line.attribute_value());
    if (!extension || !describes_media(*extension)) continue;
    if (extensions.emplace(extension->id, extension->uri).first->second != extension->uri) return false;
  }
  types_ = types;
  extensions_ = std::move(extensions);
  return true;
}

const Media& transport_of(const Session& session, const Media& media) {
  const auto lines = bundled_lines(session);
  for (const std::size_t index : lines)
    if (&session.media[index] == &media) return session.media[lines.front()];
  return media;
}

bool shared_alike(std::size_t index, std::span<const std::size_t> one, std::span<const std::size_t> other,
                  const std::vector<bool>& in_use) {
  const auto has_both = [index](std::span<const std::size_t> bundle, std::size_t line) {
    return std::ranges::find(bundle, index) != bundle.end() && std::ranges::find(bundle, line) != bundle.end();
  };
  for (std::size_t i = 0; i < in_use.size(); ++i)
    if (in_use[i] && i != index && has_both(one, i) != has_both(other, i)) return false;
  return true;
}

bool is_bundle_only(const Session& session, const Media& media) {
  return media.port == 0 && std::ranges::any_of(session.lines_of(media), [](const Line& line) {
           return line.type == 'a' && line.attribute_name() == "bundle-only";
         });
}

std::vector<std::uint8_t> payload_types(const Media& media) {
  std::vector<std::uint8_t> out;
  for_each_format(media, [&out](std::string_view format) {
    const auto type = base::parse_unsigned<std::uint8_t>(format);
    if (type && *type < 128) out.push_back(*type);
  });
  return out;
}

}  // namespace sbc::sdp
