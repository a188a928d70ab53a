#include "sbc/app/process.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "media-relay/base/clock.h"
#include "media-relay/base/text.h"
#include "media-relay/loop/event_loop.h"
#include "media-relay/observe/metrics.h"

#include "sbc/admin/admin.h"
#include "sbc/admin/control.h"
#include "sbc/app/canary_desk.h"
#include "sbc/app/class_metrics.h"
#include "sbc/app/policy_load.h"
#include "sbc/app/policy_pages.h"
#include "sbc/app/policy_tests.h"
#include "sbc/app/recorder.h"
#include "sbc/app/shadow.h"
#include "sbc/app/shadow_pages.h"
#include "sbc/app/shard.h"
#include "sbc/app/workbench.h"

namespace sbc::app {
namespace {

// Before any thread exists, the log's included: a thread that does not block them would take them, and their default
// action ends the process.
void block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

class Process {
 public:
  Process(std::shared_ptr<const Config> config, observe::Log& log)
      : config_(std::move(config)),
        log_(log),
        recorder_(log),
        shadow_(log),
        tables_(log),
        shared_(log, config_->max_registrations),
        signals_(loop_, {SIGTERM, SIGINT, SIGHUP}, [this](int signal) { on_signal(signal); }),
        watch_(loop_, [this] { on_watch(); }),
        admin_(loop_, metrics_, checks()),
        control_(loop_, log) {
    base::SystemRandom random;
    shared_.mint_key = {random.next(), random.next()};
    shared_.nonce_key = {random.next(), random.next()};
  }

  std::expected<void, std::string> start() {
    raise_descriptor_limit();
    auto policy = load_policy(*config_);
    if (!policy) return std::unexpected(policy.error());
    shared_.explanations.keep(config_->policy_explain);
    auto files = open_files(*config_);
    if (!files) return std::unexpected(files.error());
    use(*std::move(files));
    auto record = RecordFile::open(config_->policy_record);
    if (!record) return std::unexpected(record.error());
    recorder_.use(*std::move(record));
    shared_.hearing.add(recorder_);
    shared_.hearing.add(shadow_);
    for (unsigned i = 0; i < config_->shards; ++i)
      shared_.shards.push_back(
          std::make_unique<Shard>(static_cast<std::uint8_t>(i), shared_, config_, std::move(policy->hosts[i])));
    for (auto& shard : shared_.shards) {
      if (auto opened = shard->open(); !opened) return std::unexpected(opened.error());
      shared_.listening.fetch_add(1);
    }
    admin_.page("/targets", "application/json", [this] { return shared_.targets.json(); });
    admin_.page("/policy/history", "application/json", [this] { return policies_.json(*config_); });
    auto listening = admin_.listen(config_->admin);
    if (!listening) return std::unexpected("admin.listen: " + listening.error());
    if (auto opened = open_control(); !opened) return opened;
    expose();
    tables_.use(config_->table_feeds);
    tables_.settle(kTablesTake);
    for (auto& shard : shared_.shards) shard->start();
    policies_.began(*config_, policy->bundle, {.how = "start", .author = {}, .note = {}});
    log_.info("sbc is running", {{"version", PARAPET_VERSION},
                                 {"shards", config_->shards},
                                 {"listeners", config_->listeners.size()},
                                 {"admin", listening->text()},
                                 {"config", config_->path},
                                 {"policy", config_->policy_file}});
    return {};
  }

  void run() {
    loop_.run();
    for (auto& shard : shared_.shards) shard->stop();
    for (auto& shard : shared_.shards) shard->join();
    log_.info("sbc has stopped");
  }

 private:
  enum class Phase { Running, Draining, Killing };
  static constexpr base::Duration kTablesTake = base::seconds(5);  // a database that takes longer is not waited for
  static constexpr base::Duration kWatch = base::milliseconds(50);
  static constexpr base::Duration kLeaveTime =
      base::seconds(2);  // for registrars that answer, or ask for a password again
  static constexpr base::Duration kByeTime = base::seconds(2);  // for the BYEs of calls that are cut off

  // Each connection is a descriptor; the default of 1024 is nothing at an edge.
  static void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }

