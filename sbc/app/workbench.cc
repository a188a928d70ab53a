#include "sbc/app/workbench.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "sbc/json/value.h"

namespace sbc::app {
namespace {

constexpr int kBehindAll = 19;  // nice

}  // namespace

std::string_view Workbench::name_of(Tool tool) {
  static constexpr std::string_view kNames[] = {"check", "test", "simulate", "replay"};
  static_assert(std::size(kNames) == static_cast<std::size_t>(Tool::kCount));
  return kNames[static_cast<std::size_t>(tool)];
}

Workbench::~Workbench() {
  {
    const std::lock_guard lock(mutex_);
    stop_.store(true);
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::optional<std::uint64_t> Workbench::take(Tool tool, Work work) {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto waiting = std::ranges::count(jobs_, State::Waiting, &Job::state);
    if (static_cast<std::size_t>(waiting) >= kMaxWaiting) {
      refused_.add();
      return std::nullopt;
    }
    number = ++last_;
    jobs_.push_back({.number = number, .tool = tool, .work = std::move(work), .found = {}});
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  changed_.notify_one();
  return number;
}

Workbench::Job* Workbench::next_waiting() {
  const auto job = std::ranges::find(jobs_, State::Waiting, &Job::state);
  return job == jobs_.end() ? nullptr : &*job;
}

Workbench::Job* Workbench::find(std::uint64_t number) {
  const auto job = std::ranges::find(jobs_, number, &Job::number);
  return job == jobs_.end() ? nullptr : &*job;
}

void Workbench::run() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kBehindAll);
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_.load() || next_waiting() != nullptr; });
    if (stop_.load()) return;
    Job* job = next_waiting();
    job->state = State::Running;
    const std::uint64_t number = job->number;
    const Tool tool = job->tool;
    const Work work = std::move(job->work);
    lock.unlock();
    Found found = work(stop_);
    lock.lock();
    (found ? done_ : failed_)[static_cast<std::size_t>(tool)].add();
    job = find(number);  // what waits and what runs is never forgotten, but it may have moved
    job->found = std::move(found);
    job->state = State::Over;
    forget_old();
  }
}

void Workbench::forget_old() {
  while (static_cast<std::size_t>(std::ranges::count(jobs_, State::Over, &Job::state)) > kMaxKept)
    jobs_.erase(std::ranges::find(jobs_, State::Over, &Job::state));
}

std::optional<std::string> Workbench::json(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto job = std::ranges::find(jobs_, number, &Job::number);
  if (job == jobs_.end()) return std::nullopt;
  std::string state = "waiting";
  if (job->state == State::Running) state = "running";
  if (job->state == State::Over) state = job->found ? "done" : "failed";
  std::string out = "{\"job\": " + std::to_string(number) + ", \"tool\": \"" + std::string(name_of(job->tool)) +
                    "\", \"state\": \"" + state + "\"";
  if (state == "failed") {
    out += ", \"error\": ";
    // Errors quote policies, which may have any bytes.
    std::string error = job->found.error();
    if (!json::is_utf8(error))
      std::ranges::replace_if(error, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    json::append_string(out, error);
  }
  if (state == "done") out += ", \"result\": " + *job->found;
  return out + "}\n";
}

void Workbench::expose(observe::Metrics& metrics) const {
  constexpr const char* kHelp = "Questions about policies asked on the control socket, by tool and result.";
  for (std::size_t i = 0; i < done_.size(); ++i) {
    const std::string tool(name_of(static_cast<Tool>(i)));
    metrics.counter("parapet_policy_jobs_total", kHelp, {{"tool", tool}, {"result", "done"}}, done_[i]);
    metrics.counter("parapet_policy_jobs_total", kHelp, {{"tool", tool}, {"result", "failed"}}, failed_[i]);
  }
  metrics.counter("parapet_policy_jobs_refused_total", "Questions about policies refused because too many waited.", {},
                  refused_);
}

}  // namespace sbc::app
