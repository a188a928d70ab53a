#include "sbc/route/at_once.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sbc::route {
namespace {

std::string with_trunk(const Target& target) {
  return (target.trunk.empty() ? "" : "trunk " + target.trunk + " ") + target.text();
}

}  // namespace

void Gathering::add(std::vector<Target> places, Plan& plan) {
  if (places.empty()) return;
  Target& first = places.front();
  const auto leads_there = [&first](const Target& other) {
    return !first.instance.empty() && other.instance == first.instance;
  };
  const char* why = nullptr;
  if (first.awaits_name()) {
    why = "its name has to be looked up";
  } else if (std::ranges::any_of(together_, leads_there)) {
    why = "another way to the same phone";  // RFC 5626 5.3: not over several flows of one instance at once
  }
  auto rest = places.begin();
  if (why == nullptr) {
    together_.push_back(std::move(*rest++));
  } else {
    plan.apart.push_back({.what = with_trunk(first), .why = why});
  }
  after_.insert(after_.end(), std::make_move_iterator(rest), std::make_move_iterator(places.end()));
}

void Gathering::end(Plan& plan) {
  list_ = 0;
  std::vector<Target> left = std::exchange(together_, {});
  while (!left.empty()) {
    const std::string network = network_of_(left.front());
    const auto elsewhere = std::ranges::stable_partition(left, [&](const Target& target) {
                             return network_of_(target) == network;
                           }).begin();
    const auto same = static_cast<std::size_t>(elsewhere - left.begin());
    const std::size_t taken = std::min(same, most_);
    for (std::size_t i = taken; i < same; ++i) {
      plan.apart.push_back({.what = with_trunk(left[i]), .why = "more than " + std::to_string(most_) + " at once"});
      ++plan.beyond;
    }
    for (auto at = elsewhere; at != left.end(); ++at)
      plan.apart.push_back({.what = with_trunk(*at), .why = "its media is in another network"});
    const std::uint32_t number = taken > 1 ? ++last_ : 0;
    for (std::size_t i = 0; i < taken; ++i) {
      left[i].at_once = number;
      plan.targets.push_back(std::move(left[i]));
    }
    left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  for (Target& target : std::exchange(after_, {})) plan.targets.push_back(std::move(target));
}

}  // namespace sbc::route
