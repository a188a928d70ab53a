#include "sbc/app/tenures.h"

#include <algorithm>
#include <utility>

namespace sbc::app {

void Tenures::begin(std::shared_ptr<policy::Host> host) {
  if (now_) former_.push_back(now_);
  now_ = std::make_shared<policy::Tenure>(std::move(host));
  std::erase_if(former_, [](const auto& one) { return one.expired(); });
  while (former_.size() > kMaxFormerPolicies) {
    if (const auto oldest = former_.front().lock()) {
      oldest->host = now_->host;
      ++cut_;
    }
    former_.pop_front();
  }
}

std::size_t Tenures::held() const {
  const auto live = std::ranges::count_if(former_, [](const auto& one) { return !one.expired(); });
  return static_cast<std::size_t>(live) + (now_ ? 1 : 0);
}

}  // namespace sbc::app
