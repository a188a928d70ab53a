#pragma once
// Canaries: words that stand in every place where a peer can write something about itself. Each is planted in a message
// of one side, and none of them comes out on the other; what passes by contract is listed too, and does come out.

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "media-relay/base/ip.h"

namespace sbc::call::test {

enum class Fate : std::uint8_t {
  Dropped,    // the other side gets no such header or line at all
  Rewritten,  // it gets one, and what stands in it is ours
  Passed,     // it gets this one, by contract: header_rules.h, crossing.h, sdp/attribute.h
};

// A line of a message, where # is a canary, % the first two numbers of an address that only this side knows, and &
// where the peer is.
struct Place {
  std::string line;
  Fate fate = Fate::Dropped;
};
using Places = std::vector<Place>;

inline const Places kHeaders = {
    {"Accept-Contact: *;canary=\"#\""},
    {"Alert-Info: <http://#.invalid/ring>"},
    {"Allow: INVITE, ACK, BYE, CANCEL, X-#", Fate::Rewritten},
    {"Answer-Mode: #"},
    {"Authorization: Digest username=\"#\", realm=\"#\", nonce=\"#\", uri=\"sip:#\", response=\"#\""},
    {"Call-Info: <http://#.invalid/photo>;purpose=icon"},
    {"Content-Disposition: session;handling=optional;#=1", Fate::Rewritten},
    {"Content-ID: <#@#.invalid>"},
    {"Date: Sat, 21 Nov 2026 03:00:00 #"},
    {"Diversion: <sip:#@#.invalid>;reason=user-busy"},
    {"Error-Info: <sip:#@#.invalid>"},
    {"Feature-Caps: *;+g.#"},
    {"Flow-Timer: 120;#"},
    {"Geolocation: <https://#.invalid/where>"},
    {"Geolocation-Error: 100;code=\"#\""},
    {"History-Info: <sip:#@#.invalid>;index=1"},
    {"Identity: #;info=<https://#.invalid/cert>;alg=ES256"},
    {"Identity-Info: <https://#.invalid/cert>;alg=rsa-sha1"},
    {"In-Reply-To: #@#.invalid"},
    {"Organization: # Ltd"},
    {"P-Access-Network-Info: IEEE-802.11;#=1"},
    {"P-Asserted-Identity: \"#\" <sip:#@#.invalid>"},
    {"P-Asserted-Service: urn:urn-7:3gpp-service.#"},
    {"P-Associated-URI: <sip:#@#.invalid>"},
    {"P-Called-Party-ID: <sip:#@#.invalid>"},
    {"P-Charging-Function-Addresses: ccf=%.1.9;ecf=#.invalid"},
    {"P-Charging-Vector: icid-value=#;icid-generated-at=#.invalid;orig-ioi=#"},
    {"P-DCS-LAES: %.1.10:5060;content=#"},
    {"P-Early-Media: #"},
    {"P-Media-Authorization: #"},
    {"P-Preferred-Identity: <sip:#@#.invalid>"},
    {"P-Profile-Key: <sip:#@#.invalid>"},
    {"P-Served-User: <sip:#@#.invalid>"},
    {"P-User-Database: <aaa://#.invalid>"},
    {"P-Visited-Network-ID: \"#\""},
    {"Path: <sip:#.invalid;lr>"},
    {"Permission-Missing: sip:#@#.invalid"},
    {"Proxy-Authorization: Digest username=\"#\", realm=\"#\""},
    {"Reason: Q.850;cause=16;text=\"#\"", Fate::Rewritten},
    {"Reason: #;cause=1", Fate::Rewritten},
    {"Record-Route: <sip:#@&;lr;#=1>", Fate::Rewritten},
    {"Refer-Sub: #"},
    {"Referred-By: <sip:#@#.invalid>"},
    {"Reject-Contact: *;canary=\"#\""},
    {"Remote-Party-ID: \"#\" <sip:#@#.invalid>;party=calling"},
    {"Reply-To: <sip:#@#.invalid>"},
    {"Request-Disposition: #"},
    {"Resource-Priority: #.1"},
    {"Retry-After: 5 (#);duration=9", Fate::Rewritten},
    {"Server: #/1.0"},
    {"Service-Route: <sip:#.invalid;lr>"},
    {"Session-ID: #;remote=#", Fate::Rewritten},  // no UUID: as if there were none
    {"SIP-ETag: #"},
    {"Subscription-State: active;#=1", Fate::Rewritten},
    {"Supported: x-#", Fate::Rewritten},
    {"Target-Dialog: #;local-tag=#;remote-tag=#"},
    {"Timestamp: 1 #", Fate::Rewritten},  // in our 100, to whoever sent it
    {"User-Agent: #/2.0 (# Linux)"},
    {"Via: SIP/2.0/UDP #.invalid:5099;branch=z9hG4bK-#;received=%.1.11", Fate::Rewritten},
    {"Warning: 399 #.invalid \"#\""},
    {"WWW-Authenticate: Digest realm=\"#\", nonce=\"#\""},
    {"X-#: #"},
};

// Of a description, before its first media line.
inline const Places kSdp = {
    {"o=# 77 78 IN IP4 %.1.12", Fate::Rewritten},
    {"s=#", Fate::Rewritten},
    {"i=#"},
    {"u=http://#.invalid/"},
    {"e=#@#.invalid"},
    {"p=+49 # 1"},
    {"c=IN IP4 %.1.13", Fate::Rewritten},
    {"b=X-#:5"},
    {"t=0 0", Fate::Rewritten},
    {"k=prompt:#"},
    {"a=tool:#"},
    {"a=charset:#"},
    {"a=cname-of:#"},
    {"a=fingerprint:sha-1 #"},
    {"a=ice-options:#"},
    {"a=ice-pwd:######"},
    {"a=ice-ufrag:#"},
    {"a=identity:#"},
    {"a=key-mgmt:mikey #"},
    {"a=msid-semantic: WMS #"},
    {"a=source-filter: incl IN IP4 * %.1.14"},
    {"a=tls-id:#"},
    {"a=x-#:1"},
};
// Of its media line.
inline const Places kMedia = {
    {"i=#"},
    {"k=clear:#"},
    {"a=alt:1 1 : # # %.1.15 5000"},
    {"a=candidate:# 1 UDP 2130706431 %.1.1 5000 typ host"},
    {"a=candidate:1 1 UDP 1694498815 %.1.2 5001 typ srflx raddr %.1.3 rport 5002"},
    {"a=candidate:2 1 UDP 1694498815 #.local 5001 typ host"},
    {"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:#"},
    {"a=extmap:1 urn:#"},
    {"a=label:#"},
    {"a=mid:#", Fate::Rewritten},
    {"a=msid:# #"},
    {"a=path:msrp://#.invalid:7777/#;tcp"},
    {"a=remote-candidates:1 %.1.5 5004"},
    {"a=rtcp:5003 IN IP4 %.1.4", Fate::Rewritten},
    {"a=ssrc:1234 cname:#@#.invalid"},
    {"a=ssrc:1234 msid:# #"},
    {"a=x-#"},
    {"a=zrtp-hash:1.10 #"},
};

inline std::string name_of(const Place& place) {
  return place.line.substr(0, place.line.find_first_of(place.line[1] == '=' && place.line[0] != 'a' ? "=" : ":"));
}

class Aviary {
 public:
  // `where`: the peer that the canaries belong to.
  Aviary(std::string name, base::Endpoint where) : name_(std::move(name)), where_(where) {
    net_ = name_ == "a" ? "10.91" : "10.92";
  }

