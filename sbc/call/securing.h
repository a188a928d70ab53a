#pragma once
// How a leg's media is anchored and protected, by configuration, policy and the way its signalling takes.

#include <optional>
#include <string_view>

#include "sbc/call/media.h"
#include "sbc/call/settings.h"

namespace sbc::call {

struct LegPlace {
  std::string_view realm;
  std::string_view trunk;
  sip::Transport transport = sip::Transport::Udp;
  std::optional<policy::MediaSecurity> wanted = {};        // by the policy
  const std::optional<sdp::CodecRules>* codecs = nullptr;  // likewise; null: nobody was asked
  std::optional<policy::Dtmf> dtmf = {};                   // likewise
  std::optional<policy::Recording> record = {};            // likewise
  std::optional<std::string> music_on_hold = {};           // likewise
};

LegMedia leg_media(const Settings& settings, const LegPlace& place);

}  // namespace sbc::call
