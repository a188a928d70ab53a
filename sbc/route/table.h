#pragma once
// The sides of the border and the peers beyond it: an immutable table made from the configuration. Targets that are
// names stay names here; what they stand for changes, and is found by locate.h.

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"

#include "sbc/policy/decision.h"
#include "sbc/route/limits.h"
#include "sbc/route/probe_rules.h"
#include "sbc/sdp/codec_rules.h"
#include "sbc/sip/transport.h"

namespace sbc::route {

enum class Trust : std::uint8_t {
  Untrusted,  // phones and strangers
  Trusted,    // a network of the operator or of a carrier under contract
};

// The form in which a side is told that a call was forwarded on its way (RFC 7544).
enum class Redirects : std::uint8_t { Drop, Diversion, HistoryInfo };

// Whether offers of audio, text and video to a side have a profile with feedback (RFC 4585, RFC 5124). Browsers always
// get one (RFC 8827).
enum class RtcpFeedback : std::uint8_t {
  AsOffered,  // where the other side's offer has one that its peers know: not that of browsers
  Always,
  Never,
};

// Marks (DSCP, RFC 2474) of what is sent to a side, by kind. Speech and fax are of the telephony class (RFC 4594 4.1:
// EF), signalling of its own (4.2: CS5), video is AF41 (RFC 8837 section 5), and text goes with it.
struct Marks {
  std::uint8_t audio = 46;
  std::uint8_t video = 34;
  std::uint8_t text = 34;
  std::uint8_t fax = 46;
  std::uint8_t signalling = 40;
};

// One local address of the border. `index` is the listener's number in the configuration, the same on all shards.
struct Listener {
  std::uint16_t index = 0;
  sip::Transport transport = sip::Transport::Udp;
  base::Endpoint address;
};

// A side of the border.
struct Realm {
  std::string name;
  std::vector<Listener> listeners;
  std::string media_network;  // the relay's name for the network that faces this realm
  Trust trust = Trust::Untrusted;
  Redirects redirects = Redirects::Drop;
  std::size_t udp_limit = kUdpLimit;  // larger requests leave over TCP where the realm has it; 0: none does
  bool q850_from_status = false;      // refusals toward it get the Q.850 cause that their status stands for (RFC 3398)
  policy::OnRedirect on_redirect = policy::OnRedirect::Refuse;  // by whoever answers there
  policy::LateOffer late_offer = policy::LateOffer::Pass;       // for whoever is called there
  policy::Preconditions preconditions = policy::Preconditions::Strip;
  policy::MediaSecurity media_security = policy::MediaSecurity::None;
  sdp::CodecRulesPtr codecs = nullptr;
  policy::Dtmf dtmf = policy::Dtmf::Pass;
  policy::Recording record = {};
  bool sdes_in_clear = false;  // keys may be said where the signalling is not encrypted
  bool sips_in_clear = false;  // whoever was called with sips: may be reached there without TLS
  bool mixed_streams = false;  // its audio in clear may come in several streams (SSRC) at once
  RtcpFeedback rtcp_feedback = RtcpFeedback::AsOffered;
  std::string music_on_hold = {};  // sound that its peers hear while the other side holds them; "": none
  std::string ringback = {};       // and that its callers hear while a callee rings in silence
  base::Duration max_duration{};   // of calls from and to its peers; 0: none
  Marks marks = {};
  std::vector<std::string> redirect_to = {};  // trunks and groups that it may redirect to

