#include "media-relay/server/config.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "media-relay/control/limits.h"
#include "media-relay/recording/limits.h"
#include "media-relay/settings/settings.h"

namespace server {
namespace {

unsigned read_mode(settings::Table& control) {
  const std::string text = control.text("mode", "0660");
  unsigned mode = 0;
  bool good = text.size() >= 3 && text.size() <= 4;
  for (const char c : text) {
    good = good && c >= '0' && c <= '7';
    mode = mode * 8 + static_cast<unsigned>(c - '0');
  }
  if (good && mode <= 0777) return mode;
  control.fail("mode", "expected an octal mode such as \"0660\", got \"" + text + "\"");
  return 0660;
}

session::Network read_network(const std::string& name, settings::Table& table) {
  session::Network network;
  network.name = name;
  if (name.size() > control::kMaxNetworkNameBytes)
    table.fail("", "expected a name of at most " + std::to_string(control::kMaxNetworkNameBytes) + " bytes");
  network.bind = table.address("bind");
  const auto advertised = table.maybe_address("advertised");
  network.advertised = advertised.value_or(network.bind);
  const settings::IntegerRange ports{1024, 65535};
  network.first_port = static_cast<std::uint16_t>(table.integer("first_port", ports, session::kDefaultFirstPort));
  network.last_port = static_cast<std::uint16_t>(table.integer("last_port", ports, session::kDefaultLastPort));
  if (network.first_port + network.first_port % 2 + 1 > network.last_port)
    table.fail("last_port", "expected a range that holds at least one even/odd pair, got " +
                                std::to_string(network.first_port) + " to " + std::to_string(network.last_port));
  if (network.bind.empty()) return network;
  if (network.bind.is_any() && !advertised)
    table.fail("bind", "expected \"advertised\" beside the wildcard address, since peers cannot be told " +
                           network.bind.text());
  if (advertised && advertised->is_v4() != network.bind.is_v4())
    table.fail("advertised", "expected an address of the same family as bind");
  if (network.advertised.is_any() || network.advertised.is_multicast())
    table.fail("advertised", "expected an address that peers can send to");
  return network;
}

bool overlap(const session::Network& a, const session::Network& b) {
  const bool same_address =
      a.bind == b.bind || (a.bind.is_v4() == b.bind.is_v4() && (a.bind.is_any() || b.bind.is_any()));
  const bool same_range = a.first_port == b.first_port && a.last_port == b.last_port;
  if (!same_address || (a.bind == b.bind && same_range)) return false;  // the latter share one pool
  return a.first_port <= b.last_port && b.first_port <= a.last_port;
}

void read_networks(settings::Table& root, session::Config& out) {
  auto tables = root.named_tables("network");
  if (tables.empty()) root.fail("network", "expected at least one [network.<name>] with a bind address");
  if (tables.size() > control::kMaxNetworks)
    root.fail("network", "expected at most " + std::to_string(control::kMaxNetworks) + " networks");
  for (auto& [name, table] : tables) {
    session::Network network = read_network(name, table);
    for (const session::Network& other : out.networks)
      if (!network.bind.empty() && overlap(network, other))
        table.fail("bind", "expected a port range apart from that of network." + other.name +
                               ", which has the same address (or exactly the same range, to share it)");
    out.networks.push_back(std::move(network));
  }
}

void read_session(settings::Table& root, session::Config& out) {
  settings::Table control = root.table("control");
  const settings::DurationRange leases{session::kShortestLease, session::kLongestLease};
  out.longest_lease = control.duration("longest_lease", leases, session::kLongestLease);
  out.lease = control.duration("lease", leases, session::kDefaultLease);
  if (out.lease > out.longest_lease) control.fail("lease", "expected no more than longest_lease");

  settings::Table media = root.table("media");
  out.media_timeout =
      media.duration("timeout", {flow::kMinMediaTimeout, flow::kMaxMediaTimeout}, session::kDefaultMediaTimeout);
  const base::Duration longest = 2 * std::max(out.media_timeout, out.lease);
  out.quarantine = media.duration("quarantine", {base::Duration{}, session::kMaxQuarantine},
                                  std::clamp(longest, session::kDefaultQuarantine, session::kMaxQuarantine));
  out.latch_window =
      media.duration("latch_window", {base::milliseconds(100), base::hours(1)}, flow::kDefaultLatchWindow);

  static constexpr std::array<std::pair<std::string_view, secure::Engine>, 2> kEngines{
      {{"openssl", secure::Engine::OpenSsl}, {"libsrtp", secure::Engine::Libsrtp}}};
  out.srtp_engine = media.one_of<secure::Engine>("srtp_engine", kEngines, secure::Engine::OpenSsl);

  settings::Table limits = root.table("limits");
  out.max_sessions = static_cast<std::size_t>(
      limits.integer("sessions", {1, static_cast<std::int64_t>(session::kMaxSessions)}, session::kDefaultMaxSessions));
  out.max_transcoded = static_cast<std::size_t>(limits.integer(
      "transcoded_flows", {0, static_cast<std::int64_t>(session::kMaxTranscoded)}, session::kDefaultMaxTranscoded));
}

void read_log(settings::Table& root, observe::LogOptions& out) {
  using observe::Level;
  using Format = observe::LogOptions::Format;
  static constexpr std::array<std::pair<std::string_view, Level>, 5> kLevels{{{"debug", Level::Debug},
                                                                              {"info", Level::Info},
                                                                              {"warn", Level::Warn},
                                                                              {"error", Level::Error},
                                                                              {"off", Level::Off}}};
  static constexpr std::array<std::pair<std::string_view, Format>, 2> kFormats{
      {{"logfmt", Format::Logfmt}, {"json", Format::Json}}};
  settings::Table log = root.table("log");
  out.level = log.one_of<Level>("level", kLevels, Level::Info);
  out.format = log.one_of<Format>("format", kFormats, Format::Logfmt);
  out.file = log.text("file", "");
  out.process = "media-relay";
}

void read_recording(settings::Table& root, Config& out) {
  settings::Table recording = root.table("recording");
  out.recordings = recording.text("directory", "");
  if (!out.recordings.empty() && out.recordings.front() != '/')
    recording.fail("directory", "expected an absolute path, got \"" + out.recordings + "\"");
  const auto most = recording.integer("flows", {1, static_cast<std::int64_t>(recording::kMaxRecordings)},
                                      static_cast<std::int64_t>(recording::kDefaultRecordings));
  if (!out.recordings.empty()) out.session.max_recordings = static_cast<std::size_t>(most);
}

std::expected<Config, std::string> read(settings::File file) {
  Config config;
  settings::Table root = file.root();
  settings::Table control = root.table("control");
  config.control_socket = control.text("socket", "/run/parapet/relay.sock");
  config.control_mode = read_mode(control);
  read_session(root, config.session);
  read_networks(root, config.session);

  settings::Table workers = root.table("workers");
  const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
  config.session.workers =
      static_cast<unsigned>(workers.integer("count", {1, kMaxWorkers}, std::min(processors, kMaxWorkers)));
  config.pin_workers = workers.boolean("pin", true);

  settings::Table media = root.table("media");
  config.session.dscp = static_cast<std::uint8_t>(media.integer("dscp", {0, 63}, config.session.dscp));
  config.sockets.receive_buffer = static_cast<int>(
      media.size("receive_buffer", 4096, 64 * 1024 * 1024, static_cast<std::uint64_t>(config.sockets.receive_buffer)));

  config.metrics = root.table("metrics").endpoint("listen", {base::IpAddress::v4(0x7f000001), 9091});
  settings::Table shutdown = root.table("shutdown");
  config.drain = shutdown.duration("drain", {base::Duration{}, base::hours(24)}, kDefaultDrain);
  config.snapshot = shutdown.text("snapshot", "");
  if (!config.snapshot.empty() && config.snapshot.front() != '/')
    shutdown.fail("snapshot", "expected an absolute path, got \"" + config.snapshot + "\"");
  if (!config.snapshot.empty() && config.session.srtp_engine == secure::Engine::Libsrtp)
    shutdown.fail("snapshot", "expected media.srtp_engine = \"openssl\" beside it: libsrtp does not tell its counters");
  config.snapshot_on_disk = shutdown.boolean("snapshot_on_disk", false);
  config.checkpoint = shutdown.duration("checkpoint", {base::Duration{}, kLongestCheckpoint}, base::Duration{});
  if (config.checkpoint != base::Duration{} && config.checkpoint < kShortestCheckpoint)
    shutdown.fail("checkpoint", "expected 0s or at least 100ms");
  if (config.checkpoint != base::Duration{} && config.snapshot.empty())
    shutdown.fail("checkpoint", "expected shutdown.snapshot beside it: the place where checkpoints are left");
  config.resume = shutdown.duration("resume", {base::seconds(1), kLongestResume}, kDefaultResume);
  settings::Table sounds = root.table("sounds");
  config.sounds = sounds.text("directory", "");
  if (!config.sounds.empty() && config.sounds.front() != '/')
    sounds.fail("directory", "expected an absolute path, got \"" + config.sounds + "\"");
  config.sound_bytes = sounds.size("memory", 1 << 20, session::kMaxSoundBytes, session::kDefaultSoundBytes);
  read_recording(root, config);
  read_log(root, config.log);
  if (auto ok = file.finish(); !ok) return std::unexpected(settings::full(ok.error()));
  return config;
}

bool same(const session::Network& a, const session::Network& b) {
  return a.name == b.name && a.bind == b.bind && a.advertised == b.advertised && a.first_port == b.first_port &&
         a.last_port == b.last_port;
}

}  // namespace

std::expected<Config, std::string> load_config(const std::string& path) {
  auto file = settings::File::load(path);
  if (!file) return std::unexpected(settings::full(file.error()));
  return read(*std::move(file));
}

std::expected<Config, std::string> parse_config(std::string_view text, const std::string& name) {
  auto file = settings::File::parse(text, name);
  if (!file) return std::unexpected(settings::full(file.error()));
  return read(*std::move(file));
}

std::vector<std::string> needs_restart(const Config& running, const Config& wanted) {
  std::vector<std::string> out;
  const auto compare = [&out](bool equal, std::string_view key) {
    if (!equal) out.emplace_back(key);
  };
  const session::Config& a = running.session;
  const session::Config& b = wanted.session;
  compare(running.control_socket == wanted.control_socket, "control.socket");
  compare(running.control_mode == wanted.control_mode, "control.mode");
  compare(a.lease == b.lease, "control.lease");
  compare(a.longest_lease == b.longest_lease, "control.longest_lease");
  compare(std::ranges::equal(a.networks, b.networks, same), "network");
  compare(a.workers == b.workers, "workers.count");
  compare(running.pin_workers == wanted.pin_workers, "workers.pin");
  compare(a.media_timeout == b.media_timeout, "media.timeout");
  compare(a.quarantine == b.quarantine, "media.quarantine");
  compare(a.latch_window == b.latch_window, "media.latch_window");
  compare(a.srtp_engine == b.srtp_engine, "media.srtp_engine");
  compare(a.dscp == b.dscp, "media.dscp");
  compare(running.sockets.receive_buffer == wanted.sockets.receive_buffer, "media.receive_buffer");
  compare(a.max_sessions == b.max_sessions, "limits.sessions");
  compare(a.max_transcoded == b.max_transcoded, "limits.transcoded_flows");
  compare(running.metrics == wanted.metrics, "metrics.listen");
  compare(running.log.format == wanted.log.format, "log.format");
  compare(running.log.file == wanted.log.file, "log.file");
  compare(running.drain == wanted.drain, "shutdown.drain");
  compare(running.snapshot == wanted.snapshot, "shutdown.snapshot");
  compare(running.checkpoint == wanted.checkpoint, "shutdown.checkpoint");
  compare(running.snapshot_on_disk == wanted.snapshot_on_disk, "shutdown.snapshot_on_disk");
  compare(running.resume == wanted.resume, "shutdown.resume");
  compare(running.recordings == wanted.recordings, "recording.directory");
  compare(a.max_recordings == b.max_recordings, "recording.flows");
  return out;
}

}  // namespace server
