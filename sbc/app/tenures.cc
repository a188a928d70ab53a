#include "sbc/app/tenures.h"

#include <algorithm>
#include <utility>

namespace sbc::app {

void Tenures::begin(std::shared_ptr<policy::Host> host) {
  end_trial(false);
  if (now_) keep(now_);
  now_ = std::make_shared<policy::Tenure>(std::move(host));
  cut_oldest();
}

void Tenures::try_out(std::shared_ptr<policy::Host> candidate) {
  end_trial(false);
  trial_ = Trial{.control = std::make_shared<policy::Tenure>(now_->host),
                 .candidate = std::make_shared<policy::Tenure>(std::move(candidate))};
}

void Tenures::end_trial(bool promote) {
  if (!trial_) return;
  const Trial ended = *std::exchange(trial_, std::nullopt);
  keep(ended.control);
  if (promote) {
    keep(now_);
    now_ = ended.candidate;
  } else {
    keep(ended.candidate);
  }
  cut_oldest();
}

void Tenures::keep(const std::shared_ptr<policy::Tenure>& former) {
  std::erase_if(former_, [](const auto& one) { return one.expired(); });
  former_.push_back(former);
}

std::vector<const policy::Host*> Tenures::former_hosts() const {
  std::vector<const policy::Host*> hosts;
  for (const auto& one : former_) {
    const auto live = one.lock();
    if (!live || live->host == now_->host || (trial_ && live->host == trial_->candidate->host)) continue;
    if (std::ranges::find(hosts, live->host.get()) == hosts.end()) hosts.push_back(live->host.get());
  }
  return hosts;
}

void Tenures::cut_oldest() {
  for (auto hosts = former_hosts(); hosts.size() > kMaxFormerPolicies; hosts.erase(hosts.begin())) {
    for (const auto& one : former_)
      if (const auto live = one.lock(); live && live->host.get() == hosts.front()) live->host = now_->host;
    ++cut_;
  }
}

std::size_t Tenures::held() const {
  return (now_ ? former_hosts().size() + 1 : 0) + (trial_ ? 1 : 0);
}

}  // namespace sbc::app
