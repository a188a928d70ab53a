#include "sbc/call/securing.h"

#include "sbc/call/chosen.h"

namespace sbc::call {

LegMedia leg_media(const Settings& settings, const LegPlace& place) {
  const auto* realm = settings.routes->realm(place.realm);
  LegMedia out;
  out.network = realm != nullptr ? realm->media_network : "";
  if (realm != nullptr) out.marks = realm->marks;
  out.mixed_streams =
      chosen(settings, place.realm, place.trunk, &route::Realm::mixed_streams, &route::Trunk::mixed_streams);
  out.rtcp_feedback =
      chosen(settings, place.realm, place.trunk, &route::Realm::rtcp_feedback, &route::Trunk::rtcp_feedback);
  if (place.codecs != nullptr && *place.codecs)
    out.codecs = std::make_shared<const sdp::CodecRules>(**place.codecs);
  else
    out.codecs = chosen(settings, place.realm, place.trunk, &route::Realm::codecs, &route::Trunk::codecs);
  if (out.codecs != nullptr && out.codecs->empty()) out.codecs = nullptr;
  out.dtmf = place.dtmf.value_or(chosen(settings, place.realm, place.trunk, &route::Realm::dtmf, &route::Trunk::dtmf));
  out.record =
      place.record.value_or(chosen(settings, place.realm, place.trunk, &route::Realm::record, &route::Trunk::record));
  out.music_on_hold = place.music_on_hold.value_or(
      chosen(settings, place.realm, place.trunk, &route::Realm::music_on_hold, &route::Trunk::music_on_hold));
  out.ringback = chosen(settings, place.realm, place.trunk, &route::Realm::ringback, &route::Trunk::ringback);
  out.security.mode = place.wanted.value_or(
      chosen(settings, place.realm, place.trunk, &route::Realm::media_security, &route::Trunk::media_security));
  if (out.security.mode == policy::MediaSecurity::None) return out;
  if (out.security.handshakes()) return out;
  // RFC 4568 7.1, 8: keys in SDP are as safe as the signalling that carries them.
  out.security.keys_allowed =
      sip::is_secure(place.transport) ||
      chosen(settings, place.realm, place.trunk, &route::Realm::sdes_in_clear, &route::Trunk::sdes_in_clear);
  out.security.suites = settings.srtp_suites;
  return out;
}

}  // namespace sbc::call
