// Every metric of the process with its name and help text.

#include <array>
#include <span>
#include <tuple>
#include <utility>

#include "sbc/admin/admin.h"

namespace sbc::admin {
namespace {

using observe::Labels;
using observe::Metrics;

constexpr std::initializer_list<double> kSetupBounds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                                     2,     4,    8,     15,   30,  60,   120, 180};
constexpr std::initializer_list<double> kCallBounds{1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400};
constexpr std::initializer_list<double> kPolicyBounds{0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005,
                                                      0.001,   0.0025,   0.005,   0.01,   0.05,    0.25};
constexpr std::initializer_list<double> kMosBounds{1.5, 2, 2.5, 3, 3.25, 3.5, 3.75, 4, 4.1, 4.2, 4.3, 4.4};
constexpr std::initializer_list<double> kLossBounds{0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5};
constexpr std::initializer_list<double> kJitterBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16};
constexpr std::initializer_list<double> kRoundTripBounds{0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1};
constexpr std::initializer_list<double> kRelayBounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                     0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5};

template <typename Enum>
void expose_by(Metrics& metrics, const std::string& name, const std::string& help, const std::string& label,
               const CountersBy<Enum>& counters, Labels labels = {}) {
  labels.emplace_back(label, "");
  for (std::size_t i = 0; i < static_cast<std::size_t>(Enum::kCount); ++i) {
    labels.back().second = name_of(static_cast<Enum>(i));
    metrics.counter(name, help, labels, counters[static_cast<Enum>(i)]);
  }
}

std::string label_of(sip::Method method) {
  return method == sip::Method::Other ? "other" : std::string(sip::name_of(method));
}

void expose_messages(Metrics& metrics, const ShardMetrics& shard) {
  for (std::size_t i = 0; i < kMethods; ++i) {
    const auto method = static_cast<sip::Method>(i);
    const std::string label = label_of(method);
    const std::string requests = "parapet_requests_total";
    const std::string requests_help = "SIP requests by method and direction, retransmissions included.";
    metrics.counter(requests, requests_help, {{"direction", "in"}, {"method", label}}, shard.requests_in[method]);
    metrics.counter(requests, requests_help, {{"direction", "out"}, {"method", label}}, shard.requests_out[method]);
    const std::string responses = "parapet_responses_total";
    const std::string responses_help = "SIP responses by class, direction and the method they answer.";
    expose_by(metrics, responses, responses_help, "class", shard.responses_in[i],
              {{"direction", "in"}, {"method", label}});
    expose_by(metrics, responses, responses_help, "class", shard.responses_out[i],
              {{"direction", "out"}, {"method", label}});
  }
}

void expose_leaks(Metrics& metrics, const ShardMetrics& shard) {
  expose_by(metrics, "parapet_leaks_total", "Words of one side of a call in a message to the other, by kind.", "kind",
            shard.leaks);
  expose_by(metrics, "parapet_leaks_by_place_total", "The same by where they stand.", "place", shard.leaks_by_place);
  const std::string scrubbed = "parapet_leaks_scrubbed_total";
  const std::string help = "What the leak guard did about them: places removed, leaks kept because they cannot be.";
  metrics.counter(scrubbed, help, {{"result", "removed"}}, shard.leaks_removed);
  metrics.counter(scrubbed, help, {{"result", "kept"}}, shard.leaks_kept);
}

void expose_limits(Metrics& metrics, const ShardMetrics& shard) {
  expose_by(metrics, "parapet_limits_total",
            "What was left out, forgotten or refused because a limit without a counter of its own was reached.",
            "limit", shard.limits);
}

void expose_calls(Metrics& metrics, const ShardMetrics& shard) {
  expose_by(metrics, "parapet_calls_total", "Calls that ended their setup, by result.", "result", shard.calls);
  metrics.counter("parapet_calls_started_total", "Calls that began: INVITEs that passed the first checks.", {},
                  shard.calls_started);
  metrics.gauge("parapet_calls_active", "Calls that exist now, ringing ones included.", {}, shard.calls_active);
  metrics.gauge("parapet_calls_connected", "Calls that are answered and not yet over.", {}, shard.calls_connected);
  metrics.histogram("parapet_call_setup_seconds", "From the caller's INVITE to our 2xx.", {}, shard.setup_seconds);
  metrics.histogram("parapet_call_seconds", "From the answer to the end of the call.", {}, shard.call_seconds);
  expose_by(metrics, "parapet_rejects_total", "Requests that we turned away, by reason.", "reason", shard.rejects);
  expose_by(metrics, "parapet_registrations_total", "REGISTER requests by result.", "result", shard.registrations);
}

