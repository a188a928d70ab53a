#include "media-relay/server/relay.h"

#include <utility>

#include "media-relay/base/clock.h"
#include "media-relay/io/socket.h"
#include "media-relay/server/sound_files.h"

namespace server {
namespace {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

session::Config with_instance(session::Config config, base::Random& random) {
  config.instance = random.next();
  return config;
}

}  // namespace

Relay::Relay(loop::EventLoop& loop, observe::Log& log, Config config, std::function<void()> on_stopped)
    : loop_(loop),
      log_(log),
      config_(std::move(config)),
      on_stopped_(std::move(on_stopped)),
      sessions_(with_instance(config_.session, random_), random_),
      links_(loop, log, *this),
      recorder_(config_.recordings.empty()
                    ? nullptr
                    : std::make_unique<recording::Recorder>(config_.recordings, config_.session.workers)),
      media_(loop, log, {config_.session.workers, config_.pin_workers, config_.sockets, recorder_.get()},
             [this](std::vector<worker::Event>& events) { on_worker_events(events); }),
      http_(loop),
      lease_timer_(loop, [this] { on_lease_timer(); }),
      stop_timer_(loop, [this] { on_stop_timer(); }),
      identity_timer_(loop, [this] { renew_identity(); }),
      checkpoint_timer_(loop, [this] { on_checkpoint_timer(); }) {}

Relay::~Relay() = default;

std::expected<void, std::string> Relay::start() {
  if (auto ok = start_recorder(); !ok) return std::unexpected("recording.directory: " + ok.error());
  if (auto ok = media_.start(); !ok) return ok;
  if (!renew_identity()) return std::unexpected("no certificate for DTLS could be made");
  register_metrics();
  serve_http();
  auto address = http_.listen(config_.metrics);
  if (!address) return std::unexpected("metrics: " + address.error());
  metrics_address_ = *address;
  load_sounds();
  restore();
  if (auto ok = links_.listen(config_.control_socket, config_.control_mode); !ok)
    return std::unexpected("control socket: " + ok.error());
  started_ = true;
  for (const session::Network& network : config_.session.networks) {
    // It may come later, or float between machines; until then its calls get no ports.
    if (const auto bound = io::open_udp({.ip = network.bind, .port = 0}, {}); !bound)
      log_.warn("network not usable now: its calls are refused", {{"name", network.name}, {"why", bound.error().text}});
    log_.info("network", {{"name", network.name},
                          {"bind", network.bind.text()},
                          {"advertised", network.advertised.text()},
                          {"first_port", network.first_port},
                          {"last_port", network.last_port}});
  }
  log_.info("media-relay ready", {{"control", config_.control_socket},
                                  {"metrics", metrics_address_.text()},
                                  {"workers", config_.session.workers}});
  return {};
}

bool Relay::renew_identity() {
  identity_timer_.arm(loop_.now() + kIdentityRenewal);
  auto made = secure::Identity::make(base::wall_now().seconds);
  if (!made) {
    log_.warn("the certificate for DTLS is not renewed", {{"why", made.error()}});
    return false;
  }
  sessions_.use(*std::move(made));
  return true;
}

// On the control thread, at start and when asked for; packets do not wait for it.
void Relay::load_sounds() {
  if (config_.sounds.empty()) return sessions_.use(session::Sounds{});
  auto loaded = server::load_sounds(config_.sounds, config_.sound_bytes);
  if (!loaded) {
    ++unusable_sounds_;
    // Those of before are better than none.
    return log_.error("sounds not read", {{"why", loaded.error()}});
  }
  for (const std::string& problem : loaded->problems) log_.warn("sound not usable", {{"why", problem}});
  unusable_sounds_ = loaded->problems.size();
  log_.info("sounds",
            {{"directory", config_.sounds}, {"count", loaded->sounds.size()}, {"bytes", loaded->sounds.bytes()}});
  sessions_.use(std::move(loaded->sounds));
}

void Relay::on_command(session::LinkId link, control::CommandFrame frame) {
  // Too late: the connection ends without an answer, and the controller sees what has become of the session.
  if (phase_ == Phase::Saving) return;
  session::Actions actions;
  sessions_.on_command(link, frame.request, std::move(frame.command), loop_.now(), actions);
  carry_out(std::move(actions));
}

void Relay::on_link_closed(session::LinkId link) {
  session::Actions actions;
  sessions_.on_link_closed(link, loop_.now(), actions);
  carry_out(std::move(actions));
}

void Relay::on_worker_events(std::vector<worker::Event>& events) {
  session::Actions actions;
  const base::Instant now = loop_.now();
  const auto handle = [](worker::FlowId id) { return session::FlowHandle::unpack(id.value); };
  for (worker::Event& event : events)
    std::visit(
        Overloaded{
            [&](const worker::FlowEvent& e) { sessions_.on_flow_event(handle(e.id), e.event, actions); },
            [&](const worker::FlowStats& e) { sessions_.on_flow_stats(handle(e.id), e.token, e.stats, actions); },
            [&](const worker::FlowRemoved& e) { sessions_.on_flow_removed(handle(e.id), e.stats, now, actions); },
            [&](worker::FlowSaved& e) { sessions_.on_flow_saved(handle(e.id), std::move(e.saved), e.round); },
            [&](const worker::FlowFailed& e) {
              sessions_.on_flow_failed(handle(e.id), e.installing, e.text, now, actions);
            },
        },
        event);
  carry_out(std::move(actions));
  if (phase_ == Phase::Saving && sessions_.unsaved() == 0) finish_saving();
}

void Relay::on_lease_timer() {
  session::Actions actions;
  sessions_.on_deadline(loop_.now(), actions);
  carry_out(std::move(actions));
}

void Relay::carry_out(session::Actions actions) {
  for (std::size_t i = 0; i < actions.size(); ++i) {
    session::Action action = std::move(actions[i]);
    carry_out_one(std::move(action), actions);
  }
  if (phase_ == Phase::Stopped) return;
  if (lease_timer_.deadline() != sessions_.next_deadline()) lease_timer_.arm(sessions_.next_deadline());
  finish_if_idle();
}

void Relay::carry_out_one(session::Action action, session::Actions& more) {
  const base::Instant now = loop_.now();
  std::visit(
      Overloaded{
          [&](const session::BindPair& a) { sessions_.on_bound(media_.bind(a), now, more); },
          [&](const session::DropSockets& a) { media_.drop(a.flow); },
          [&](session::InstallFlow& a) {
            const session::FlowHandle flow = a.flow;
            if (!media_.install(std::move(a)))
              sessions_.on_flow_failed(flow, true, "the worker has stopped", now, more);
          },
          [&](session::ReplaceFlow& a) {
            const session::FlowHandle flow = a.flow;
            if (!media_.replace(std::move(a)))
              sessions_.on_flow_failed(flow, false, "the worker has stopped", now, more);
          },
          [&](const session::RemoveFlow& a) {
            if (!media_.remove(a)) sessions_.on_flow_removed(a.flow, {}, now, more);
          },
          [&](const session::SaveFlow& a) {
            if (!media_.save(a)) sessions_.on_flow_saved(a.flow, {}, a.round);
          },
          [&](const session::QueryFlow& a) {
            if (!media_.query(a)) sessions_.on_flow_stats(a.flow, a.token, {}, more);
          },
          [&](const session::PlayDigits& a) { media_.play(a); },
          [&](session::Record& a) { record(std::move(a)); },
          [&](const session::EndRecording& a) {
            if (recorder_) recorder_->end(a.recording);
          },
          [&](const session::SendReply& a) { links_.send_reply(a.link, a.request, a.reply); },
          [&](const session::SendEvent& a) { links_.send_event(a.link, a.event); },
          [&](const session::DropLink& a) { links_.drop(a.link, a.reason); },
          [&](const session::Note& a) { log_.warn(a.text, {{"controller", a.controller}, {"session", a.session}}); },
      },
      action);
}

void Relay::shut_down() {
  switch (phase_) {
    case Phase::Serving: {
      phase_ = Phase::Draining;
      session::Actions actions;
      sessions_.drain(config_.drain, loop_.now(), actions);
      log_.info("stopping: no new sessions", {{"sessions", sessions_.live()}, {"within", config_.drain}});
      stop_timer_.arm(loop_.now() + config_.drain);
      carry_out(std::move(actions));
      break;
    }
    case Phase::Draining:
      end_sessions("asked again to stop");
      break;
    case Phase::Saving:
    case Phase::Farewell:
    case Phase::Stopped:
      break;
  }
}

void Relay::on_stop_timer() {
  if (phase_ == Phase::Draining)
    end_sessions("drain time is over");
  else if (phase_ == Phase::Saving)
    finish_saving();
  else
    finish();
}

void Relay::end_sessions(std::string_view reason) {
  phase_ = Phase::Farewell;
  log_.info("ending sessions", {{"sessions", sessions_.live()}, {"why", reason}});
  stop_timer_.arm(loop_.now() + kFarewell);
  session::Actions actions;
  sessions_.close_all("relay stops", loop_.now(), actions);
  carry_out(std::move(actions));
}

void Relay::finish_if_idle() {
  if (phase_ != Phase::Draining && phase_ != Phase::Farewell) return;
  if (sessions_.live() == 0 && sessions_.closing() == 0 && sessions_.flows() == 0) finish();
}

void Relay::finish() {
  if (phase_ == Phase::Stopped) return;
  phase_ = Phase::Stopped;
  stop_timer_.cancel();
  identity_timer_.cancel();
  lease_timer_.cancel();
  links_.stop_listening();
  media_.stop();
  end_checkpoints();
  stop_recorder();
  log_.info("media-relay stopped");
  // After the turn, so that the last events are written.
  loop_.post([this] { on_stopped_(); });
}

void Relay::reload(const Config& wanted) {
  log_.set_level(wanted.log.level);
  config_.log.level = wanted.log.level;
  config_.sounds = wanted.sounds;
  config_.sound_bytes = wanted.sound_bytes;
  load_sounds();
  const std::vector<std::string> keys = needs_restart(config_, wanted);
  std::string text;
  for (const std::string& key : keys) text.append(text.empty() ? "" : ", ").append(key);
  if (keys.empty())
    log_.info("configuration read again: nothing needs a restart");
  else
    log_.warn("configuration read again: these changes need a restart", {{"keys", text}});
}

}  // namespace server
