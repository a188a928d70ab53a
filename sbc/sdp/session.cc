#include "sbc/sdp/session.h"

namespace sbc::sdp {

namespace {

// The next line that is about media, at or after `at`.
std::size_t next_about_media(const Session& s, std::size_t at) {
  while (at < s.lines.size() && (s.lines[at].type == 'v' || s.lines[at].type == 'o')) ++at;
  return at;
}

}  // namespace

const Line* find(std::span<const Line> lines, AttributeId id) {
  for (const Line& line : lines)
    if (line.attribute == id) return &line;
  return nullptr;
}

std::optional<std::string_view> attribute(const Session& session, const Media& media, AttributeId id) {
  const Line* line = find(session.lines_of(media), id);
  if (line == nullptr) return std::nullopt;
  return line->attribute_value();
}

std::optional<Direction> direction_from(AttributeId id) {
  if (id == AttributeId::SendRecv) return Direction::SendRecv;
  if (id == AttributeId::SendOnly) return Direction::SendOnly;
  if (id == AttributeId::RecvOnly) return Direction::RecvOnly;
  if (id == AttributeId::Inactive) return Direction::Inactive;
  return std::nullopt;
}

Direction written_direction(const Session& session, const Media& media) {
  for (const Line& line : session.lines_of(media))
    if (const auto direction = direction_from(line.attribute)) return *direction;
  return session.direction;
}

bool same_media(const Session& a, const Session& b) {
  std::size_t i = next_about_media(a, 0);
  std::size_t j = next_about_media(b, 0);
  while (i < a.lines.size() && j < b.lines.size()) {
    if (a.lines[i].type != b.lines[j].type || a.lines[i].value != b.lines[j].value) return false;
    i = next_about_media(a, i + 1);
    j = next_about_media(b, j + 1);
  }
  return i == a.lines.size() && j == b.lines.size();
}

}  // namespace sbc::sdp
