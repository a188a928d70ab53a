#include "sbc/sdp/renumber.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "media-relay/base/text.h"

#include "sbc/sdp/codec.h"
#include "sbc/sdp/narrow.h"
#include "sbc/sdp/parser.h"
#include "sbc/sdp/remote_media.h"

namespace sbc::sdp {
namespace {

constexpr std::uint8_t kFirstDynamic = 96;  // RFC 3551 6
constexpr std::uint8_t kLastType = 127;

struct Format {
  std::string_view text;
  std::uint8_t from = 0;
  std::optional<std::uint8_t> to = {};
};
using Formats = std::vector<Format>;

std::optional<std::uint8_t> type_of(std::string_view text) {
  const auto type = base::parse_unsigned<std::uint8_t>(text);
  return type && *type <= kLastType ? type : std::nullopt;
}

Formats formats_of(const Media& media) {
  Formats out;
  for_each_format(media, [&out](std::string_view text) {
    if (const auto type = type_of(text)) out.push_back({text, *type});
  });
  return out;
}

bool has_encoding(const Session& session, const Media& media, std::uint8_t type, std::string_view name) {
  const auto map = rtpmap(session, media, type);
  return map && base::equals_ignoring_case(map->encoding, name);
}

// "apt=96" of a=fmtp.
std::string_view repeated(const Session& session, const Media& media, std::string_view format) {
  const auto parameters = fmtp(session, media, format).value_or("");
  const std::size_t at = parameters.find("apt=");
  if (at == std::string_view::npos) return {};
  const auto rest = parameters.substr(at + 4);
  return rest.substr(0, rest.find_first_of("; \t"));
}

// Two descriptions of one m-line, and which number of the one is which of the other.
class Pairing {
 public:
  Pairing(const Session& session, const Media& media, const Session& other, const Media& others)
      : session_(session), media_(media), other_(other), others_(others) {
    formats_ = formats_of(media);
    for_each_format(others, [this](std::string_view text) { theirs_.push_back(text); });
  }

  // Most agree on all: then nothing is compared but each number with itself.
  Formats pairs() {
    for (Format& f : formats_)
      if (fits(f, f.text)) take(f, f.text);
    for (const bool same_parameters : {true, false})
      for (Format& f : formats_)
        if (!f.to && !is_retransmission(f)) find(f, same_parameters);
    for (Format& f : formats_)
      if (!f.to && is_retransmission(f)) find(f, false);
    return formats_;
  }

 private:
  bool is_retransmission(const Format& f) const { return has_encoding(session_, media_, f.from, "rtx"); }

  bool fits(const Format& f, std::string_view theirs) const {
    if (std::ranges::find(theirs_, theirs) == theirs_.end()) return false;
    return same_codec({session_, media_, f.text}, {other_, others_, theirs});
  }

  // Whether both repeat the same one.
  bool repeats_same(const Format& f, std::string_view theirs) const {
    const auto own = type_of(repeated(session_, media_, f.text));
    const auto other = type_of(repeated(other_, others_, theirs));
    return own && other &&
           std::ranges::any_of(formats_, [&](const Format& g) { return g.from == *own && g.to == *other; });
  }

  void find(Format& f, bool same_parameters) {
    for (const std::string_view theirs : theirs_) {
      const auto type = type_of(theirs);
      if (!type || std::ranges::find(taken_, *type) != taken_.end() || !fits(f, theirs)) continue;
      if (same_parameters && fmtp(session_, media_, f.text) != fmtp(other_, others_, theirs)) continue;
      if (is_retransmission(f) && !repeats_same(f, theirs)) continue;
      return take(f, theirs);
    }
  }

  void take(Format& f, std::string_view theirs) {
    f.to = type_of(theirs);
    taken_.push_back(*f.to);
  }

