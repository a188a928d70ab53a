#pragma once
// The operator's door: /metrics for Prometheus, /healthz (the process turns), /readyz (it takes calls),
// and the pages that the process adds.

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/loop/event_loop.h"
#include "media-relay/observe/metrics.h"

#include "sbc/admin/shard_metrics.h"
#include "sbc/net/counters.h"

namespace sbc::admin {

// Registers all that a shard counts; the same names of all shards are summed. The objects must outlive `metrics`.
void expose(observe::Metrics& metrics, const ShardMetrics& shard);
void expose(observe::Metrics& metrics, const net::Counters& counters);
// parapet_build_info{version="..."} 1
void expose_build(observe::Metrics& metrics, const std::string& version);

// Why the process does not take calls now; empty: it does. Asked on the admin's loop thread, so that answers must come
// from atomics.
struct ReadyCheck {
  std::string name;             // "listeners", "relay", "draining"
  std::function<bool()> ready;  // true: fine
};

class Server {
 public:
  // `metrics` must outlive the server.
  Server(loop::EventLoop& loop, const observe::Metrics& metrics, std::vector<ReadyCheck> checks);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // GET `path` answers what `body` says, on the admin's loop thread. Before listen().
  void page(const std::string& path, const char* content_type, std::function<std::string()> body);

  // Returns where it listens (after port 0).
  std::expected<base::Endpoint, std::string> listen(const base::Endpoint& where);

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace sbc::admin
