#pragma once
// The parts of the configuration that have a file of their own: config_realms.cc, config_routes.cc, config_users.cc.

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "media-relay/settings/settings.h"

#include "sbc/app/config.h"
#include "sbc/tls/context.h"
#include "sbc/tls/limits.h"

namespace sbc::app {

inline constexpr std::pair<std::string_view, route::Trust> kTrust[] = {{"untrusted", route::Trust::Untrusted},
                                                                       {"trusted", route::Trust::Trusted}};
inline constexpr std::pair<std::string_view, route::Redirects> kRedirects[] = {
    {"drop", route::Redirects::Drop},
    {"diversion", route::Redirects::Diversion},
    {"history-info", route::Redirects::HistoryInfo}};

inline constexpr std::pair<std::string_view, policy::OnRedirect> kOnRedirect[] = {
    {"refuse", policy::OnRedirect::Refuse}, {"follow", policy::OnRedirect::Follow}, {"pass", policy::OnRedirect::Pass}};

inline constexpr std::pair<std::string_view, policy::LateOffer> kLateOffer[] = {
    {"pass", policy::LateOffer::Pass}, {"offer", policy::LateOffer::Offer}, {"refuse", policy::LateOffer::Refuse}};
inline constexpr std::pair<std::string_view, policy::Preconditions> kPreconditions[] = {
    {"strip", policy::Preconditions::Strip}, {"refuse", policy::Preconditions::Refuse}};

inline constexpr std::pair<std::string_view, policy::MediaSecurity> kMediaSecurity[] = {
    {"none", policy::MediaSecurity::None},
    {"sdes", policy::MediaSecurity::Sdes},
    {"best-effort", policy::MediaSecurity::BestEffort},
    {"dtls", policy::MediaSecurity::Dtls},
    {"webrtc", policy::MediaSecurity::Webrtc}};

inline constexpr std::pair<std::string_view, policy::Dtmf> kDtmf[] = {{"pass", policy::Dtmf::Pass},
                                                                      {"rfc4733", policy::Dtmf::Rfc4733},
                                                                      {"info", policy::Dtmf::Info},
                                                                      {"inband", policy::Dtmf::Inband}};

inline constexpr std::pair<std::string_view, route::RtcpFeedback> kRtcpFeedback[] = {
    {"as-offered", route::RtcpFeedback::AsOffered},
    {"always", route::RtcpFeedback::Always},
    {"never", route::RtcpFeedback::Never}};

// A sound by its name or as tones; "" when the key is missing, or after an error.
std::string read_sound(settings::Table& table, std::string_view key);
// How long calls from and to a realm or trunk may last, 0: as long as others; nullopt when the key is missing.
std::optional<base::Duration> read_max_duration(settings::Table& table);
// [realm.<name>] with their listeners; fills config.realms and config.listeners.
std::vector<route::Realm> read_realms(settings::Table root, Config& config);
// The trunks behind the name of a trunk or group, best first.
std::vector<std::string> trunks_of(const route::Table& routes, std::string_view name);
// That the upstream of each relay realm exists; after the routes were read.
void check_upstreams(settings::Table root, Config& config);
// [policy.dns] and [policy.enum]
void read_dns_lookups(settings::Table& policy, LookupSettings& into);
// failures and pause, of any service.
lookup::BreakerRule read_breaker(settings::Table& table);
// [policy.redis]
redis::Settings read_redis(settings::Table& policy, const Config& config);
// tls, ca, certificate, key and tls_name of a table that says how a server is reached (config_tls.cc). nullptr: without
// TLS, or after an error. `given`: the texts of all files.
std::shared_ptr<const tls::Context> read_tls_client(settings::Table& table, const Config& config, std::string& given);
// [policy.database.<name>] and [policy.sql.<name>]
std::vector<database::Settings> read_databases(settings::Table& policy, const Config& config);
// [policy.table.<name>] with their files.
// After the databases.
std::vector<TableFeed> read_tables(settings::Table& policy, const Config& config, policy::Tables& tables);
// [trunk.<name>] and [group.<name>].
std::expected<route::Table, std::string> read_routes(settings::Table root, std::vector<route::Realm> realms);
// Who we are to the trunks that ask: username, password and auth_realm of [trunk.<name>].
std::map<std::string, auth::Account, std::less<>> read_accounts(settings::Table root);
// The keys of a TLS listener, with the files that they name; null after an error.
std::shared_ptr<const tls::Context> read_certificates(settings::Table& listener, const Config& config);
// The addresses of a host name, in the resolver's order. Blocking: only while the configuration is read.
std::vector<base::IpAddress> addresses_of(const std::string& name);
// What peers of a realm may send across a call.
call::CrossingRules read_crossing(settings::Table& realm);
// codecs = {...} of a realm or trunk; null when there is none.
sdp::CodecRulesPtr read_codecs(settings::Table& peer);
// record = {...} of a realm or trunk.
policy::Recording read_recording(settings::Table& peer);
// That the recording servers named there exist; after the routes were read.
void check_recorders(settings::Table root, const Config& config);
// [leak_guard].
leak::Mode read_leak_guard(settings::Table root);
// [dns].
resolve::Settings read_dns(settings::Table root);
// [[user]].
std::shared_ptr<const registrar::UserTable> read_users(settings::Table root, const Config& config);
// [[registration]]; after routes and accounts were read.
std::vector<registrar::TrunkRegistration> read_registrations(settings::Table root, const Config& config,
                                                             const call::Settings& calls);
// [policy]: its budgets, its recording, and [policy.http].
policy::Limits read_policy_limits(settings::Table& policy);
RecordSettings read_record(settings::Table& policy);
http::Settings read_http(settings::Table& policy);
// One value of [policy.settings].
policy::Setting read_setting(settings::Table& table, const std::string& key);

}  // namespace sbc::app