  const Session& session_;
  const Media& media_;
  const Session& other_;
  const Media& others_;
  Formats formats_;
  std::vector<std::string_view> theirs_;
  std::vector<std::uint8_t> taken_;
};

// What has no counterpart keeps its number, or gets a free one when the listener knows that as something else.
void settle_rest(Formats& formats, const Media& others) {
  std::array<bool, kLastType + 1> used{};
  for (const Format& theirs : formats_of(others)) used[theirs.from] = true;
  for (const Format& f : formats)
    if (f.to) used[*f.to] = true;
  for (Format& f : formats) {
    if (f.to) continue;
    if (used[f.from]) {
      std::uint8_t free = kFirstDynamic;
      while (free <= kLastType && used[free]) ++free;
      f.to = free <= kLastType ? free : f.from;
    } else {
      f.to = f.from;
    }
    used[*f.to] = true;
  }
}

std::string renamed(const Formats& formats, std::string_view type) {
  const auto at = std::ranges::find(formats, type, &Format::text);
  return at != formats.end() ? std::to_string(*at->to) : std::string(type);
}

bool red_is_touched(const Session& session, const Media& media, const Formats& formats) {
  for (const Format& f : formats) {
    if (!has_encoding(session, media, f.from, "red")) continue;
    base::TextCursor parts(base::trim(fmtp(session, media, f.text).value_or("")));
    while (!parts.rest().empty()) {
      const auto part = base::trim(parts.take_until('/'));
      if (renamed(formats, part) != part) return true;
      if (!parts.take('/')) break;
    }
  }
  return false;
}

void append_line_of(std::string& out, const Line& line, const Formats& formats) {
  const bool of_format = line.attribute == AttributeId::Rtpmap || line.attribute == AttributeId::Fmtp ||
                         line.attribute == AttributeId::RtcpFb || line.attribute == AttributeId::Imageattr ||
                         line.attribute == AttributeId::Framesize;
  out.push_back(line.type);
  out.push_back('=');
  if (!of_format) {
    out.append(line.value).append("\r\n");
    return;
  }
  const auto value = line.attribute_value();
  const auto format = value.substr(0, value.find_first_of(" \t"));
  std::string rest(value.substr(format.size()));
  const std::size_t apt = line.attribute == AttributeId::Fmtp ? rest.find("apt=") : std::string::npos;
  if (apt != std::string::npos) {
    const std::size_t end = std::min(rest.find_first_of("; \t", apt), rest.size());
    rest.replace(apt + 4, end - apt - 4, renamed(formats, std::string_view(rest).substr(apt + 4, end - apt - 4)));
  }
  out.append(line.attribute_name()).append(":").append(renamed(formats, format)).append(rest).append("\r\n");
}

std::optional<Formats> changed_formats(const Session& session, const Media& media, const Session& as,
                                       std::size_t index) {
  if (index >= as.media.size() || media.port == 0 || !is_rtp(media) || as.media[index].kind != media.kind)
    return std::nullopt;
  Formats formats = Pairing(session, media, as, as.media[index]).pairs();
  settle_rest(formats, as.media[index]);
  if (std::ranges::all_of(formats, [](const Format& f) { return f.to == f.from; })) return std::nullopt;
  if (red_is_touched(session, media, formats)) return std::nullopt;
  return formats;
}

}  // namespace

std::expected<SessionPtr, Error> renumbered(SessionPtr session, const Session& as) {
  std::vector<std::optional<Formats>> changes;
  for (std::size_t i = 0; i < session->media.size(); ++i)
    changes.push_back(changed_formats(*session, session->media[i], as, i));
  if (std::ranges::none_of(changes, [](const auto& change) { return change.has_value(); })) return session;
  std::string text;
  const Formats none;
  for (const Line& line : session->session_lines()) append_line_of(text, line, none);
  for (std::size_t i = 0; i < session->media.size(); ++i) {
    const Media& media = session->media[i];
    const Line& head = session->lines[media.first_line];
    const Formats& formats = changes[i] ? *changes[i] : none;
    text.append("m=").append(head.value.substr(0, head.value.size() - media.formats.size()));
    std::string_view space = "";
    for_each_format(media, [&](std::string_view format) {
      text.append(space).append(renamed(formats, format));
      space = " ";
    });
    text.append("\r\n");
    for (const Line& line : session->lines_of(media)) append_line_of(text, line, formats);
  }
  return parse_shared(text);
}

std::vector<PayloadChange> payload_changes(const Session& told, const Session& said, std::size_t index) {
  std::vector<PayloadChange> out;
  if (index >= told.media.size() || index >= said.media.size() || !is_rtp(told.media[index])) return out;
  const Media& media = told.media[index];
  const Media& others = said.media[index];
  bool differs = false;
  for (const Format& f : Pairing(told, media, said, others).pairs()) {
    const auto map = rtpmap(told, media, f.from);
    if (!map) continue;
    PayloadChange change{.from = f.from, .to = f.to.value_or(f.from), .clock_from = map->clock_rate};
    change.clock_to = map->clock_rate;
    change.event = is_event(told, media, f.text);
    if (!f.to && change.event) {
      for_each_format(others, [&](std::string_view theirs) {
        const auto type = type_of(theirs);
        if (!type || change.clock_to != change.clock_from || !is_event(said, others, theirs)) return;
        change.to = *type;
        change.clock_to = rtpmap(said, others, *type)->clock_rate;
      });
    } else if (!f.to) {
      continue;  // not for this listener: it goes as it is, as it always has
    }
    differs = differs || change.from != change.to || change.clock_from != change.clock_to;
    out.push_back(change);
  }
  if (!differs) out.clear();
  return out;
}

}  // namespace sbc::sdp