  std::vector<admin::ReadyCheck> checks() {
    return {
        {"listeners", [this] { return shared_.listening.load() == config_->shards; }},
        {"relay", [this] { return std::ranges::all_of(shared_.shards, [](const auto& s) { return s->relay_up(); }); }},
        {"draining", [this] { return !shared_.draining.load(); }}};
  }

  // What is shown and ordered by sbcctl alone.
  std::expected<void, std::string> open_control() {
    control_.get("/policy/history", [this](const auto&) { return admin::Control::json(policies_.json(*config_)); });
    control_.get("/policy/running",
                 [this](const auto&) { return admin::Control::json(policies_.running(*config_, canary_.json())); });
    control_.get("/policy/explain", [this](const auto& request) { return explain(request); });
    control_.post("/reload", [this](const auto& request) {
      const auto author = loop::arguments_of(request.query)["author"];
      const auto done = reload(author.empty() ? request.peer : base::printable(author));
      return done ? admin::Control::json(*done) : admin::Control::refuse(422, done.error());
    });
    control_.post("/policy/rollback", [this](const auto& request) { return roll_back(request); });
    add_policy_pages(control_, workbench_, [this] { return PolicyNow{config_, policies_.bundle()}; });
    add_shadow_pages(control_, shadow_, [this] { return config_; });
    canary_.serve(control_);
    control_.expose(metrics_);
    if (config_->control.empty()) return {};
    auto opened = control_.listen(config_->control);
    if (!opened) return std::unexpected("admin.control: " + opened.error());
    return {};
  }

  loop::HttpResponse explain(const loop::HttpRequest& request) const {
    const auto asked = loop::arguments_of(request.query);
    const auto call = asked.find("call");
    if (call == asked.end() || call->second.empty())
      return admin::Control::refuse(400, "expected ?call=<Call-ID of either leg>");
    if (const auto json = shared_.explanations.json(call->second)) return admin::Control::json(*json + "\n");
    if (config_->policy_explain == 0)
      return admin::Control::refuse(404, "policy.explain is 0: nothing is kept of calls");
    return admin::Control::refuse(
        404,
        "no call with the Call-ID " + base::printable(call->second) + " is kept: of the last " +
            std::to_string(config_->policy_explain) +
            " (policy.explain) none has it. Calls that were refused before the policy was asked are in the log alone");
  }

  void note_certificates() {
    std::int64_t end = 0;
    for (const auto& context : config_->certificates)
      if (context) end = end == 0 ? context->expires() : std::min(end, context->expires());
    certificates_end_.store(end);
  }

  void expose() {
    note_certificates();
    for (const auto& shard : shared_.shards) {
      admin::expose(metrics_, shard->metrics());
      admin::expose(metrics_, shard->net_counters());
    }
    admin::expose_build(metrics_, PARAPET_VERSION);
    metrics_.gauge("parapet_sbc_bindings", "Contacts of registered users in the location service.", {},
                   [this] { return static_cast<double>(shared_.location.size()); });
    metrics_.counter("parapet_sbc_config_reloads_total", "Reloads of configuration and policy, by result.",
                     {{"result", "applied"}}, reloads_applied_);
    metrics_.counter("parapet_sbc_config_reloads_total", "Reloads of configuration and policy, by result.",
                     {{"result", "refused"}}, reloads_refused_);
    metrics_.counter("parapet_sbc_policy_history_failures_total",
                     "Policies that began to run and could not be written into policy.history.", {},
                     policies_.failures());
    metrics_.counter("parapet_sbc_log_lines_lost_total", "Log lines lost because the disk or journal was too slow.", {},
                     [this] { return static_cast<double>(log_.lost_lines()); });
    metrics_.gauge("parapet_tls_certificate_expiry_seconds",
                   "When the first of our certificates ends, seconds since 1970; 0 without TLS.", {},
                   [this] { return static_cast<double>(certificates_end_.load()); });
    shared_.targets.expose(metrics_);
    expose_classes(metrics_, shared_.occupancy, [this]() -> const auto& { return config_->calls->classes; });
    shared_.explanations.expose(metrics_);
    shared_.trace.expose(metrics_);
    recorder_.expose(metrics_);
    shadow_.expose(metrics_);
    canary_.expose(metrics_);
    workbench_.expose(metrics_);
    tables_.expose(metrics_);
    metrics_.add_process_metrics();
  }

