#pragma once
// What the shards of one process share: immutable values that a reload replaces, and the few objects that are safe to
// use from every thread.

#include <atomic>
#include <memory>
#include <vector>

#include "media-relay/base/hash.h"
#include "media-relay/observe/log.h"

#include "sbc/app/config.h"
#include "sbc/app/explanations.h"
#include "sbc/app/hearing.h"
#include "sbc/app/shared_counters.h"
#include "sbc/app/shared_occupancy.h"
#include "sbc/app/signposts.h"
#include "sbc/app/sip_trace.h"
#include "sbc/app/source_failures.h"
#include "sbc/app/target_board.h"
#include "sbc/auth/replay_guard.h"
#include "sbc/net/aliases.h"
#include "sbc/policy/bundle.h"
#include "sbc/register/memory_store.h"

namespace sbc::app {

class Shard;

struct Shared {
  observe::Log& log;
  SipTrace trace;
  base::HashKey mint_key;   // of branches, tags and the like
  base::HashKey nonce_key;  // of digest nonces
  auth::ReplayGuard replay_guard;
  SourceFailures failures;
  SharedCounters counters;
  registrar::MemoryLocationStore location;
  Signposts signposts;
  net::Aliases aliases;
  TargetBoard targets;
  Explanations explanations;
  Hearing hearing;
  SharedOccupancy occupancy;
  std::vector<std::unique_ptr<Shard>> shards;  // complete before any of them runs
  std::atomic<bool> draining{false};
  std::atomic<unsigned> listening{0};  // shards whose listeners are open

  Shared(observe::Log& l, std::size_t max_registrations);
  ~Shared();
};

}  // namespace sbc::app
