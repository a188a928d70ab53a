#include "sbc/sdp/preconditions.h"

#include <algorithm>
#include <array>
#include <optional>

#include "media-relay/base/text.h"

namespace sbc::sdp {
namespace {

enum class Kind : std::uint8_t { Current, Desired, Confirm };

// a=curr:qos local none; a=des:qos mandatory local sendrecv.
struct Status {
  Kind kind = Kind::Current;
  std::string_view type;
  std::string_view strength;  // Desired only
  std::string_view where;     // "local", "remote", "e2e"
  std::string_view direction;
};

std::optional<Status> status_of(const Line& line) {
  if (line.attribute != AttributeId::Precondition) return std::nullopt;
  Status status;
  const auto name = line.attribute_name();
  status.kind = name == "curr" ? Kind::Current : name == "des" ? Kind::Desired : Kind::Confirm;
  std::array<std::string_view, 4> words;
  std::size_t count = 0;
  std::string_view rest = line.attribute_value();
  while (!rest.empty() && count < words.size()) {
    const auto space = std::min(rest.find(' '), rest.size());
    if (space != 0) words[count++] = rest.substr(0, space);
    rest.remove_prefix(std::min(space + 1, rest.size()));
  }
  const bool desired = status.kind == Kind::Desired;
  if (count != (desired ? 4U : 3U)) return std::nullopt;
  status.type = words[0];
  status.strength = desired ? words[1] : std::string_view{};
  status.where = words[count - 2];
  status.direction = words[count - 1];
  return status;
}

template <typename F>
void for_each_status(const Session& session, const Media& media, F&& f) {
  for (const Line& line : session.lines_of(media))
    if (const auto status = status_of(line)) f(*status);
}

std::string_view reversed(std::string_view direction) {
  if (direction == "send") return "recv";
  if (direction == "recv") return "send";
  return direction;
}

// What `current` has of what `wanted` asks.
bool covers(std::string_view current, std::string_view wanted) {
  return wanted == "none" || current == "sendrecv" || current == wanted;
}

void append(std::string& out, std::string_view head, std::string_view where, std::string_view direction) {
  out.append(head).append(" ").append(where).append(" ").append(direction).append("\r\n");
}

}  // namespace

bool demands_preconditions(const Session& session) {
  bool demands = false;
  for (const Media& media : session.media) {
    if (media.port == 0) continue;
    for_each_status(session, media, [&](const Status& s) { demands = demands || s.strength == "mandatory"; });
  }
  return demands;
}

bool has_unmet_precondition(const Session& session) {
  bool unmet = false;
  for (const Media& media : session.media) {
    if (media.port == 0) continue;  // RFC 3312 8.1
    for_each_status(session, media, [&](const Status& s) {
      const bool ours = s.type == "qos" && (s.where == "local" || s.where == "remote");
      unmet = unmet || (s.strength == "mandatory" && !ours);
    });
  }
  return unmet;
}

void append_precondition_answer(std::string& out, const Session& offer, const Media& offered) {
  bool any = false;
  std::string_view theirs = "none";  // of the peer's resources
  std::string_view ours_wanted = "none";
  std::string_view ours_strength = "none";
  std::string_view theirs_wanted = "none";
  std::string_view theirs_strength = "none";
  for_each_status(offer, offered, [&](const Status& s) {
    if (s.type != "qos" || s.where == "e2e") return;
    const bool local = s.where == "local";  // the offerer's
    if (s.kind == Kind::Current && local) theirs = s.direction;
    if (s.kind != Kind::Desired) return;
    any = true;
    (local ? theirs_wanted : ours_wanted) = s.direction;
    (local ? theirs_strength : ours_strength) = s.strength;
  });
  if (!any) return;
  append(out, "a=curr:qos", "local", "sendrecv");
  append(out, "a=curr:qos", "remote", reversed(theirs));
  append(out, std::string("a=des:qos ").append(ours_strength), "local", reversed(ours_wanted));
  append(out, std::string("a=des:qos ").append(theirs_strength), "remote", reversed(theirs_wanted));
  // RFC 3312 6: who cannot meet all that is mandatory alone MUST ask for the confirmation.
  if (theirs_strength == "mandatory" && !covers(theirs, theirs_wanted))
    append(out, "a=conf:qos", "remote", reversed(theirs_wanted));
}

bool same_but_preconditions(const Session& a, const Session& b) {
  const auto counts = [](const Line& line) {
    return line.type != 'v' && line.type != 'o' && line.attribute != AttributeId::Precondition;
  };
  const auto has = [](const Session& session) {
    return std::ranges::find(session.lines, AttributeId::Precondition, &Line::attribute) != session.lines.end();
  };
  if (!has(a) && !has(b)) return false;
  auto in_a = a.lines.begin();
  auto in_b = b.lines.begin();
  for (;;) {
    in_a = std::find_if(in_a, a.lines.end(), counts);
    in_b = std::find_if(in_b, b.lines.end(), counts);
    if (in_a == a.lines.end() || in_b == b.lines.end()) return in_a == a.lines.end() && in_b == b.lines.end();
    if (in_a->type != in_b->type || in_a->value != in_b->value) return false;
    ++in_a;
    ++in_b;
  }
}

}  // namespace sbc::sdp
