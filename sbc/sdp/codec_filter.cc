#include "sbc/sdp/codec_filter.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/sdp/codec.h"
#include "sbc/sdp/narrow.h"
#include "sbc/sdp/remote_media.h"

namespace sbc::sdp {
namespace {

enum class Role : std::uint8_t {
  Codec,
  Event,       // telephone-event
  Noise,       // CN
  Redundancy,  // RED
  Retransmission,
  Correction,  // over whatever is sent
};

struct Known {
  std::string_view name;
  std::string_view kind;  // of the m-lines that it is a codec of
  Role role = Role::Codec;
};
constexpr auto kKnown = std::to_array<Known>({
    {"PCMU", "audio"},
    {"PCMA", "audio"},
    {"G722", "audio"},
    {"opus", "audio"},
    {"G729", "audio"},
    {"G723", "audio"},
    {"G7221", "audio"},
    {"G726-16", "audio"},
    {"G726-24", "audio"},
    {"G726-32", "audio"},
    {"G726-40", "audio"},
    {"G728", "audio"},
    {"GSM", "audio"},
    {"GSM-EFR", "audio"},
    {"iLBC", "audio"},
    {"AMR", "audio"},
    {"AMR-WB", "audio"},
    {"EVS", "audio"},
    {"speex", "audio"},
    {"SILK", "audio"},
    {"L16", "audio"},
    {"DVI4", "audio"},
    {"H261", "video"},
    {"H263", "video"},
    {"H263-1998", "video"},
    {"H263-2000", "video"},
    {"H264", "video"},
    {"H265", "video"},
    {"VP8", "video"},
    {"VP9", "video"},
    {"AV1", "video"},
    {"t140", "text"},
    {"telephone-event", "audio", Role::Event},
    {"CN", "audio", Role::Noise},
    {"red", "", Role::Redundancy},
    {"rtx", "", Role::Retransmission},
    {"ulpfec", "", Role::Correction},
    {"flexfec-03", "", Role::Correction},
});
constexpr std::array<std::string_view, 3> kKinds{"video", "text", "image"};

struct Format {
  std::string_view text;
  std::optional<RtpMap> map;  // of formats that are payload types
  Role role = Role::Codec;
  bool kept = false;
};

const Known* known(std::string_view name) {
  const auto at =
      std::ranges::find_if(kKnown, [name](const Known& k) { return base::equals_ignoring_case(k.name, name); });
  return at != kKnown.end() ? &*at : nullptr;
}

bool names(const std::vector<std::string>& list, std::string_view name) {
  return std::ranges::any_of(list, [name](const std::string& n) { return base::equals_ignoring_case(n, name); });
}

bool names(const std::vector<std::string>& list, const Format& format) {
  return format.map && names(list, format.map->encoding);
}

// Whether the list says anything of codecs of that kind.
bool concerns(const std::vector<std::string>& list, std::string_view kind) {
  return std::ranges::any_of(list, [kind](const std::string& name) {
    const Known* k = known(name);
    return k != nullptr && k->role == Role::Codec && k->kind == kind;
  });
}

// One m-line under the rules.
class RuledLine {
 public:
  RuledLine(const CodecRules& rules, const Session& session, const Media& media)
      : rules_(rules), session_(session), media_(media) {
    for_each_format(media, [&](std::string_view text) {
      Format format{text, std::nullopt};
      if (const auto type = base::parse_unsigned<std::uint8_t>(text)) format.map = rtpmap(session, media, *type);
      const Known* k = format.map ? known(format.map->encoding) : nullptr;
      if (k != nullptr) format.role = k->role;
      formats_.push_back(format);
    });
  }

  std::vector<std::string_view> kept() {
    keep_codecs();
    force_one();
    if (!any(Role::Codec)) return {};
    keep_companions();
    return ordered();
  }

 private:
  bool any(Role role) const {
    return std::ranges::any_of(formats_, [role](const Format& f) { return f.role == role && f.kept; });
  }

  void keep_codecs() {
    const bool allows = concerns(rules_.allow, media_.kind);
    for (Format& f : formats_)
      if (f.role == Role::Codec)
        f.kept = (!allows || names(rules_.allow, f) || names(rules_.transcode, f)) && !names(rules_.deny, f);
  }

  void force_one() {
    if (!concerns(rules_.force, media_.kind)) return;
    const auto present = [this](const std::string& name) {
      return std::ranges::any_of(formats_, [&](const Format& f) { return f.kept && names({name}, f); });
    };
    const auto forced = std::ranges::find_if(rules_.force, present);
    for (Format& f : formats_) f.kept = f.kept && forced != rules_.force.end() && names({*forced}, f);
  }

  bool clock_of_codec(const Format& companion) const {
    return std::ranges::any_of(formats_, [&](const Format& f) {
      return f.role == Role::Codec && f.kept && f.map && f.map->clock_rate == companion.map->clock_rate;
    });
  }

