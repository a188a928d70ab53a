#pragma once
// Bindings in memory, lost at a restart. Locks are striped by address of record, so that shards rarely meet.

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/base/hash.h"

#include "sbc/register/limits.h"
#include "sbc/register/location.h"

namespace sbc::registrar {

class MemoryLocationStore final : public LocationStore {
 public:
  explicit MemoryLocationStore(std::size_t max_bindings = kDefaultMaxBindings) : max_bindings_(max_bindings) {}

  std::vector<Binding> lookup(std::string_view aor, base::Instant now) override;
  std::vector<Binding> lookup_gruu(std::uint64_t epoch, base::Instant now) override;
  std::expected<Merged, UpdateError> apply(const Update& update, base::Instant now) override;
  std::size_t remove_flow(sip::ConnectionId connection) override;
  bool report(std::string_view aor, std::string_view call_id, std::string_view uri, FlowReport report) override;
  std::size_t remove_aor(std::string_view aor) override;
  std::size_t expire(base::Instant now) override;
  std::size_t size() const override { return size_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kStripes = 64;

  struct Record {
    std::vector<Binding> bindings;
    base::DeadlineId deadline;  // of the binding that expires first
  };
  struct Stripe {
    std::mutex mutex;
    std::unordered_map<std::string, Record, base::StringHash, std::equal_to<>> records;
    // Addresses of record that have a binding over a connection.
    std::unordered_map<sip::ConnectionId, std::unordered_set<std::string>> by_connection;
    base::DeadlineQueue<std::string> deadlines;
  };

  // Addresses of record by epoch. Taken while a stripe's lock is held, never the other way round.
  struct Epochs {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, std::string> aors;
  };
  void note_epochs(std::string_view aor, const std::vector<Binding>& gone, const std::vector<Binding>& come);

  Stripe& stripe_of(std::string_view aor);
  bool reserve(std::size_t before, std::size_t after);
  // The stripe's lock is held. `bindings` become what the address of record has; none: it is forgotten.
  void replace(Stripe& stripe, std::string_view aor, std::vector<Binding> bindings);

  std::size_t max_bindings_;
  std::atomic<std::size_t> size_{0};
  std::array<Stripe, kStripes> stripes_;
  Epochs epochs_;
};

}  // namespace sbc::registrar
