#include "sbc/register/memory_store.h"

#include <algorithm>

namespace sbc::registrar {

MemoryLocationStore::Stripe& MemoryLocationStore::stripe_of(std::string_view aor) {
  return stripes_[base::StringHash{}(aor) % kStripes];
}

// Counts the change before it is made, so that shards together never pass the limit.
bool MemoryLocationStore::reserve(std::size_t before, std::size_t after) {
  if (after <= before) {
    size_.fetch_sub(before - after, std::memory_order_relaxed);
    return true;
  }
  std::size_t size = size_.load(std::memory_order_relaxed);
  do {
    if (size + (after - before) > max_bindings_) return false;
  } while (!size_.compare_exchange_weak(size, size + (after - before), std::memory_order_relaxed));
  return true;
}

void MemoryLocationStore::note_epochs(std::string_view aor, const std::vector<Binding>& gone,
                                      const std::vector<Binding>& come) {
  const auto has_epoch = [](const Binding& binding) { return binding.gruu_epoch != 0; };
  if (std::ranges::none_of(gone, has_epoch) && std::ranges::none_of(come, has_epoch)) return;
  const std::lock_guard lock(epochs_.mutex);
  for (const Binding& binding : gone) epochs_.aors.erase(binding.gruu_epoch);
  for (const Binding& binding : come)
    if (has_epoch(binding)) epochs_.aors.emplace(binding.gruu_epoch, aor);
}

void MemoryLocationStore::replace(Stripe& stripe, std::string_view aor, std::vector<Binding> bindings) {
  const auto found = stripe.records.find(aor);
  static const std::vector<Binding> kNone;
  note_epochs(aor, found != stripe.records.end() ? found->second.bindings : kNone, bindings);
  if (found != stripe.records.end()) {
    for (const Binding& binding : found->second.bindings) {
      const auto connection = stripe.by_connection.find(binding.flow.connection);
      if (connection == stripe.by_connection.end()) continue;
      connection->second.erase(std::string(aor));
      if (connection->second.empty()) stripe.by_connection.erase(connection);
    }
    stripe.deadlines.cancel(found->second.deadline);
  }
  if (bindings.empty()) {
    if (found != stripe.records.end()) stripe.records.erase(found);
    return;
  }
  Record& record = found != stripe.records.end() ? found->second : stripe.records[std::string(aor)];
  for (const Binding& binding : bindings)
    if (binding.flow.connection) stripe.by_connection[binding.flow.connection].emplace(aor);
  const auto first = std::ranges::min_element(bindings, {}, &Binding::expires);
  record.deadline = stripe.deadlines.arm(first->expires, std::string(aor));
  record.bindings = std::move(bindings);
}

std::vector<Binding> MemoryLocationStore::lookup(std::string_view aor, base::Instant now) {
  Stripe& stripe = stripe_of(aor);
  const std::lock_guard lock(stripe.mutex);
  const auto found = stripe.records.find(aor);
  if (found == stripe.records.end()) return {};
  std::vector<Binding> live;  // kept in order of preference by merge
  std::ranges::copy_if(found->second.bindings, std::back_inserter(live),
                       [now](const Binding& binding) { return binding.expires > now; });
  return live;
}

std::vector<Binding> MemoryLocationStore::lookup_gruu(std::uint64_t epoch, base::Instant now) {
  std::string aor;
  {
    const std::lock_guard lock(epochs_.mutex);
    const auto found = epochs_.aors.find(epoch);
    if (found == epochs_.aors.end()) return {};
    aor = found->second;
  }
  auto bindings = lookup(aor, now);
  std::erase_if(bindings, [epoch](const Binding& binding) { return binding.gruu_epoch != epoch; });
  return bindings;
}

std::expected<Merged, UpdateError> MemoryLocationStore::apply(const Update& update, base::Instant now) {
  Stripe& stripe = stripe_of(update.aor);
  const std::lock_guard lock(stripe.mutex);
  const auto found = stripe.records.find(update.aor);
  const std::span<const Binding> current =
      found == stripe.records.end() ? std::span<const Binding>{} : found->second.bindings;
  auto merged = merge(current, update, now);
  if (!merged) return merged;
  if (!reserve(current.size(), merged->bindings.size())) return std::unexpected(UpdateError::StoreFull);
  replace(stripe, update.aor, merged->bindings);
  return merged;
}

std::size_t MemoryLocationStore::remove_flow(sip::ConnectionId connection) {
  if (!connection) return 0;
  std::size_t removed = 0;
  for (Stripe& stripe : stripes_) {
    const std::lock_guard lock(stripe.mutex);
    const auto found = stripe.by_connection.find(connection);
    if (found == stripe.by_connection.end()) continue;
    const std::unordered_set<std::string> aors = found->second;  // replace changes the index
    for (const std::string& aor : aors) {
      std::vector<Binding> kept = stripe.records.find(aor)->second.bindings;
      const std::size_t before = kept.size();
      // A binding with a Path names the proxy, which can be connected to again.
      std::erase_if(kept, [connection](const Binding& binding) {
        return binding.flow.connection == connection && binding.path.empty();
      });
      for (Binding& binding : kept)
        if (binding.flow.connection == connection) binding.flow.connection = {};
      removed += before - kept.size();
      reserve(before, kept.size());
      replace(stripe, aor, std::move(kept));
    }
  }
  return removed;
}

bool MemoryLocationStore::report(std::string_view aor, std::string_view call_id, std::string_view uri,
                                 FlowReport report) {
  Stripe& stripe = stripe_of(aor);
  const std::lock_guard lock(stripe.mutex);
  const auto found = stripe.records.find(aor);
  if (found == stripe.records.end()) return false;
  auto& bindings = found->second.bindings;
  const auto binding =
      std::ranges::find_if(bindings, [&](const Binding& b) { return b.call_id == call_id && b.contact_uri == uri; });
  if (binding == bindings.end()) return false;
  if (report != FlowReport::Gone) {
    binding->silent = report == FlowReport::Silent;
    sort_by_preference(bindings);
    return true;
  }
  std::vector<Binding> kept = bindings;
  kept.erase(kept.begin() + (binding - bindings.begin()));
  reserve(bindings.size(), kept.size());
  replace(stripe, aor, std::move(kept));
  return true;
}

std::size_t MemoryLocationStore::remove_aor(std::string_view aor) {
  Stripe& stripe = stripe_of(aor);
  const std::lock_guard lock(stripe.mutex);
  const auto found = stripe.records.find(aor);
  if (found == stripe.records.end()) return 0;
  const std::size_t removed = found->second.bindings.size();
  reserve(removed, 0);
  replace(stripe, aor, {});
  return removed;
}

std::size_t MemoryLocationStore::expire(base::Instant now) {
  std::size_t removed = 0;
  for (Stripe& stripe : stripes_) {
    const std::lock_guard lock(stripe.mutex);
    std::string aor;
    while (stripe.deadlines.pop_due(now, aor)) {
      std::vector<Binding> kept = stripe.records.find(aor)->second.bindings;
      const std::size_t before = kept.size();
      std::erase_if(kept, [now](const Binding& binding) { return binding.expires <= now; });
      removed += before - kept.size();
      reserve(before, kept.size());
      replace(stripe, aor, std::move(kept));
    }
  }
  return removed;
}

}  // namespace sbc::registrar
