#pragma once
// Keeps the NATs before registered phones open, and finds out which phones are gone. What is done for a binding is the
// policy's decision (on_nat); this sends it in time, spread, for as long as the binding lives. Sans-IO: one object per
// shard, for the phones whose REGISTERs it answers.
//
//   OPTIONS  the phone answers, so that its NAT sees traffic both ways; one that stays silent is marked or unbound
//   CRLF     two line ends (RFC 5626 4.4.1): a datagram that nobody answers, or a ping on a stream
//   STUN     a Binding indication (RFC 8489 6.3) to a UDP flow; on streams CRLF, as RFC 5626 4.4 has it

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/base/hash.h"
#include "media-relay/base/random.h"
#include "media-relay/base/shared_bytes.h"
#include "media-relay/base/time.h"

#include "sbc/policy/decision.h"
#include "sbc/register/location.h"
#include "sbc/register/settings.h"
#include "sbc/sip/minter.h"
#include "sbc/sip/transport.h"

namespace sbc::registrar {

struct KeepAliveCounters {
  std::uint64_t options = 0;    // sent
  std::uint64_t crlf = 0;       // sent
  std::uint64_t stun = 0;       // sent
  std::uint64_t answered = 0;   // OPTIONS, with whatever status
  std::uint64_t silent = 0;     // OPTIONS without answer
  std::uint64_t marked = 0;     // phones that stayed silent: tried last from now on
  std::uint64_t unbound = 0;    // phones that stayed silent: their binding was removed
  std::uint64_t recovered = 0;  // marked phones that answered again
  std::uint64_t refused = 0;    // beyond kMaxKeptAlive: not kept alive
};

class KeepAlives {
 public:
  KeepAlives(LocationStore& store, const sip::Minter& minter, base::Random& random)
      : store_(store), minter_(minter), random_(random) {}

  struct Wish {
    policy::KeepAlive method = policy::KeepAlive::None;
    base::Duration interval{};
    SilencePolicy silence;
    std::string realm;
    std::string sent_by;  // of the listener toward the phone
    std::string host;     // of our From
  };
  // One message to send. `id` 0: nobody waits for an answer. Otherwise it is an OPTIONS, and on_answer or on_silence
  // follows.
  struct Ping {
    std::uint64_t id = 0;
    std::string branch;
    sip::Hop hop;
    base::SharedBytes bytes;
  };
  // A phone that was unbound, for whoever else keeps something for it.
  struct Lost {
    std::string realm;
    std::string aor;
    std::string call_id;
  };
  struct Output {
    std::vector<Ping> pings;
    std::vector<Lost> lost;
  };

  // A REGISTER was accepted; `bindings` are those of its Call-ID. Starts, changes or ends what is done for each. What
  // is behind a proxy (Path) is the proxy's to keep alive (RFC 5626 5.4).
  void registered(const std::vector<Binding>& bindings, const Wish& wish, base::Instant now);
  void on_answer(std::uint64_t id, base::Instant now);
  void on_silence(std::uint64_t id, base::Instant now, Output& out);
  // At most kKeepAliveBurst pings in one call; the rest is due at once, so that other work gets its turn.
  void on_deadline(base::Instant now, Output& out);
  base::Instant next_deadline() const { return deadlines_.next(); }

  std::size_t size() const { return entries_.size(); }
  const KeepAliveCounters& counters() const { return counters_; }

 private:
  struct Entry {
    std::string aor, call_id, uri;
    sip::Hop flow;
    Wish wish;
    base::DeadlineId due;
    std::string sip_call_id, tag;  // of our OPTIONS
    std::uint32_t cseq = 0;
    unsigned missed = 0;
    bool marked = false;
    std::uint64_t waiting = 0;  // id of the OPTIONS under way
  };
  static std::string key_of(const Binding& binding);
  bool still_bound(Entry& entry, base::Instant now);
  void arm(const std::string& key, Entry& entry, base::Duration wait, base::Instant now);
  void drop(const std::string& key);
  void send(const std::string& key, Entry& entry, Output& out);
  Entry* answered(std::uint64_t id, std::string& key);
  static std::string options(const Entry& entry, std::string_view branch);

  LocationStore& store_;
  const sip::Minter& minter_;
  base::Random& random_;
  std::unordered_map<std::string, Entry, base::StringHash, std::equal_to<>> entries_;
  std::unordered_map<std::uint64_t, std::string> waiting_;  // keys by id
  base::DeadlineQueue<std::string> deadlines_;
  std::uint64_t last_id_ = 0;
  KeepAliveCounters counters_;
};

}  // namespace sbc::registrar
