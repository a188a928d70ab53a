#pragma once
// relay.toml as values.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"
#include "media-relay/io/socket.h"
#include "media-relay/observe/log.h"
#include "media-relay/server/limits.h"
#include "media-relay/session/config.h"

namespace server {

struct Config {
  session::Config session;  // `instance` is drawn at start
  std::string control_socket;
  unsigned control_mode = 0660;
  bool pin_workers = true;
  io::SocketOptions sockets;
  base::Endpoint metrics;
  observe::LogOptions log;
  base::Duration drain = kDefaultDrain;
  std::string snapshot;           // file for a successor; empty: sessions end with the process
  bool snapshot_on_disk = false;  // else only where files are kept in memory
  base::Duration checkpoint{};    // how often one is taken for the case of a crash; zero: never
  base::Duration resume = kDefaultResume;
  std::string sounds;  // directory; empty: none
  std::size_t sound_bytes = session::kDefaultSoundBytes;
  std::string recordings;  // directory; empty: nothing can be recorded
};

// Errors name file, line, key and the nearest valid key, one per line.
std::expected<Config, std::string> load_config(const std::string& path);
std::expected<Config, std::string> parse_config(std::string_view text, const std::string& name);

// The settings in which two configurations differ, without the log level, which may change in a running process.
std::vector<std::string> needs_restart(const Config& running, const Config& wanted);

}  // namespace server
