#include "sbc/app/target_board.h"

#include <nlohmann/json.hpp>

namespace sbc::app {
namespace {

using Status = route::Probes::Status;

observe::Labels labels_of(const Status& status) {
  return {{"trunk", status.target.trunk}, {"target", status.target.text()}};
}

// Up for as long as it has never changed: there was no reason.
bool has_changed(const Status& status) {
  return std::ranges::any_of(status.transitions, [](std::uint64_t n) { return n != 0; });
}

bool leads_up(route::Reason reason) {
  return reason == route::Reason::ProbeAnswered || reason == route::Reason::CallAnswered;
}

}  // namespace

void TargetBoard::publish(std::vector<Status> statuses, base::Instant now) {
  const std::lock_guard lock(mutex_);
  statuses_ = std::move(statuses);
  at_ = now;
}

void TargetBoard::expose(observe::Metrics& metrics) const {
  using observe::Metrics;
  metrics.family("parapet_target_up", "Whether a probed target of a trunk is up (1) or down (0).", Metrics::Kind::Gauge,
                 [this] {
                   std::vector<Metrics::Sample> samples;
                   each([&](const Status& s) { samples.push_back({labels_of(s), s.up ? 1.0 : 0.0}); });
                   return samples;
                 });
  metrics.family("parapet_target_transitions_total", "How often a probed target went down or came back, by reason.",
                 Metrics::Kind::Counter, [this] {
                   std::vector<Metrics::Sample> samples;
                   each([&](const Status& s) {
                     for (std::size_t i = 0; i < s.transitions.size(); ++i) {
                       auto labels = labels_of(s);
                       const auto reason = static_cast<route::Reason>(i);
                       labels.emplace_back("to", leads_up(reason) ? "up" : "down");
                       labels.emplace_back("reason", name_of(reason));
                       samples.push_back({std::move(labels), static_cast<double>(s.transitions[i])});
                     }
                   });
                   return samples;
                 });
  metrics.family("parapet_target_probes_total", "Probes of a target, by what their answer means.",
                 Metrics::Kind::Counter, [this] {
                   std::vector<Metrics::Sample> samples;
                   each([&](const Status& s) {
                     for (const bool good : {true, false}) {
                       auto labels = labels_of(s);
                       labels.emplace_back("result", good ? "good" : "bad");
                       samples.push_back({std::move(labels), static_cast<double>(good ? s.good : s.bad)});
                     }
                   });
                   return samples;
                 });
}

std::string TargetBoard::json() const {
  auto all = nlohmann::ordered_json::array();
  each([&](const Status& status) {
    nlohmann::ordered_json one;
    one["trunk"] = status.target.trunk;
    one["target"] = status.target.text();
    one["up"] = status.up;
    one["for_seconds"] = std::chrono::duration_cast<std::chrono::seconds>(at_ - status.since).count();
    if (has_changed(status)) one["reason"] = name_of(status.reason);
    one["probes"] = {{"good", status.good}, {"bad", status.bad}};
    all.push_back(std::move(one));
  });
  return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace sbc::app