  void on_signal(int signal) {
    if (signal == SIGHUP) {
      reload();  // the log says what became of it
      return;
    }
    if (phase_ == Phase::Running) {
      log_.info("stopping: no new calls", {{"active_calls", active()}, {"grace", config_->stop_grace}});
      phase_ = Phase::Draining;
      shared_.draining.store(true);
      for (auto& shard : shared_.shards) shard->drain();
      phase_ends_ = loop_.now() + config_->stop_grace;
      leave_by_ = loop_.now() + kLeaveTime;
      watch_.arm(loop_.now() + kWatch);
      return;
    }
    phase_ends_ = leave_by_ = loop_.now();  // asked twice: now
  }

  void on_watch() {
    if (active() == 0 && (registered() == 0 || loop_.now() >= leave_by_)) return loop_.stop();
    if (active() != 0 && loop_.now() >= phase_ends_) {
      if (phase_ == Phase::Killing) return loop_.stop();
      log_.warn("stopping: calls are ended", {{"active_calls", active()}});
      phase_ = Phase::Killing;
      for (auto& shard : shared_.shards) shard->kill_calls();
      phase_ends_ = loop_.now() + kByeTime;
    }
    watch_.arm(loop_.now() + kWatch);
  }

  // At trunks: what is not taken back yet.
  std::size_t registered() const {
    std::size_t count = 0;
    for (const auto& shard : shared_.shards) count += shard->trunk_registrations();
    return count;
  }

  std::size_t active() const {
    std::size_t calls = 0;
    for (const auto& shard : shared_.shards) calls += shard->active_calls();
    return calls;
  }

  using Reloaded = std::expected<std::string, std::string>;  // what runs now, as JSON; or why nothing has changed

  // All or nothing: everything is read and checked, every shard's policy is loaded, and its tests pass, before anything
  // changes.
  Reloaded reload(const std::string& by = {}) {
    auto wanted = load_config(config_->path);
    if (!wanted) return refuse_reload(wanted.error());
    if (const auto keys = restart_needed(*config_, **wanted); !keys.empty()) {
      std::string text = "these need a restart:";
      for (const auto& key : keys) text += " " + key;
      return refuse_reload(text);
    }
    auto policy = load_policy(**wanted);
    if (!policy) return refuse_reload(policy.error());
    const auto tests = pass_policy_tests(**wanted, policy->bundle);
    if (!tests) return refuse_reload(tests.error());
    auto record = RecordFile::open((*wanted)->policy_record);
    if (!record) return refuse_reload(record.error());
    auto files = open_files(**wanted);
    if (!files) return refuse_reload(files.error());
    use(*std::move(files));
    recorder_.use(*std::move(record));
    config_ = *std::move(wanted);
    tables_.use(config_->table_feeds);
    note_certificates();
    shared_.explanations.keep(config_->policy_explain);
    log_.set_level(config_->log.level);
    reloads_applied_.add();
    log_.info("reload applied",
              {{"config", config_->path}, {"policy", config_->policy_file}, {"policy_tests", tests->passed}});
    apply(*std::move(policy), {.how = "reload", .author = {}, .note = {}, .by = by});
    return "{\"policy\": \"" + policies_.hash() + "\", \"policy_tests\": " + std::to_string(tests->passed) + "}\n";
  }

  // Both or none, so that a reload that is refused changes neither.
  struct Files {
    LineFile::Handle trace, explained;
  };
  static std::expected<Files, std::string> open_files(const Config& config) {
    auto trace = LineFile::open(config.sip_trace);
    if (!trace) return std::unexpected("log.sip_trace: " + trace.error());
    auto explained = LineFile::open(config.policy_explain_log);
    if (!explained) return std::unexpected("policy.explain_log: " + explained.error());
    return Files{*std::move(trace), *std::move(explained)};
  }

  void use(Files files) {
    shared_.trace.use(std::move(files.trace));
    shared_.explanations.write_to(std::move(files.explained));
  }

