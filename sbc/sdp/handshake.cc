#include "sbc/sdp/handshake.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/sdp/bundle.h"
#include "sbc/sdp/limits.h"
#include "sbc/sdp/remote_media.h"

namespace sbc::sdp {
namespace {

constexpr std::array<std::pair<std::string_view, std::size_t>, 3> kHashes{
    {{"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}}};
constexpr std::array<std::string_view, 3> kSetups{"actpass", "active", "passive"};

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  return std::nullopt;
}

// RFC 8122 5: hash-func SP 2UHEX *(":" 2UHEX); small letters are read as well.
std::optional<Fingerprint> parse_fingerprint(std::string_view value) {
  const std::size_t space = value.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto hash = std::ranges::find_if(
      kHashes, [&](const auto& h) { return base::equals_ignoring_case(h.first, value.substr(0, space)); });
  std::string_view hex = base::trim(value.substr(space));
  if (hash == kHashes.end() || hex.size() != 3 * hash->second - 1) return std::nullopt;
  Fingerprint out{std::string(hash->first), {}};
  for (std::size_t i = 0; i < hex.size(); i += 3) {
    const auto high = hex_digit(hex[i]);
    const auto low = hex_digit(hex[i + 1]);
    if (!high || !low || (i + 2 < hex.size() && hex[i + 2] != ':')) return std::nullopt;
    out.value += static_cast<char>(*high << 4 | *low);
  }
  return out;
}

// Credentials longer than the RFC allows are as good as none; the relay would not take them.
std::string bounded(std::string_view value, std::size_t least) {
  return value.size() >= least && value.size() <= kMaxIceCredential ? std::string(value) : std::string();
}

struct Reading {
  Handshake out;
  bool setup_wrong = false;

  void take(const Line& line, bool media_level) {
    const std::string_view name = line.attribute_name();
    const std::string_view value = base::trim(line.attribute_value());
    if (name == "fingerprint") {
      if (media_level && !own_fingerprints) out.fingerprints.clear();
      own_fingerprints = own_fingerprints || media_level;
      if (auto one = parse_fingerprint(value); one && out.fingerprints.size() < kMaxFingerprints)
        out.fingerprints.push_back(*std::move(one));
    } else if (name == "setup") {
      const auto found = std::ranges::find(kSetups, value);
      setup_wrong = found == kSetups.end();
      if (!setup_wrong) out.setup = static_cast<Setup>(found - kSetups.begin());
    } else if (name == "tls-id") {
      out.tls_id = std::string(value.substr(0, kMaxTlsId));
    } else if (name == "ice-ufrag") {
      out.ice_ufrag = bounded(value, 4);
    } else if (name == "ice-pwd") {
      out.ice_password = bounded(value, 22);
    } else if (name == "ice-lite") {
      out.ice_lite = true;
    } else if (name == "rtcp-mux") {
      out.rtcp_mux = out.rtcp_mux || media_level;
    }
  }

 private:
  bool own_fingerprints = false;
};

}  // namespace

std::string_view name_of(Setup setup) {
  return kSetups[static_cast<std::size_t>(setup)];
}

namespace {

std::optional<Handshake> read_handshake(const Session& session, const Media& media) {
  Reading reading;
  for (const Line& line : session.session_lines())
    if (line.type == 'a') reading.take(line, false);
  for (const Line& line : session.lines_of(media))
    if (line.type == 'a') reading.take(line, true);
  if (reading.out.fingerprints.empty() || reading.setup_wrong) return std::nullopt;
  return std::move(reading.out);
}

}  // namespace

// RFC 9143 7.1.3: in answers and later offers only the tagged line has these attributes. In a first offer each has its
// own, for the case that it is not bundled.
std::optional<Handshake> handshake_of(const Session& session, const Media& media) {
  auto own = read_handshake(session, media);
  if (own && !own->ice_ufrag.empty() && own->rtcp_mux) return own;
  const Media& tagged = transport_of(session, media);
  return &tagged == &media ? own : read_handshake(session, tagged);
}

namespace {

// In no order, and each once: agents write their lines anew.
std::set<std::string_view> lines_but_place(std::span<const Line> lines) {
  // What a fingerprint comes to is compared below: some say it for the session first, and for the line as well later.
  static constexpr std::array<std::string_view, 6> kPlace{"candidate", "remote-candidates", "end-of-candidates", "rtcp",
                                                          "setup",     "fingerprint"};
  std::set<std::string_view> out;
  for (const Line& line : lines) {
    if (line.type == 'v' || line.type == 'o' || line.type == 'c' || line.type == 'm') continue;
    if (line.type == 'a' && std::ranges::find(kPlace, line.attribute_name()) != kPlace.end()) continue;
    out.insert(line.whole());
  }
  return out;
}

bool same_handshake(const std::optional<Handshake>& a, const std::optional<Handshake>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->same_association(*b) && a->ice_ufrag == b->ice_ufrag && a->ice_password == b->ice_password;
}

bool same_line_but_place(const Session& a, const Session& b, std::size_t index) {
  const Media& one = a.media[index];
  const Media& other = b.media[index];
  const RemoteMedia here = remote_media(a, index);
  const RemoteMedia there = remote_media(b, index);
  return one.kind == other.kind && one.proto == other.proto && one.formats == other.formats &&
         here.usable() == there.usable() && here.held == there.held && here.direction == there.direction &&
         same_handshake(handshake_of(a, one), handshake_of(b, other)) &&
         lines_but_place(a.lines_of(one)) == lines_but_place(b.lines_of(other));
}

}  // namespace

bool same_but_place(const Session& a, const Session& b) {
  if (a.media.size() != b.media.size()) return false;
  if (lines_but_place(a.session_lines()) != lines_but_place(b.session_lines())) return false;
  for (std::size_t i = 0; i < a.media.size(); ++i)
    if (!same_line_but_place(a, b, i)) return false;
  return true;
}

bool is_handshake_profile(std::string_view proto) {
  return proto == "UDP/TLS/RTP/SAVP" || proto == "UDP/TLS/RTP/SAVPF";
}

std::string_view handshake_profile(bool feedback) {
  return feedback ? "UDP/TLS/RTP/SAVPF" : "UDP/TLS/RTP/SAVP";
}

void append_handshake(std::string& out, const OwnHandshake& own, const base::Endpoint& rtp, bool offer) {
  const auto line = [&out](std::string_view name, std::string_view value) {
    out.append("a=").append(name).append(value).append("\r\n");
  };
  line("fingerprint:sha-256 ", own.fingerprint);
  line("setup:", name_of(own.setup));
  if (!own.tls_id.empty()) line("tls-id:", own.tls_id);
  if (offer && own.mux_only) line("rtcp-mux-only", "");
  if (own.ice_ufrag.empty()) return;
  line("ice-ufrag:", own.ice_ufrag);
  line("ice-pwd:", own.ice_password);
  // RFC 8445 5.1.2.1: 2^24 * 126 + 2^8 * 65535 + 255, for a host's only address.
  out += "a=candidate:1 1 UDP 2130706431 ";
  rtp.ip.append_to(out, false);
  out += ' ';
  base::append_number(out, rtp.port);
  out += " typ host\r\na=end-of-candidates\r\n";
}

}  // namespace sbc::sdp
