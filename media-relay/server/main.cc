// media-relay: anchors RTP for one or more signalling processes.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "media-relay/server/config.h"
#include "media-relay/server/relay.h"

namespace {

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;

// Each flow takes four sockets. The soft limit of a login shell (1024) is for programs that use select().
rlim_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

int serve(const server::Config& config, const std::string& path) {
  loop::EventLoop loop;
  server::Relay* relay = nullptr;
  observe::Log* log = nullptr;
  // Before the first thread, so that no other thread takes the signals.
  loop::SignalWatch signals(loop, {SIGTERM, SIGINT, SIGHUP}, [&](int signal) {
    if (relay == nullptr) return;
    if (signal == SIGTERM) return relay->hand_over();
    if (signal == SIGINT) return relay->shut_down();
    if (auto wanted = server::load_config(path))
      relay->reload(*wanted);
    else
      log->error("configuration not read, nothing changed", {{"error", wanted.error()}});
  });
  auto opened = observe::Log::open(config.log);
  if (!opened) {
    std::fprintf(stderr, "media-relay: log: %s\n", opened.error().c_str());
    return kFailed;
  }
  log = opened->get();
  const rlim_t descriptors = raise_descriptor_limit();
  if (descriptors < config.session.max_sessions * 4)
    log->warn("the limit of open files allows fewer sessions than limits.sessions",
              {{"open_files", static_cast<std::uint64_t>(descriptors)}, {"sessions", config.session.max_sessions}});

  server::Relay running(loop, *log, config, [&loop] { loop.stop(); });
  if (auto ok = running.start(); !ok) {
    log->error("cannot start", {{"error", ok.error()}});
    return kFailed;
  }
  relay = &running;
  loop.run();
  relay = nullptr;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Parapet media-relay: anchors RTP between two sides of a border, under the control of sbc."};
  std::string path = "/etc/parapet/relay.toml";
  bool check = false;
  app.add_option("-c,--config", path, "Configuration file (TOML)")->capture_default_str();
  app.add_flag("--check", check, "Read the configuration, say what is wrong with it, and exit");
  app.set_version_flag("--version", PARAPET_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : kBadUsage;
  }
  const auto config = server::load_config(path);
  if (!config) {
    std::fputs(config.error().c_str(), stderr);
    return kFailed;
  }
  if (check) {
    std::printf("%s: good\n", path.c_str());
    return 0;
  }
  try {
    return serve(*config, path);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "media-relay: %s\n", error.what());
    return kFailed;
  }
}