  // In every shard, for the calls from now on.
  void apply(LoadedPolicy policy, history::Coming coming) {
    canary_.reloaded();
    for (std::size_t i = 0; i < shared_.shards.size(); ++i)
      shared_.shards[i]->reload(config_, std::move(policy.hosts[i]));
    shadow_.reload(config_);
    policies_.began(*config_, policy.bundle, std::move(coming));
  }

  Reloaded refuse_reload(std::string why) {
    reloads_refused_.add();
    while (why.ends_with('\n')) why.pop_back();
    log_.error("reload refused, nothing has changed", {{"error", why}});
    return std::unexpected(std::move(why));
  }

  // What ran before runs again, at once and from the history alone: no file is read that somebody may be editing, and
  // no test of today is in its way.
  loop::HttpResponse roll_back(const loop::HttpRequest& request) {
    auto arguments = loop::arguments_of(request.query);
    auto target = past_policy(*config_, arguments["to"]);
    if (!target) return admin::Control::refuse(409, target.error());
    if (history::hash_of(target->bundle) == policies_.hash())
      return admin::Control::refuse(409, target->name + " is what runs already");
    auto policy = load_policy(*config_, std::move(target->bundle));
    if (!policy) return admin::Control::refuse(422, policy.error());
    std::string note = "back to " + target->name;
    if (!arguments["note"].empty()) note += ": " + base::printable(arguments["note"], history::kMaxNote);
    const std::string author = arguments["author"].empty() ? request.peer : base::printable(arguments["author"]);
    log_.warn("rolled back: a policy of before runs again", {{"policy", target->name}, {"by", author}});
    apply(*std::move(policy), {.how = "rollback", .author = author, .note = std::move(note)});
    return admin::Control::json(policies_.running(*config_, canary_.json()));
  }

  std::shared_ptr<const Config> config_;
  observe::Log& log_;
  Recorder recorder_;  // hears the shards
  Shadow shadow_;      // hears the shards
  TableFeeds tables_;
  Shared shared_;
  observe::Metrics metrics_;
  loop::EventLoop loop_;
  loop::SignalWatch signals_;
  loop::Timer watch_;
  admin::Server admin_;
  admin::Control control_;
  std::atomic<std::int64_t> certificates_end_{0};
  PolicyRecord policies_{log_};
  CanaryDesk canary_{loop_, shared_, policies_, [this] { return config_; }, [this] { shadow_.reload(config_); }};
  Workbench workbench_;
  base::Counter reloads_applied_;
  base::Counter reloads_refused_;
  Phase phase_ = Phase::Running;
  base::Instant phase_ends_{};
  base::Instant leave_by_{};
};

}  // namespace

std::string check(const std::string& config_path, bool tests) {
  const auto config = load_config(config_path);
  if (!config) return config.error();
  const auto policy = load_policy(**config);
  if (!policy) return policy.error() + "\n";
  if (!tests) return {};
  const auto passed = pass_policy_tests(**config, policy->bundle);
  return passed ? "" : passed.error() + "\n";
}

std::string doubts(const std::string& config_path) {
  const auto config = load_config(config_path);
  if (!config || (*config)->control.empty()) return {};
  const auto folder = std::filesystem::path((*config)->control).parent_path();
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return {};
  return "admin.control: there is no directory " + folder.string() +
         " (under systemd RuntimeDirectory= makes it when the service starts)\n";
}

int run(const std::string& config_path) {
  std::signal(SIGPIPE, SIG_IGN);
  block_signals();
  const auto config = load_config(config_path);
  if (!config) {
    std::fputs(config.error().c_str(), stderr);
    return 1;
  }
  auto log = observe::Log::open((*config)->log);
  if (!log) {
    std::fprintf(stderr, "log.file: %s\n", log.error().c_str());
    return 1;
  }
  Process process(*config, **log);
  if (auto started = process.start(); !started) {
    (*log)->flush();
    std::fprintf(stderr, "sbc: %s\n", started.error().c_str());
    return 1;
  }
  process.run();
  return 0;
}

}  // namespace sbc::app