void expose_exchange(Metrics& metrics, const ShardMetrics& shard) {
  for (std::size_t i = 0; i < kMethods; ++i)
    expose_by(metrics, "parapet_exchanges_total", "Requests outside of calls that crossed the border or were to.",
              "result", shard.exchanges[i], {{"method", label_of(static_cast<sip::Method>(i))}});
  expose_by(metrics, "parapet_subscription_events_total", "What happened to subscriptions, by kind.", "event",
            shard.subscription_events);
  metrics.gauge("parapet_subscriptions", "Subscriptions that exist now.", {}, shard.subscriptions);
}

void expose_store(Metrics& metrics, const std::string& kind, const StoreMetrics& store) {
  const std::string name = "parapet_policy_" + kind;
  expose_by(metrics, name + "_total", "Look-ups of policies in " + kind + " stores, by result.", "result",
            store.lookups);
  metrics.counter(name + "_rests_total",
                  "Times that a store of kind " + kind + " failed too often and was left in peace.", {}, store.rests);
  metrics.gauge(name + "_resting", "Stores of kind " + kind + " that are left in peace now.", {}, store.resting);
  metrics.gauge(name + "_requests", "Look-ups of policies in " + kind + " stores under way.", {}, store.under_way);
}

void expose_policy(Metrics& metrics, const ShardMetrics& shard) {
  for (std::size_t i = 0; i < shard.policy_seconds.size(); ++i)
    metrics.histogram("parapet_policy_seconds", "Time in policy handlers.",
                      {{"handler", name_of(static_cast<PolicyHandler>(i))}}, shard.policy_seconds[i]);
  expose_by(metrics, "parapet_policy_errors_total",
            "Policy handlers that failed or exceeded their budget: the fallback decided.", "handler",
            shard.policy_errors);
  expose_by(metrics, "parapet_policy_waits_total", "Questions of policies that take time, by what became of them.",
            "event", shard.policy_waits);
  metrics.gauge("parapet_policy_waiting", "Policy handlers that wait for an answer now.", {}, shard.policy_waiting);
  metrics.gauge("parapet_policies_held", "Policies that calls live under, with the one that runs, of each shard.", {},
                shard.policies_held);
  metrics.counter("parapet_policies_cut_total",
                  "Times that calls lost the policy that they began under, since too many were loaded after it.", {},
                  shard.policies_cut);
  metrics.counter("parapet_policy_counted_total", "Times that policies used their own counters.", {},
                  shard.policy_counted);
  metrics.counter("parapet_policy_counters_forgotten_total",
                  "Counters of policies that went because there are too many.", {}, shard.policy_counters_forgotten);
  expose_by(metrics, "parapet_policy_enum_total", "Look-ups of policies by ENUM, by result.", "result",
            shard.enum_lookups);
  expose_by(metrics, "parapet_policy_dns_total", "Look-ups of policies in the DNS by name, by result.", "result",
            shard.dns_lookups);
  expose_by(metrics, "parapet_policy_http_total", "Look-ups of policies by HTTP, by result.", "result",
            shard.http_lookups);
  metrics.counter("parapet_policy_http_rests_total", "Times that a service failed too often and was left in peace.", {},
                  shard.http_rests);
  metrics.gauge("parapet_policy_http_resting", "Services that are left in peace now.", {}, shard.http_resting);
  metrics.gauge("parapet_policy_http_requests", "HTTP requests of policies under way.", {}, shard.http_under_way);
  expose_store(metrics, "redis", shard.redis);
  expose_store(metrics, "sql", shard.databases);
}

