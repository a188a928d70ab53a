#include "sbc/sdp/remote_media.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/sdp/bundle.h"
#include "sbc/sdp/crypto.h"
#include "sbc/sdp/handshake.h"

namespace sbc::sdp {

namespace {

constexpr std::uint32_t kBroadcast = 0xffffffff;

Refusal unanchored(std::string_view proto) {
  if (proto.ends_with("SCTP")) return Refusal::DataChannel;
  if (proto.ends_with("MSRP")) return Refusal::Message;
  return Refusal::Profile;
}

Refusal refusal_of(const Media& media, const Connection* connection) {
  if (media.port == 0) return Refusal::Disabled;
  if (!is_rtp(media) && !is_fax(media)) return unanchored(media.proto);
  if (connection == nullptr || connection->ip.empty() || connection->multicast) return Refusal::Address;
  if (connection->ip.is_v4() && connection->ip.v4_host_order() == kBroadcast) return Refusal::Address;
  return Refusal::None;
}

bool says_ice(const Media& media, const Session& session) {
  if (!is_handshake_profile(media.proto)) return false;
  const auto is_ufrag = [](const Line& line) { return line.type == 'a' && line.attribute_name() == "ice-ufrag"; };
  return std::ranges::any_of(session.lines_of(media), is_ufrag) ||
         std::ranges::any_of(session.session_lines(), is_ufrag);
}

std::optional<base::Endpoint> next_port(const base::Endpoint& rtp) {
  if (rtp.port == UINT16_MAX) return std::nullopt;
  return base::Endpoint{rtp.ip, static_cast<std::uint16_t>(rtp.port + 1)};
}

// RFC 3605 2.1: a=rtcp:<port> [IN IP4|IP6 <address>]. What makes no sense is as good as absent.
std::optional<base::Endpoint> rtcp_endpoint(std::optional<std::string_view> value, const base::Endpoint& rtp) {
  if (!value) return next_port(rtp);
  base::TextCursor cursor(base::trim(*value));
  const auto port = base::parse_unsigned<std::uint16_t>(cursor.take_while(base::is_digit));
  if (!port || *port == 0) return next_port(rtp);
  base::Endpoint endpoint{rtp.ip, *port};
  const std::string_view address = cursor.rest();
  const std::size_t space = address.find_last_of(" \t");
  if (space != std::string_view::npos) {
    const auto ip = base::IpAddress::parse(address.substr(space + 1));
    if (ip && !ip->is_any() && !ip->is_multicast()) endpoint.ip = *ip;
  }
  return endpoint;
}

// `tagged`: the line that says how to get there.
RemoteMedia remote_at(const Media& media, const Media& tagged, const Session& session) {
  const Connection* connection = session.connection_of(media);
  RemoteMedia remote;
  remote.kind = media.kind;
  remote.refusal = refusal_of(media, connection);
  if (!remote.usable()) return remote;
  remote.fax = is_fax(media);
  // One walk over the lines: rewriting asks this for every m-line of every description.
  std::optional<std::string_view> rtcp;
  std::optional<Direction> direction;
  for (const Line& line : session.lines_of(media)) {
    if (line.attribute == AttributeId::Rtcp && !rtcp) rtcp = line.attribute_value();
    if (line.attribute == AttributeId::RtcpMux) remote.rtcp_mux = !remote.fax;
    if (!direction) direction = direction_from(line.attribute);
  }
  remote.direction = direction.value_or(session.direction);
  if (connection->ip.is_any()) {
    // RFC 3264 8.4: neither RTP nor RTCP is sent to it; whether it sends is what its direction says. Beside ICE it only
    // says that no candidate was known yet (RFC 8839 4.2.5).
    if (!says_ice(tagged, session)) remote.direction = common(remote.direction, Direction::SendOnly);
  } else {
    remote.rtp = base::Endpoint{connection->ip, media.port};
    if (!remote.fax) remote.rtcp = rtcp_endpoint(rtcp, *remote.rtp);
  }
  remote.held = !receives(remote.direction);
  return remote;
}

}  // namespace

const char* name_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::None:
      return "none";
    case Refusal::Disabled:
      return "disabled";
    case Refusal::DataChannel:
      return "data_channel";
    case Refusal::Message:
      return "message";
    case Refusal::Profile:
      return "profile";
    case Refusal::Address:
      return "address";
    case Refusal::Codecs:
      break;
  }
  return "codecs";
}

void count_refused(const Session& offer, RefusedLines& counts) {
  for (const Media& media : offer.media) ++counts[static_cast<std::size_t>(remote_media(media, offer).refusal)];
}

bool is_fax(const Media& media) {
  return media.kind == "image" && base::equals_ignoring_case(media.proto, "udptl");
}

bool is_rtp(const Media& media) {
  return media.proto == rtp_profile(is_secure(media), has_feedback(media)) || is_handshake_profile(media.proto);
}

RemoteMedia remote_media(const Media& media, const Session& session) {
  if (is_bundle_only(session, media)) {
    if (const Media& tagged = transport_of(session, media); &tagged != &media) {
      // Where it is, the tagged line says; all else it says itself.
      Media placed = media;
      placed.port = tagged.port;
      placed.connection = tagged.connection;
      RemoteMedia remote = remote_at(placed, tagged, session);
      remote.bundle_only = true;
      return remote;
    }
  }
  return remote_at(media, media, session);
}

RemoteMedia remote_media(const Session& session, std::size_t index) {
  if (index < session.media.size()) return remote_media(session.media[index], session);
  RemoteMedia missing;
  missing.refusal = Refusal::Disabled;
  return missing;
}

bool any_usable(const Session& session) {
  return std::ranges::any_of(session.media, [&](const Media& m) { return remote_media(m, session).usable(); });
}

bool none_wanted(const Session& session) {
  return std::ranges::all_of(session.media,
                             [&](const Media& m) { return remote_media(m, session).refusal == Refusal::Disabled; });
}

Passage passage_between(const RemoteMedia& a, const RemoteMedia& b) {
  if (!a.usable() || !b.usable()) return {.a_to_b = false, .b_to_a = false, .refused = true};
  return {.a_to_b = sends(a.direction) && receives(b.direction),
          .b_to_a = sends(b.direction) && receives(a.direction),
          .refused = false};
}

std::vector<Passage> passages_between(const Session& a, const Session& b) {
  std::vector<Passage> passages(std::max(a.media.size(), b.media.size()));
  for (std::size_t i = 0; i < passages.size(); ++i)
    passages[i] = passage_between(remote_media(a, i), remote_media(b, i));
  return passages;
}

bool on_hold(const std::vector<Passage>& passages) {
  return std::ranges::any_of(passages, [](const Passage& p) { return !p.refused && !p.both_ways(); });
}

}  // namespace sbc::sdp
