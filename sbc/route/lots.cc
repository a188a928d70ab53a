#include "sbc/route/lots.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <string>

#include "media-relay/base/hash.h"

#include "sbc/route/order.h"

namespace sbc::route {
namespace {

using policy::Candidate;
using Order = std::vector<const Candidate*>;

// An element of a list: the candidates that it stands for, drawn already.
struct Element {
  Order candidates = {};
  std::optional<std::uint16_t> lot = {};
  std::uint16_t priority = 0;  // for in_order: all are equal
  std::uint16_t weight = 0;
};

// By which rendezvous hashing knows an element, whatever stands beside it.
std::string name_of_element(const Element& element) {
  const Candidate& first = *element.candidates.front();
  return std::to_string(static_cast<int>(first.kind)) + " " + first.name + " " + first.realm + " " + first.number;
}

// The least comes first: an exponential variable with this rate is the smallest of several with a chance in proportion
// to its rate.
double score(const Element& element, const std::string& drawn_by) {
  if (element.weight == 0) return std::numeric_limits<double>::infinity();
  constexpr base::HashKey kNoSecret{};
  constexpr double kSpan = 9007199254740992.0;  // 2^53: what a double tells apart
  const std::uint64_t hash = base::siphash(kNoSecret, drawn_by + "\n" + name_of_element(element));
  const double chance = (static_cast<double>(hash >> 11) + 0.5) / kSpan;
  return -std::log(chance) / element.weight;
}

void shuffle(std::vector<Element>& run, const std::string& drawn_by, base::Random& random) {
  std::vector<Element> order;
  order.reserve(run.size());
  if (drawn_by.empty()) {
    for (const Element* element : in_order(run, random)) order.push_back(*element);
  } else {
    std::vector<std::pair<double, std::size_t>> scores;
    for (std::size_t i = 0; i < run.size(); ++i) scores.emplace_back(score(run[i], drawn_by), i);
    std::ranges::sort(scores);
    for (const auto& [drawn, at] : scores) order.push_back(std::move(run[at]));
  }
  run = std::move(order);
}

Order draw(std::span<const Candidate* const> list, std::size_t depth, base::Random& random) {
  std::vector<Element> run;
  Order order;
  const std::string& drawn_by = list.front()->lots[depth].drawn_by;
  const auto flush = [&] {
    if (run.size() > 1) shuffle(run, drawn_by, random);
    for (const Element& element : run) order.insert(order.end(), element.candidates.begin(), element.candidates.end());
    run.clear();
  };
  for (auto first = list.begin(); first != list.end();) {
    const policy::Lot& lot = (*first)->lots[depth];
    const auto last = std::find_if(
        first, list.end(), [&](const Candidate* candidate) { return candidate->lots[depth].element != lot.element; });
    const std::span inside(first, last);
    Element element{.lot = lot.weight, .weight = lot.weight.value_or(0)};
    element.candidates =
        inside.front()->lots.size() > depth + 1 ? draw(inside, depth + 1, random) : Order(inside.begin(), inside.end());
    if (!element.lot) flush();
    run.push_back(std::move(element));
    if (!run.back().lot) flush();
    first = last;
  }
  flush();
  return order;
}

}  // namespace

std::vector<const Candidate*> drawn(const std::vector<Candidate>& candidates, base::Random& random) {
  Order all;
  all.reserve(candidates.size());
  for (const Candidate& candidate : candidates) all.push_back(&candidate);
  const auto unlisted = [](const Candidate& candidate) { return candidate.lots.empty(); };
  if (all.empty() || std::ranges::any_of(candidates, unlisted)) return all;
  return draw(all, 0, random);
}

}  // namespace sbc::route