void expose_relay(Metrics& metrics, const ShardMetrics& shard) {
  metrics.histogram("parapet_relay_command_seconds", "From a command to the media relay to its reply.", {},
                    shard.relay_seconds);
  metrics.counter("parapet_relay_errors_total", "Relay commands that were refused or never answered.", {},
                  shard.relay_errors);
  metrics.counter("parapet_relay_reconnects_total", "Links to a relay that had to be made again.", {},
                  shard.relay_reconnects);
  metrics.gauge("parapet_relay_links_connected", "Links to relays that are up, over all shards.", {},
                shard.relay_connected);
  metrics.gauge("parapet_relay_links", "Links to relays that are configured, over all shards.", {}, shard.relay_links);
  metrics.counter("parapet_media_timeouts_total", "Calls that ended because no media came.", {}, shard.media_timeouts);
  metrics.counter("parapet_recordings_stopped_total",
                  "Media lines that were to be recorded and are not, or not to their end.", {},
                  shard.recordings_stopped);
  metrics.counter("parapet_recording_sessions_total", "Sessions with recording servers (SIPREC) that were begun.", {},
                  shard.recording_sessions);
  metrics.counter("parapet_recording_sessions_lost_total",
                  "Sessions with recording servers that died, after which another one was asked for.", {},
                  shard.recording_sessions_lost);
  metrics.counter("parapet_max_durations_total", "Calls that ended because they had lasted for as long as they may.",
                  {}, shard.max_durations);
  metrics.counter("parapet_media_not_secured_total",
                  "Calls that ended because media that was to be secure could not be.", {}, shard.media_not_secured);
}

void expose_streams(Metrics& metrics, const Labels& stream, const StreamMetrics& streams) {
  metrics.histogram("parapet_call_loss_ratio", "Packets of this side that were lost before the border.", stream,
                    streams.loss);
  metrics.histogram("parapet_call_jitter_seconds", "Interarrival jitter of this side's packets (RFC 3550 6.4.1).",
                    stream, streams.jitter_seconds);
  metrics.histogram("parapet_call_round_trip_seconds", "Between the border and this side (RFC 3550 6.4.1).", stream,
                    streams.round_trip_seconds);
  metrics.histogram("parapet_call_reported_mos", "Mean opinion that this side reports of what it hears (RFC 3611 4.7).",
                    stream, streams.reported_mos);
}

void expose_quality(Metrics& metrics, const ShardMetrics& shard) {
  metrics.counter("parapet_quality_reports_total", "Times that the relay told how a call sounds.", {},
                  shard.quality_reports);
  constexpr std::array<const char*, 2> kSides{"caller", "callee"};
  for (std::size_t i = 0; i < kSides.size(); ++i) {
    const Labels side{{"side", kSides[i]}};
    metrics.counter("parapet_one_sided_audio_total",
                    "Times that nothing came from this side of a call while the other one was heard.", side,
                    shard.silent[i]);
    metrics.counter("parapet_low_quality_total", "Times that what this side says became bad during a call.", side,
                    shard.low_quality[i]);
    metrics.histogram("parapet_call_mos", "Mean opinion of what this side said, by the E-model, one for each call.",
                      side, shard.mos[i]);
    for (std::size_t kind = 0; kind <= kMediaKinds.size(); ++kind) {
      const std::string media(kind < kMediaKinds.size() ? kMediaKinds[kind] : "other");
      expose_streams(metrics, {{"side", kSides[i]}, {"media", media}}, shard.streams[i][kind]);
    }
  }
}

observe::Histogram one_of(std::size_t /*which*/, std::span<const double> bounds) {
  return observe::Histogram(bounds);
}
template <std::size_t... i>
std::array<observe::Histogram, sizeof...(i)> alike(std::span<const double> bounds, std::index_sequence<i...> /*all*/) {
  return {one_of(i, bounds)...};
}

}  // namespace

ShardMetrics::ShardMetrics()
    : setup_seconds(kSetupBounds),
      call_seconds(kCallBounds),
      policy_seconds(alike(kPolicyBounds, std::make_index_sequence<std::tuple_size_v<decltype(policy_seconds)>>())),
      relay_seconds(kRelayBounds),
      mos{observe::Histogram(kMosBounds), observe::Histogram(kMosBounds)} {}

StreamMetrics::StreamMetrics()
    : loss(kLossBounds),
      jitter_seconds(kJitterBounds),
      round_trip_seconds(kRoundTripBounds),
      reported_mos(kMosBounds) {}