  bool is_kept(std::string_view format) const {
    const auto at = std::ranges::find(formats_, format, &Format::text);
    return at != formats_.end() && at->kept;
  }

  // a=fmtp:121 0/5, one codec after the other (RFC 2198 5); without, it carries whatever there is.
  bool carries_kept(const Format& redundancy) const {
    const auto parameters = fmtp(session_, media_, redundancy.text);
    if (!parameters) return true;
    base::TextCursor cursor(base::trim(*parameters));
    while (!cursor.rest().empty()) {
      if (!is_kept(base::trim(cursor.take_until('/')))) return false;
      if (!cursor.take('/')) break;
    }
    return true;
  }

  bool repeats_kept(const Format& retransmission) const {
    const auto parameters = fmtp(session_, media_, retransmission.text);
    const std::size_t at = parameters ? parameters->find("apt=") : std::string_view::npos;
    if (at == std::string_view::npos) return false;
    const auto rest = parameters->substr(at + 4);
    return is_kept(rest.substr(0, rest.find_first_of("; \t")));
  }

  void keep_companions() {
    // An event that has no codec's clock is better than none: some phones have events of 8000 Hz beside opus alone.
    const bool matching =
        std::ranges::any_of(formats_, [&](const Format& f) { return f.role == Role::Event && clock_of_codec(f); });
    const auto keep = [this](Role role, auto&& wanted) {
      for (Format& f : formats_)
        if (f.role == role) f.kept = !names(rules_.deny, f) && wanted(f);
    };
    keep(Role::Event, [&](const Format& f) { return !matching || clock_of_codec(f); });
    keep(Role::Noise, [this](const Format& f) { return clock_of_codec(f); });
    keep(Role::Redundancy, [this](const Format& f) { return carries_kept(f); });
    keep(Role::Correction, [](const Format&) { return true; });
    keep(Role::Retransmission, [this](const Format& f) { return repeats_kept(f); });
  }

  std::size_t rank(const Format& format) const {
    const auto at = std::ranges::find_if(rules_.order, [&](const std::string& name) { return names({name}, format); });
    return static_cast<std::size_t>(at - rules_.order.begin());
  }

  // Codecs change places with codecs; what accompanies them stays where it is.
  std::vector<std::string_view> ordered() const {
    std::vector<const Format*> codecs;
    for (const Format& f : formats_)
      if (f.kept && f.role == Role::Codec) codecs.push_back(&f);
    std::ranges::stable_sort(codecs, {}, [this](const Format* f) { return rank(*f); });
    std::vector<std::string_view> out;
    std::size_t next = 0;
    for (const Format& f : formats_)
      if (f.kept) out.push_back(f.role == Role::Codec ? codecs[next++]->text : f.text);
    return out;
  }

  const CodecRules& rules_;
  const Session& session_;
  const Media& media_;
  std::vector<Format> formats_;
};

}  // namespace

const std::vector<std::string>& codec_names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out;
    for (const Known& k : kKnown) out.emplace_back(k.name);
    return out;
  }();
  return all;
}

const std::vector<std::string>& denied_names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out = codec_names();
    for (const auto kind : kKinds) out.emplace_back(kind);
    return out;
  }();
  return all;
}

std::optional<std::string_view> name_among(const std::vector<std::string>& names, std::string_view name) {
  const auto at =
      std::ranges::find_if(names, [name](const std::string& n) { return base::equals_ignoring_case(n, name); });
  if (at == names.end()) return std::nullopt;
  return *at;
}

std::expected<SessionPtr, Error> apply(const CodecRules& rules, const Session& session) {
  return narrowed(session, [&](const Media& media, std::size_t) -> std::optional<NarrowedLine> {
    if (media.port == 0) return std::nullopt;
    if (names(rules.deny, media.kind)) return NarrowedLine{};
    if (!is_rtp(media)) return std::nullopt;
    NarrowedLine line{RuledLine(rules, session, media).kept()};
    if (media.kind == "audio") {
      line.ptime = rules.ptime;
      line.maxptime = rules.maxptime;
    }
    return line;
  });
}

std::expected<SessionPtr, Error> restrict_to(const CodecRules& rules, const Session& session) {
  return apply({.allow = rules.allow, .deny = rules.deny, .force = rules.force, .transcode = rules.transcode}, session);
}

bool answers_codec(const Session& offer, const Session& answer, std::size_t index) {
  if (index >= offer.media.size() || index >= answer.media.size()) return false;
  const Media& asked = offer.media[index];
  const Media& given = answer.media[index];
  bool found = false;
  for_each_format(given, [&](std::string_view mine) {
    for_each_format(asked, [&](std::string_view theirs) {
      if (!is_event(answer, given, mine)) found = found || same_codec({answer, given, mine}, {offer, asked, theirs});
    });
  });
  return found;
}

}  // namespace sbc::sdp
