#include "sbc/app/canary_desk.h"

#include "media-relay/base/clock.h"
#include "media-relay/base/text.h"

#include "sbc/app/policy_tests.h"
#include "sbc/app/shard.h"
#include "sbc/policy/parcel.h"

namespace sbc::app {
namespace {

constexpr base::Duration kLookEvery = base::seconds(1);

}  // namespace

CanaryDesk::CanaryDesk(loop::EventLoop& loop, Shared& shared, PolicyRecord& policies,
                       std::function<std::shared_ptr<const Config>()> config, std::function<void()> promoted)
    : loop_(loop),
      shared_(shared),
      policies_(policies),
      config_(std::move(config)),
      promoted_(std::move(promoted)),
      timer_(loop, [this] { look(); }) {}

void CanaryDesk::serve(admin::Control& control) {
  using admin::Control;
  control.get("/policy/canary", [this](const auto&) { return Control::json(json()); });
  control.post("/policy/canary", [this](const auto& request) { return begin(request); });
  control.get("/policy/canary/policy", [this](const auto&) {
    if (!now_) return Control::refuse(404, "there was no canary since the border started");
    return loop::HttpResponse{
        .status = 200, .content_type = "application/octet-stream", .body = policy::packed(now_->bundle)};
  });
  const auto ends = [this](canary::State how) {
    return [this, how](const loop::HttpRequest&) {
      if (!running()) return Control::refuse(409, "no canary runs");
      now_->trial.end(how);
      finish(how);
      return Control::json(json());
    };
  };
  control.post("/policy/canary/stop", ends(canary::State::Stopped));
  control.post("/policy/canary/promote", ends(canary::State::Promoted));
}

// As a reload: everything is read, loaded and tested before anything changes.
loop::HttpResponse CanaryDesk::begin(const loop::HttpRequest& request) {
  const auto refuse = [this](int status, const std::string& why) {
    shared_.log.error("canary refused, nothing has changed", {{"error", why}});
    return admin::Control::refuse(status, why);
  };
  if (running()) return refuse(409, "a canary runs already: stop it first (sbcctl policy canary --stop)");
  if (shared_.draining.load()) return refuse(409, "the border is stopping");
  auto arguments = loop::arguments_of(request.query);
  const auto plan = canary_plan(arguments);
  if (!plan) return refuse(400, plan.error());
  auto bundle = policy::unpacked(request.body);
  if (!bundle) return refuse(400, bundle.error());
  std::string hash = history::hash_of(*bundle);
  if (hash == policies_.hash()) return refuse(409, "the candidate is what runs already");
  const auto config = config_();
  auto policy = load_policy(*config, *std::move(bundle));
  if (!policy) return refuse(422, policy.error());
  if (const auto tests = pass_policy_tests(*config, policy->bundle); !tests) return refuse(422, tests.error());
  now_.emplace(Canary{.trial = canary::Trial(*plan, loop_.now()),
                      .bundle = std::move(policy->bundle),
                      .hash = std::move(hash),
                      .author = base::printable(arguments["author"]),
                      .note = base::printable(arguments["note"], history::kMaxNote),
                      .since = base::wall_now().seconds,
                      .control = {},
                      .candidate = {}});
  for (std::size_t i = 0; i < shared_.shards.size(); ++i) {
    now_->control.push_back(std::make_shared<canary::Tally>());
    now_->candidate.push_back(std::make_shared<canary::Tally>());
    shared_.shards[i]->try_out({.host = std::move(policy->hosts[i]),
                                .share = static_cast<std::uint32_t>(plan->share * TriedPolicy::kAll),
                                .control = now_->control.back(),
                                .candidate = now_->candidate.back()});
  }
  shared_.log.info("a canary begins: a part of the new calls has another policy", {{"policy", now_->hash},
                                                                                   {"share", plan->share},
                                                                                   {"for", plan->lasts},
                                                                                   {"by", now_->author},
                                                                                   {"note", now_->note}});
  timer_.arm(loop_.now() + kLookEvery);
  return admin::Control::json(json());
}

canary::Arm CanaryDesk::arm(Side side) const {
  canary::Arm sum;
  if (now_)
    for (const auto& tally : side == Side::Control ? now_->control : now_->candidate) sum += tally->read();
  return sum;
}

void CanaryDesk::look() {
  if (!running()) return;
  const auto state = now_->trial.look(loop_.now(), arm(Side::Control), arm(Side::Candidate));
  if (state != canary::State::Running) return finish(state);
  timer_.arm(loop_.now() + kLookEvery);
}

void CanaryDesk::reloaded() {
  if (!running()) return;
  now_->trial.end(canary::State::Reloaded);
  finish(canary::State::Reloaded);
}

// The shards first: what is worse gets no further call.
void CanaryDesk::finish(canary::State how) {
  const bool promote = how == canary::State::Promoted;
  for (auto& shard : shared_.shards) shard->end_trial(promote);
  timer_.cancel();
  now_->ended = base::wall_now().seconds;
  ended_[static_cast<std::size_t>(how)].add();
  if (now_->trial.finding()) rollbacks_[static_cast<std::size_t>(now_->trial.finding()->reason)].add();
  tell_end(how);
  history::Coming coming{.how = promote ? "promote" : "canary", .author = now_->author, .note = summary()};
  if (!promote) return policies_.tried(*config_(), now_->bundle, std::move(coming));
  policies_.began(*config_(), now_->bundle, std::move(coming));
  promoted_();
}

void CanaryDesk::tell_end(canary::State how) {
  const auto level = how == canary::State::RolledBack ? observe::Level::Error : observe::Level::Info;
  const auto& finding = now_->trial.finding();
  shared_.log.write(level,
                    how == canary::State::RolledBack ? "the canary is rolled back: its policy does worse"
                    : how == canary::State::Promoted ? "the canary ends: its policy runs everywhere"
                                                     : "the canary ends: no further call gets its policy",
                    {{"policy", now_->hash},
                     {"result", canary::name_of(how)},
                     {"reason", finding ? canary::name_of(finding->reason) : std::string_view()},
                     {"why", finding ? std::string_view(finding->text) : std::string_view()},
                     {"calls", arm(Side::Candidate).calls}});
}

// For the history: what was tried, with how many calls, and what came of it.
std::string CanaryDesk::summary() const {
  const auto& trial = now_->trial;
  std::string text = now_->note.empty() ? "" : now_->note + "; ";
  text += "canary " + std::string(canary::name_of(trial.state())) + " after " +
          std::to_string(arm(Side::Candidate).calls) + " calls";
  return trial.finding() ? text + ": " + trial.finding()->text : text;
}

void CanaryDesk::expose(observe::Metrics& metrics) {
  metrics.gauge("parapet_policy_canary_share", "Part of the new calls that a canary's candidate gets, 0 to 1.", {},
                [this] { return running() ? now_->trial.plan().share : 0; });
  static constexpr std::pair<const char*, Side> kArms[] = {{"control", Side::Control}, {"candidate", Side::Candidate}};
  for (const auto& [name, side] : kArms) {
    const observe::Labels labels{{"arm", name}};
    const auto count = [&](const char* metric, const char* help, std::uint64_t canary::Arm::* what) {
      metrics.counter(metric, help, labels, [this, side, what] { return static_cast<double>(arm(side).*what); });
    };
    count("parapet_policy_canary_calls_total", "Calls that have ended, of the canary or the last one, by arm.",
          &canary::Arm::calls);
    count("parapet_policy_canary_answered_total", "Of these, answered.", &canary::Arm::answered);
    count("parapet_policy_canary_refused_total", "Of these, refused by the policy itself.", &canary::Arm::refused);
    count("parapet_policy_canary_one_way_total", "Of these, answered and heard from one side only.",
          &canary::Arm::one_way);
    count("parapet_policy_canary_failures_total",
          "Handlers that failed in calls of the canary or the last one, by arm.", &canary::Arm::failures);
  }
  for (std::size_t i = 0; i < ended_.size(); ++i)
    if (const auto state = static_cast<canary::State>(i); state != canary::State::Running)
      metrics.counter("parapet_policy_canaries_total", "Canaries that have ended, by result.",
                      {{"result", std::string(canary::name_of(state))}}, ended_[i]);
  for (std::size_t i = 0; i < rollbacks_.size(); ++i)
    metrics.counter("parapet_policy_canary_rollbacks_total", "Canaries that did worse and were taken back, by reason.",
                    {{"reason", std::string(canary::name_of(static_cast<canary::Reason>(i)))}}, rollbacks_[i]);
}

}  // namespace sbc::app