void expose(Metrics& metrics, const ShardMetrics& shard) {
  expose_calls(metrics, shard);
  expose_messages(metrics, shard);
  expose_exchange(metrics, shard);
  expose_policy(metrics, shard);
  expose_relay(metrics, shard);
  expose_quality(metrics, shard);
  expose_by(metrics, "parapet_transaction_events_total", "What happened to transactions, by kind.", "event",
            shard.transactions);
  expose_by(metrics, "parapet_dialog_events_total", "What happened inside dialogs, by kind.", "event", shard.dialogs);
  expose_by(metrics, "parapet_trunk_challenges_total", "Digest challenges of trunks to our requests, by result.",
            "result", shard.trunk_challenges);
  expose_by(metrics, "parapet_relay_refusals_total",
            "Sessions that a relay would not have, or did not answer for; another relay was asked then.", "reason",
            shard.relay_refusals);
  expose_by(metrics, "parapet_media_moves_begun_total",
            "Calls whose media was to move to another relay session, by why the one they had was no good.", "reason",
            shard.moves_begun);
  expose_by(metrics, "parapet_media_moves_done_total", "Calls whose media has moved, both legs.", "reason",
            shard.moves_done);
  metrics.counter("parapet_media_moves_put_off_total",
                  "Times that a call stayed with a relay that drains, since nobody took it or a leg refused.", {},
                  shard.moves_put_off);
  metrics.counter("parapet_media_moves_failed_total", "Calls that ended because their media could not move.", {},
                  shard.moves_failed);
  expose_by(metrics, "parapet_media_lines_refused_total", "Media lines of offers that were refused with port 0.",
            "reason", shard.refused_lines);
  expose_by(metrics, "parapet_crypto_lines_skipped_total", "Lines with SRTP keys (a=crypto) that could not be used.",
            "reason", shard.crypto_lines_skipped);
  expose_leaks(metrics, shard);
  expose_limits(metrics, shard);
  expose_by(metrics, "parapet_dns_total", "What became of questions to the DNS, by kind.", "event", shard.dns);
  expose_by(metrics, "parapet_response_detours_total", "Responses whose connection was gone, by what became of them.",
            "result", shard.response_detours);
  metrics.gauge("parapet_dns_cached", "Answers of the DNS that are kept.", {}, shard.dns_cached);
  expose_by(metrics, "parapet_upstream_registrations_total", "Registrations relayed to a registrar, by event.", "event",
            shard.upstream_registrations);
  expose_by(metrics, "parapet_registration_events_total", "What happened around registrations, by kind.", "event",
            shard.registration_events);
  expose_by(metrics, "parapet_keep_alives_total", "Keep-alives toward registered phones, by event.", "event",
            shard.keep_alives);
  metrics.gauge("parapet_phones_kept_alive", "Phones that keep-alives are sent to.", {}, shard.phones_kept_alive);
  expose_by(metrics, "parapet_trunk_registrations_total", "Our registrations at trunks, by event.", "event",
            shard.trunk_registrations);
  const std::string ours = "parapet_trunk_registrations";
  const std::string ours_help = "Our registrations at trunks: those of the configuration, and those that stand.";
  metrics.gauge(ours, ours_help, {{"state", "wanted"}}, shard.trunks_wanted);
  metrics.gauge(ours, ours_help, {{"state", "registered"}}, shard.trunks_registered);
  metrics.gauge("parapet_registrations_relayed", "Phones whose registration a registrar upstream has accepted.", {},
                shard.registrations_relayed);
  const std::string transactions = "parapet_transactions";
  const std::string help = "Transactions that exist now.";
  metrics.gauge(transactions, help, {{"side", "server"}}, shard.server_transactions);
  metrics.gauge(transactions, help, {{"side", "client"}}, shard.client_transactions);
  metrics.counter("parapet_mailbox_total", "Messages and sends that other shards handed over.", {}, shard.mailbox_in);
  const auto unnamed = [&](const char* reason, const base::Counter& count) {
    metrics.counter("parapet_dialog_names_removed_total",
                    "Messages that went on without the names of dialogs of other shards, by reason.",
                    {{"reason", reason}}, count);
  };
  unnamed("late", shard.names_late);
  unnamed("too_many", shard.names_unasked);
  metrics.counter("parapet_mailbox_dropped_total", "Hand-overs that were lost because the mailbox was full.", {},
                  shard.mailbox_dropped);
}