  // The listener that can send to `remote` over `transport` (same IP family); nullptr: none.
  const Listener* listener_for(sip::Transport transport, const base::IpAddress& remote) const;
};

// A host as a URI names it, for RFC 3263: what is not given is found out.
struct NamedHost {
  std::string host;        // a name or an address
  std::uint16_t port = 0;  // 0: not given
  std::optional<sip::Transport> transport{};
  bool secure = false;       // sips
  std::string text() const;  // "sip.example.net;transport=tcp"
  friend auto operator<=>(const NamedHost&, const NamedHost&) = default;
};

// One address of a peer, or a name for several. Lower priority is tried first; weight shares the calls among equals
// (RFC 2782 sense).
struct TrunkTarget {
  base::Endpoint endpoint;  // empty when `name` is set
  sip::Transport transport = sip::Transport::Udp;
  std::uint16_t priority = 10;
  std::uint16_t weight = 1;  // 0: only when the others of its priority are out
  std::optional<NamedHost> name{};
  std::string tls_name = {};  // whom its certificate must name; "": `name`, or the address of `endpoint`
};

// The addresses that the names of trunks stand for at the moment, by trunk.
using TrunkAddresses = std::map<std::string, std::vector<base::IpAddress>, std::less<>>;

// A peer network.
struct Trunk {
  std::string name;
  std::string realm;
  std::vector<TrunkTarget> targets;
  std::vector<base::Prefix> sources;     // besides the targets' own addresses
  std::string host;                      // host of Request-URI and To towards it; "": the target's address and port
  std::optional<ProbeRules> probe = {};  // unset: its targets are not probed
  std::string tls_source = {};  // not "": its requests come over TLS, with a verified certificate that names this
  // Unset: as its realm has it.
  std::optional<Trust> trust = {};
  std::optional<Redirects> redirects = {};
  std::optional<bool> q850_from_status = {};
  std::optional<policy::OnRedirect> on_redirect = {};
  std::optional<policy::LateOffer> late_offer = {};
  std::optional<policy::Preconditions> preconditions = {};
  std::optional<policy::MediaSecurity> media_security = {};
  std::optional<sdp::CodecRulesPtr> codecs = {};
  std::optional<policy::Dtmf> dtmf = {};
  std::optional<policy::Recording> record = {};
  std::optional<bool> sdes_in_clear = {};
  std::optional<bool> sips_in_clear = {};
  std::optional<bool> mixed_streams = {};
  std::optional<RtcpFeedback> rtcp_feedback = {};
  std::optional<std::string> music_on_hold = {};
  std::optional<std::string> ringback = {};
  std::optional<base::Duration> max_duration = {};
  std::optional<std::vector<std::string>> redirect_to = {};  // besides itself
};

struct GroupMember {
  std::string trunk;
  std::uint16_t priority = 10;
  std::uint16_t weight = 1;
};

struct Group {
  std::string name;
  std::vector<GroupMember> members;
};

class Table {
 public:
  Table() = default;  // empty

  // Checks that names are unique and known, limits are kept, and every target can be reached from its trunk's realm.
  // The error names the object: `trunk "carrier": no realm "core"; nearest is "cores"`.
  static std::expected<Table, std::string> build(std::vector<Realm> realms, std::vector<Trunk> trunks,
                                                 std::vector<Group> groups);

  const Realm* realm(std::string_view name) const;
  const Trunk* trunk(std::string_view name) const;
  const Group* group(std::string_view name) const;
  const std::vector<Realm>& realms() const { return realms_; }
  const std::vector<Trunk>& trunks() const { return trunks_; }
  const std::vector<Group>& groups() const { return groups_; }

  // The trunk that `source` belongs to: most specific prefix, then configuration order. Only the address counts, since
  // carriers send from other ports than they listen on; and the names in `tls_peer` (null: no verified certificate) for
  // trunks that have a tls_source. What a name stands for (`named`) counts as an address of its trunk.
  const Trunk* identify(std::string_view realm, const base::IpAddress& source,
                        const std::vector<std::string>* tls_peer = nullptr, const TrunkAddresses& named = {}) const;
  // The realm of a listener; nullptr for an unknown index.
  const Realm* realm_of(std::uint16_t listener) const;

 private:
  using Index = std::map<std::string, std::size_t, std::less<>>;
  std::vector<Realm> realms_;
  std::vector<Trunk> trunks_;
  std::vector<Group> groups_;
  Index realm_index_, trunk_index_, group_index_;
};

}  // namespace sbc::route