  std::string bird() const { return "kanari" + name_; }
  // Whole lines, each # a word that occurs nowhere else.
  std::string plant(const Places& places, const std::string& where) {
    std::string text;
    for (const auto& place : places) {
      ++positions_;
      const std::string word = bird() + std::to_string(++count_) + "q";
      words_.emplace_back(word, where + ": " + place.line);
      if (place.fate == Fate::Dropped && place.line.find('#') != 0)
        dropped_.insert("\r\n" + fill(name_of(place), word));
      text += fill(place.line, word) + "\r\n";
    }
    return text;
  }
  std::string description(int port) {
    return "v=0\r\n" + plant(kSdp, "SDP") + "m=audio " + std::to_string(port) + " RTP/AVP 8 0\r\n" +
           plant(kMedia, "SDP") + "c=IN IP4 " + where_.ip.text() + "\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n";
  }

  void expect_none_in(const std::vector<std::string>& said, const std::string& to) const {
    EXPECT_FALSE(said.empty()) << to;
    for (const auto& message : said) {
      for (const auto& start : dropped_) {
        for (const char end : {':', '='})
          EXPECT_EQ(message.find(start + end), std::string::npos) << start << " is dropped, and reached " << to << "\n"
                                                                  << message;
      }
      EXPECT_EQ(message.find(net_), std::string::npos) << "an address reached " << to << "\n" << message;
      if (message.find(bird()) == std::string::npos) continue;
      for (const auto& [word, where] : words_)
        EXPECT_EQ(message.find(word), std::string::npos) << "from " << where << " to " << to << "\n" << message;
    }
  }
  std::size_t positions() const { return positions_; }

 private:
  std::string fill(const std::string& line, const std::string& word) const {
    std::string text;
    for (const char c : line) {
      if (c == '#') {
        text += word;
      } else if (c == '%') {
        text += net_;
      } else if (c == '&') {
        text += where_.text();
      } else {
        text += c;
      }
    }
    return text;
  }

  std::string name_;
  std::string net_;
  base::Endpoint where_;
  std::size_t count_ = 0;
  std::size_t positions_ = 0;
  std::vector<std::pair<std::string, std::string>> words_;
  std::set<std::string> dropped_;
};

inline Places without(const Places& places, std::initializer_list<std::string_view> names) {
  Places kept;
  for (const auto& place : places)
    if (std::ranges::none_of(names, [&](const auto name) { return place.line.starts_with(name); }))
      kept.push_back(place);
  return kept;
}

}  // namespace sbc::call::test