void expose(Metrics& metrics, const net::Counters& c) {
  const auto both = [&](const char* name, const char* help, const char* direction, const base::Counter& udp,
                        const base::Counter& tcp) {
    metrics.counter(name, help, {{"direction", direction}, {"transport", "udp"}}, udp);
    metrics.counter(name, help, {{"direction", direction}, {"transport", "tcp"}}, tcp);
  };
  const char* const messages = "parapet_transport_messages_total";
  const char* const messages_help = "Messages that crossed a socket.";
  both(messages, messages_help, "in", c.udp_in_messages, c.tcp_in_messages);
  both(messages, messages_help, "out", c.udp_out_messages, c.tcp_out_messages);
  const char* const bytes = "parapet_transport_bytes_total";
  const char* const bytes_help = "Bytes that crossed a socket, what was thrown away included.";
  both(bytes, bytes_help, "in", c.udp_in_bytes, c.tcp_in_bytes);
  both(bytes, bytes_help, "out", c.udp_out_bytes, c.tcp_out_bytes);
  const char* const keepalives = "parapet_transport_keepalives_total";
  const char* const keepalives_help = "Keep-alives received.";
  metrics.counter(keepalives, keepalives_help, {{"transport", "udp"}}, c.udp_in_keepalives);
  metrics.counter(keepalives, keepalives_help, {{"transport", "tcp"}}, c.tcp_in_keepalives);
  metrics.counter("parapet_transport_pings_total", "Keep-alives sent on connections that we opened.", {},
                  c.tcp_out_keepalives);
  const char* const batches = "parapet_transport_batches_total";
  const char* const batches_help = "System calls that moved UDP datagrams.";
  metrics.counter(batches, batches_help, {{"direction", "in"}}, c.udp_in_batches);
  metrics.counter(batches, batches_help, {{"direction", "out"}}, c.udp_out_batches);

  metrics.gauge("parapet_connections_open", "Connections that exist now, TCP and everything on top of it.", {},
                c.tcp_open);
  metrics.gauge("parapet_transport_output_waiting_bytes",
                "Bytes for connections whose peers have not taken them, measured each second.", {},
                c.tcp_output_waiting);
  metrics.gauge("parapet_tls_connections_open", "Of parapet_connections_open, those over TLS.", {},
                c.open_over(sip::Transport::Tls));
  const char* const web = "parapet_web_connections_open";
  const char* const web_help = "Of parapet_connections_open, WebSockets.";
  metrics.gauge(web, web_help, {{"transport", "ws"}}, c.open_over(sip::Transport::Ws));
  metrics.gauge(web, web_help, {{"transport", "wss"}}, c.open_over(sip::Transport::Wss));
  for (std::size_t i = 1; i < c.web_rejects.size(); ++i)
    metrics.counter("parapet_web_rejects_total", "WebSocket handshakes that were refused, by reason.",
                    {{"reason", web_socket::name_of(static_cast<web_socket::Reject>(i))}}, c.web_rejects[i]);
  metrics.counter("parapet_stun_requests_total", "STUN Binding requests answered on SIP ports.", {}, c.udp_in_stun);
  for (std::size_t i = 1; i < c.tls_failures.size(); ++i)
    metrics.counter("parapet_tls_failures_total", "TLS handshakes and connections that failed, by reason.",
                    {{"reason", tls::name_of(static_cast<tls::Failure>(i))}}, c.tls_failures[i]);
  const auto connection = [&](const char* event, const base::Counter& counter) {
    metrics.counter("parapet_connections_total", "What happened to TCP connections, by kind.", {{"event", event}},
                    counter);
  };
  connection("accepted", c.tcp_accepted);
  connection("connected", c.tcp_connected);
  connection("reused", c.tcp_reused);
  connection("aliased", c.tcp_aliases);
  connection("closed_by_peer", c.tcp_closed_by_peer);
  connection("closed_idle", c.tcp_closed_idle);
  connection("closed_error", c.tcp_closed_error);
  metrics.counter("parapet_foreign_sends_total", "Sends handed to the shard that owns the connection.", {},
                  c.foreign_sends);
  for (std::size_t i = 0; i < c.drops.size(); ++i)
    metrics.counter("parapet_transport_drops_total", "What the transports threw away or closed, by reason.",
                    {{"reason", net::name_of(static_cast<net::Drop>(i))}}, c.drops[i]);
}

void expose_build(Metrics& metrics, const std::string& version) {
  metrics.gauge("parapet_build_info", "The build that runs; always 1.", {{"version", version}}, [] { return 1.0; });
}

}  // namespace sbc::admin
