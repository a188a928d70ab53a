#include "sbc/policy/offer.h"

#include <algorithm>
#include <span>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/sdp/codec.h"
#include "sbc/sdp/parser.h"

namespace sbc::policy {
namespace {

void add_once(std::vector<std::string>& list, std::string_view text) {
  if (std::ranges::find(list, text) == list.end()) list.emplace_back(text);
}

bool has(std::span<const sdp::Line> lines, std::string_view attribute) {
  return std::ranges::any_of(
      lines, [attribute](const sdp::Line& line) { return line.type == 'a' && line.attribute_name() == attribute; });
}

bool has(const sdp::Session& session, const sdp::Media& media, std::string_view attribute) {
  return has(session.lines_of(media), attribute) || has(session.session_lines(), attribute);
}

// The names of its payload types; formats that are none, as of T.38, as they are written.
std::vector<std::string> codecs_of(const sdp::Session& session, const sdp::Media& media) {
  std::vector<std::string> codecs;
  const bool rtp = media.proto.find("RTP/") != std::string_view::npos;
  sdp::for_each_format(media, [&](std::string_view format) {
    const auto type = base::parse_unsigned<std::uint8_t>(format);
    if (!rtp || !type) return add_once(codecs, format);
    const auto map = sdp::rtpmap(session, media, *type);
    add_once(codecs, map ? map->encoding : format);
  });
  return codecs;
}

SdpLineFacts line_of(const sdp::Session& session, const sdp::Media& media) {
  SdpLineFacts line;
  line.kind = media.kind;
  line.transport = media.proto;
  line.port = media.port;
  line.codecs = codecs_of(session, media);
  line.direction = name_of(sdp::written_direction(session, media));
  line.security = has(session, media, "fingerprint") ? "dtls" : has(session, media, "crypto") ? "sdes" : "none";
  if (const auto* connection = session.connection_of(media)) line.host = connection->text;
  return line;
}

SdpFacts facts_of(const sdp::Session& session) {
  SdpFacts facts;
  facts.security = "none";
  facts.ice = has(session.session_lines(), "ice-ufrag");
  bool first = true;
  for (const sdp::Media& media : session.media) {
    SdpLineFacts line = line_of(session, media);
    if (media.port != 0) {
      if (std::exchange(first, false)) {
        facts.direction = line.direction;
        facts.host = line.host;
      }
      add_once(facts.kinds, line.kind);
      for (const auto& codec : line.codecs) add_once(facts.codecs, codec);
      if (line.security == "dtls" || facts.security == "none") facts.security = line.security;
      facts.ice = facts.ice || has(session.lines_of(media), "ice-ufrag");
    }
    facts.lines.push_back(std::move(line));
  }
  return facts;
}

}  // namespace

std::optional<SdpFacts> summary_of(const OfferFacts& offer) {
  if (offer.said) return *offer.said;
  if (offer.text.empty()) return std::nullopt;
  const auto session = sdp::parse(offer.text);
  if (!session) return std::nullopt;
  return facts_of(*session);
}

}  // namespace sbc::policy
