// What the relay shows: every number that an operator may want is registered here, and read at each scrape.

#include <array>

#include "media-relay/flow/drop.h"
#include "media-relay/server/relay.h"

namespace server {
namespace {

using observe::Labels;

constexpr std::array<std::string_view, session::kCommandKinds> kCommands{
    "hello", "open", "modify", "close", "query", "list", "subscribe", "ping", "send_digits"};

double number(std::uint64_t n) {
  return static_cast<double>(n);
}
double number_of(std::size_t n) {
  return static_cast<double>(n);
}

}  // namespace

void Relay::register_metrics() {
  metrics_.add_process_metrics();
  register_session_metrics();
  register_network_metrics();
  register_worker_metrics();
  register_command_metrics();
  register_restart_metrics();
  register_recording_metrics();
}

void Relay::register_session_metrics() {
  const session::Counters& c = sessions_.counters();
  metrics_.gauge("relay_sessions", "Sessions open now", {}, [this] { return number_of(sessions_.live()); });
  metrics_.gauge("relay_sessions_closing", "Sessions whose ports are being closed", {},
                 [this] { return number_of(sessions_.closing()); });
  metrics_.gauge("relay_flows", "Flows that hold ports", {}, [this] { return number_of(sessions_.flows()); });
  metrics_.gauge("relay_controllers", "Controllers known", {}, [this] { return number_of(sessions_.controllers()); });
  metrics_.counter("relay_sessions_opened_total", "Sessions opened", {}, [&c] { return number(c.sessions_opened); });
  const auto closed = [&](const char* cause, const std::uint64_t& count) {
    metrics_.counter("relay_sessions_closed_total", "Sessions ended, by cause", {{"cause", cause}},
                     [&count] { return number(count); });
  };
  closed("command", c.sessions_closed);
  closed("lease", c.sessions_reclaimed);
  closed("failure", c.sessions_failed);
  closed("stop", c.sessions_stopped);
  metrics_.counter("relay_lease_reclaims_total", "Controllers whose lease ended", {},
                   [&c] { return number(c.leases_ended); });
  metrics_.counter("relay_adoptions_total", "Controllers that came back to live sessions", {},
                   [&c] { return number(c.adoptions); });
  metrics_.counter("relay_media_timeouts_total", "Flows on which no side was heard for the media timeout", {},
                   [&c] { return number(c.media_lost); });
  metrics_.counter("relay_one_sided_media_total", "Flows on which one side was heard and the other one was not", {},
                   [&c] { return number(c.one_sided); });
  metrics_.counter("relay_quality_reports_total", "Times that it was told how a flow sounds", {},
                   [&c] { return number(c.quality_reports); });
  metrics_.counter("relay_digits_heard_total", "Digits (DTMF) found in media and told", {},
                   [&c] { return number(c.digits_heard); });
  for (std::size_t i = 0; i < c.peer_changes.size(); ++i)
    metrics_.counter("relay_peer_changes_total", "What ICE and DTLS came to, by kind",
                     {{"change", std::string(control::name_of(static_cast<control::PeerChange>(i + 1)))}},
                     [&c, i] { return number(c.peer_changes[i]); });
  metrics_.counter("relay_latches_total", "Remote addresses learned", {}, [&c] { return number(c.latched); });
  metrics_.counter("relay_rebounds_total", "Peers that their NAT has moved while nobody signalled", {},
                   [&c] { return number(c.rebounds); });
  metrics_.counter("relay_transcoding_refused_total", "Commands refused because a worker transcodes as much as it may",
                   {}, [&c] { return number(c.transcoding_refused); });
  metrics_.gauge("relay_sounds", "Sounds that can be played", {},
                 [this] { return number_of(sessions_.sounds().size()); });
  metrics_.gauge("relay_sounds_unusable", "Files of sounds that cannot be played", {},
                 [this] { return number_of(unusable_sounds_); });
  metrics_.counter("relay_bind_failures_total", "Port pairs that the system did not give", {},
                   [&c] { return number(c.bind_failures); });
  metrics_.counter("relay_port_pairs_early_total",
                   "Port pairs that were used again before their quarantine was over, because no other was free", {},
                   [&c] { return number(c.ports_early); });
  metrics_.counter("relay_flow_failures_total", "Commands that a worker could not carry out", {},
                   [&c] { return number(c.flow_failures); });
}

void Relay::register_network_metrics() {
  using session::PortCounts;
  for (std::size_t i = 0; i < config_.session.networks.size(); ++i) {
    const std::string& name = config_.session.networks[i].name;
    const auto gauge = [&](const char* state, std::size_t PortCounts::* count) {
      metrics_.gauge("relay_port_pairs", "Port pairs of a network by state (networks may share a range)",
                     {{"network", name}, {"state", state}}, [this, i, count] { return number_of(ports(i).*count); });
    };
    gauge("in_use", &PortCounts::in_use);
    gauge("free", &PortCounts::free);
    gauge("quarantined", &PortCounts::quarantined);
  }
}

void Relay::register_worker_metrics() {
  for (std::size_t i = 0; i < media_.workers(); ++i) {
    const worker::Counters& c = media_.counters(i);
    const std::string name = std::to_string(i);
    const auto counter = [&](const char* metric, const char* help, const worker::Counter& source,
                             const Labels& labels = {}) {
      Labels all = {{"worker", name}};
      all.insert(all.end(), labels.begin(), labels.end());
      metrics_.counter(metric, help, all, [&source] { return number(source.value()); });
    };
    counter("relay_packets_received_total", "Packets received", c.received_packets);
    counter("relay_bytes_received_total", "Bytes received (UDP payload)", c.received_bytes);
    counter("relay_packets_sent_total", "Packets sent", c.sent_packets);
    counter("relay_bytes_sent_total", "Bytes sent (UDP payload)", c.sent_bytes);
    counter("relay_packets_accepted_total", "Packets accepted by a flow", c.rtp_packets, {{"kind", "rtp"}});
    counter("relay_packets_accepted_total", "Packets accepted by a flow", c.rtcp_packets, {{"kind", "rtcp"}});
    counter("relay_packets_accepted_total", "Packets accepted by a flow", c.connect_packets, {{"kind", "connect"}});
    for (std::size_t r = 0; r < flow::kDropReasons; ++r)
      counter("relay_packets_dropped_total", "Packets not forwarded, by reason", c.drops[r],
              {{"reason", std::string(flow::name_of(static_cast<flow::Drop>(r)))}});
    const auto failed = [&](const char* reason, const worker::Counter& source) {
      counter("relay_io_errors_total", "Packets lost at the sockets, by reason", source, {{"reason", reason}});
    };
    failed("oversized", c.oversized);
    failed("receive_error", c.receive_errors);
    failed("send_blocked", c.send_blocked);
    failed("send_error", c.send_errors);
    metrics_.histogram("relay_packet_residence_seconds", "From a packet's receipt to its sending, inside the relay",
                       {{"worker", name}}, c.residence);
    const auto transcoded = [&](const char* what, const worker::Counter& count) {
      metrics_.counter("relay_transcoded_packets_total", "Packets of flows that are transcoded, by what became of them",
                       {{"worker", name}, {"what", what}}, [&count] { return number(count.value()); });
    };
    transcoded("decoded", c.transcode_decoded);
    transcoded("encoded", c.transcode_encoded);
    transcoded("passed", c.transcode_passed);
    transcoded("concealed", c.transcode_concealed);
    transcoded("undecodable", c.transcode_undecodable);
    metrics_.histogram("relay_transcode_seconds", "Time that one packet of a flow that is transcoded took",
                       {{"worker", name}}, c.transcode_seconds);
    metrics_.gauge("relay_transcoded_flows", "Flows on this worker that are transcoded", {{"worker", name}},
                   [this, i] { return number_of(sessions_.transcoded(i)); });
    counter("relay_keepalives_total", "Empty datagrams sent to open a NAT or to keep it open", c.keepalives);
    for (std::size_t e = 0; e < flow::kPlayEnds; ++e)
      counter("relay_plays_ended_total", "Sounds whose playing has ended by itself, by what ended it", c.plays_ended[e],
              {{"end", std::string(flow::name_of(static_cast<flow::PlayEnd>(e)))}});
    counter("relay_sound_frames_coded_total", "Frames of sounds that were coded, each once for all who hear it",
            c.frames_coded);
    metrics_.gauge("relay_sound_tracks", "Sounds kept coded, each in each of its formats", {{"worker", name}},
                   [&c] { return number(c.tracks.value()); });
    metrics_.gauge("relay_sound_track_bytes", "Memory of sounds that are kept coded", {{"worker", name}},
                   [&c] { return number(c.track_bytes.value()); });
    counter("relay_digit_floods_total", "Seconds in which one side sent more digits (DTMF) than are told",
            c.digit_floods);
    counter("relay_digits_refused_total", "Commands to send digits that could not be carried out in full",
            c.digits_refused);
    counter("relay_marks_refused_total", "Sockets that would not take another mark (DSCP)", c.marks_refused);
    counter("relay_worker_batches_total", "Batches received", c.batches);
    metrics_.gauge("relay_worker_flows", "Flows on this worker", {{"worker", name}},
                   [&c] { return number(c.flows.value()); });
    metrics_.counter("relay_worker_cpu_seconds_total", "CPU time of the worker's thread", {{"worker", name}},
                     [this, i] { return media_.cpu_seconds(i); });
  }
}

void Relay::register_command_metrics() {
  const session::Counters& c = sessions_.counters();
  for (std::size_t kind = 0; kind < session::kCommandKinds; ++kind)
    for (std::size_t result = 0; result < session::kResults; ++result) {
      const std::string name =
          result == 0 ? "ok" : std::string(control::name_of(static_cast<control::ErrorCode>(result)));
      metrics_.counter("relay_control_commands_total", "Control commands by kind and result",
                       {{"command", std::string(kCommands[kind])}, {"result", name}},
                       [&c, kind, result] { return number(c.commands[kind][result]); });
    }
  const Links::Counters& l = links_.counters();
  for (std::size_t i = 0; i < kFrameRefusals; ++i)
    metrics_.counter("relay_control_frames_refused_total", "Control frames refused, by reason",
                     {{"reason", std::string(name_of(static_cast<FrameRefusal>(i)))}},
                     [&l, i] { return number(l.refused[i]); });
  metrics_.gauge("relay_control_connections", "Control connections open", {},
                 [this] { return number_of(links_.open()); });
  metrics_.counter("relay_control_connections_total", "Control connections accepted", {},
                   [&l] { return number(l.accepted); });
  const auto turned_away = [&](const char* reason, const std::uint64_t& count) {
    metrics_.counter("relay_control_connections_refused_total", "Control connections closed by the relay, by reason",
                     {{"reason", reason}}, [&count] { return number(count); });
  };
  turned_away("too_many", l.too_many);
  turned_away("never_greeted", l.never_greeted);
  turned_away("replaced", sessions_.counters().links_replaced);
  metrics_.counter("relay_control_events_total", "Events sent to controllers", {}, [&l] { return number(l.events); });
  metrics_.counter("relay_log_lines_lost_total", "Log lines lost because the log could not keep up", {},
                   [this] { return number(log_.lost_lines()); });
}

void Relay::serve_http() {
  http_.get("/metrics", [this](const loop::HttpRequest&) {
    return loop::HttpResponse{200, observe::Metrics::content_type(), metrics_.render()};
  });
  http_.get("/healthz", [](const loop::HttpRequest&) { return loop::HttpResponse{.body = "ok\n"}; });
  http_.get("/readyz", [this](const loop::HttpRequest&) {
    if (ready()) return loop::HttpResponse{.body = "ready\n"};
    return loop::HttpResponse{.status = 503, .body = "stopping\n"};
  });
}

}  // namespace server
