#include "sbc/app/hearing.h"

#include <stdexcept>

namespace sbc::app {

void Hearing::add(Hearer& hearer) {
  if (count_ == hearers_.size()) throw std::length_error("too many hearers of policies");  // ours, at the start
  hearers_[count_++] = &hearer;
}

void Hearing::tell(Ears ears, const std::shared_ptr<const retell::Invocation>& invocation) const {
  for (std::size_t i = 0; i < count_; ++i)
    if ((ears >> i & 1U) != 0) hearers_[i]->heard(invocation);
}

}  // namespace sbc::app
