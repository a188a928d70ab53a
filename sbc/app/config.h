#pragma once
// The configuration file as typed values, checked as a whole: whatever this returns can be started. The file's keys are
// described in deploy/config/sbc.toml, which a test loads.

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"
#include "media-relay/observe/log.h"

#include "sbc/app/lookup_settings.h"
#include "sbc/app/table_feeds.h"
#include "sbc/call/settings.h"
#include "sbc/exchange/settings.h"
#include "sbc/history/limits.h"
#include "sbc/net/limits.h"
#include "sbc/net/transports.h"
#include "sbc/policy/host.h"
#include "sbc/register/settings.h"
#include "sbc/register/trunk_registration.h"
#include "sbc/register/users.h"
#include "sbc/relay_client/relay_link.h"
#include "sbc/resolve/settings.h"
#include "sbc/route/table.h"
#include "sbc/transaction/config.h"

namespace sbc::app {

struct ListenerConfig {
  std::string realm;
  sip::Transport transport = sip::Transport::Udp;
  base::Endpoint bind;
  std::string host;  // advertised, IPv6 in brackets
  std::uint16_t port = 0;
  base::IpAddress address;  // advertised, or bind's when a name is advertised
  std::uint8_t dscp = 0;
  friend bool operator==(const ListenerConfig&, const ListenerConfig&) = default;
};

struct RealmConfig {
  std::string name;
  std::string domain;  // host of our From and To toward it; "": the listener's
  bool registrar = false;
  registrar::RealmSettings registration;
  call::CrossingRules crossing;
  call::Reliable reliable = call::Reliable::WithSdp;  // provisional responses to its callers
  std::optional<registrar::RelaySettings> relay;      // the registrar is upstream
  bool has_registrations() const { return registrar || relay; }
};

inline constexpr std::size_t kMaxExplanations = 10'000;
// policy.record
struct RecordSettings {
  std::string file;                  // "": decisions are not recorded
  std::uint64_t limit = 100U << 20;  // bytes, then a new file is begun and the last one kept beside it
};

struct Config {
  std::string path;

  // Only a restart changes these (see restart_needed).
  std::string instance = "sbc";
  unsigned shards = 1;
  base::Endpoint admin;
  std::string control;  // path of the control socket; "": none
  observe::LogOptions log;
  std::string sip_trace;
  std::vector<ListenerConfig> listeners;
  std::vector<relay_client::LinkOptions> relays;
  transaction::Config transactions;
  net::Limits net;
  std::size_t max_registrations = 200'000;
  resolve::Settings dns;

  // A reload changes these.
  std::vector<std::shared_ptr<const tls::Context>> certificates;  // by listener; null: no TLS
  std::vector<RealmConfig> realms;
  std::shared_ptr<const route::Table> routes;
  std::shared_ptr<const registrar::UserTable> users;
  std::vector<registrar::TrunkRegistration> registrations;  // ours at others; `line` is found out later
  std::string policy_file;
  bool policy_tests = true;    // those beside the policy must pass before a reload is applied
  std::string policy_history;  // folder of the policies that ran; "": they are not kept
  std::size_t policy_history_keep = history::kUsualEntries;
  std::size_t policy_explain = 0;  // calls of which it is kept why they went their way; 0: none
  std::string policy_explain_log;  // file that has the explanation of each call that ended; "": none
  RecordSettings policy_record;
  policy::Limits policy_limits;
  LookupSettings policy_lookups;
  policy::Fallback policy_fallback;
  policy::Environment policy_environment;
  std::vector<TableFeed> table_feeds;  // of its tables, those that a database fills
  std::shared_ptr<const call::Settings> calls;
  exchange::Settings exchange;
  base::Duration stop_grace = base::seconds(30);

  const RealmConfig* realm(std::string_view name) const;
};

// Everything that is wrong, one line each: `sbc.toml:12:8: realm.access.bind: expected ...`.
std::expected<std::shared_ptr<const Config>, std::string> load_config(const std::string& path);

// The keys whose change between the two takes effect only after a restart.
std::vector<std::string> restart_needed(const Config& running, const Config& wanted);

}  // namespace sbc::app
