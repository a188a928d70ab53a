#pragma once
// A policy on its way into the shards, and the record of those that ran.

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/counter.h"
#include "media-relay/observe/log.h"

#include "sbc/app/config.h"
#include "sbc/history/history.h"
#include "sbc/policy/bundle.h"
#include "sbc/policy/host.h"

namespace sbc::app {

using Hosts = std::vector<std::unique_ptr<policy::Host>>;

struct LoadedPolicy {
  policy::Bundle bundle;
  Hosts hosts;  // one for each shard, all from the same text
};
// Read and loaded. The error is that of the policy's author: file, line, what.
std::expected<LoadedPolicy, std::string> load_policy(const Config& config);
// The same of a text that is there.
std::expected<LoadedPolicy, std::string> load_policy(const Config& config, policy::Bundle bundle);

struct PastPolicy {
  std::string name;  // "12-3fa94c12b7e0"
  policy::Bundle bundle;
};
// From policy.history: the number of an entry or the beginning of a hash; "": what ran before that which runs. The
// error is for the operator.
std::expected<PastPolicy, std::string> past_policy(const Config& config, std::string_view wanted);

// The history of this process's policies, where policy.history says. A history that cannot be written stops nothing: it
// is said in the log, and counted.
class PolicyRecord {
 public:
  explicit PolicyRecord(observe::Log& log) : log_(log) {}

  // The policy runs from now on: at the start, or because somebody asked.
  void began(const Config& config, const policy::Bundle& bundle, history::Coming coming);

  // The history as JSON; an empty list where none is kept.
  std::string json(const Config& config) const;
  // A candidate has run for a part of the calls, as `coming` says, and does no more: it is kept, with an entry, and
  // what runs has another one after it.
  void tried(const Config& config, const policy::Bundle& bundle, history::Coming coming);

  // What decides of new calls now: {"hash", "main", "file", "how", "since", "canary"}; the last one as it is given.
  std::string running(const Config& config, const std::string& canary) const;
  const std::string& hash() const { return running_.hash; }
  const std::optional<policy::Bundle>& bundle() const { return bundle_; }  // nullopt: nothing runs yet

  const base::Counter& failures() const { return failures_; }

 private:
  void failed(const std::string& folder, const std::string& why);

  observe::Log& log_;
  base::Counter failures_;
  // Whether or not a history is kept.
  struct Running {
    std::string hash, main, how;
    std::int64_t since = 0;
  };
  Running running_;
  std::optional<policy::Bundle> bundle_;
};

}  // namespace sbc::app
