#pragma once
// The order of alternatives that have a priority and a weight, as RFC 2782 orders SRV records.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "media-relay/base/random.h"

namespace sbc::route {

// Pointers into `items`, lowest priority first; among equals each next one is drawn with a chance in proportion to its
// weight. Weight 0 comes after those that have one, in the order given.
template <typename Item>
std::vector<const Item*> in_order(const std::vector<Item>& items, base::Random& random) {
  std::vector<const Item*> order;
  order.reserve(items.size());
  for (const Item& item : items) order.push_back(&item);
  std::sort(order.begin(), order.end(), [](const Item* a, const Item* b) {
    if (a->priority != b->priority) return b->priority > a->priority;
    if ((a->weight > 0) != (b->weight > 0)) return a->weight > 0;
    return std::less<>{}(a, b);  // as given
  });
  for (auto first = order.begin(); first != order.end(); ++first) {
    std::uint64_t total = 0;
    auto last = first;
    for (; last != order.end() && (*last)->priority == (*first)->priority && (*last)->weight > 0; ++last)
      total += (*last)->weight;
    if (last - first < 2) continue;
    std::uint64_t drawn = random.below(total);
    auto chosen = first;
    while (drawn >= (*chosen)->weight) drawn -= (*chosen++)->weight;
    std::rotate(first, chosen, chosen + 1);
  }
  return order;
}

}  // namespace sbc::route
