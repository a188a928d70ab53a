#pragma once
// The relays of one shard. A new session goes to the one that has the least to do, for all its controllers together and
// measured by what it may have, among those that are up, accept and have the networks it needs; its later commands go
// to the same relay. One that says it has no room for the session, or is about to stop, or that does not answer, is
// passed over for the next one: whoever asked hears of the last answer only. When a relay drains and another one is
// there, the owners of its sessions are told, a few at a time (SessionDrains): they may open another session, and close
// this one when that is done.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "media-relay/base/hash.h"
#include "media-relay/control/messages.h"

#include "sbc/relay_client/relay_link.h"

namespace sbc::relay_client {

// Index of a relay in the order of the configuration: stable for the life of the pool.
using RelayIndex = std::uint16_t;

// Why a relay would not have a session that another one may take.
enum class Full : std::uint8_t { NoPorts, SessionLimit, Draining, NoAnswer };
inline constexpr std::size_t kFullReasons = 4;

class RelayPool {
 public:
  // One link per entry of `relays`; delegate, loop and random must outlive the pool.
  RelayPool(loop::EventLoop& loop, std::vector<LinkOptions> relays, Delegate& delegate, base::Random& random);
  ~RelayPool();

  void start();

  // Opens the session on a relay. The reply carries the number that is returned, which no other reply has (those to
  // modify and close carry 0). nullopt: none is up that has its networks, and there will be no reply.
  std::optional<std::uint64_t> open(std::uint64_t owner, control::Open command);
  // To the session's relay; nothing happens when no relay has it.
  void modify(std::uint64_t owner, control::Modify command);
  void close(std::uint64_t owner, control::Close command);
  void send_digits(control::SendDigits command);  // without an answer

  // The relay for a session; nullopt when none is up that has its networks.
  std::optional<RelayIndex> pick(const control::SessionSpec& spec) { return pick(spec, {}); }
  RelayLink& link(RelayIndex index) { return *links_[index]; }
  const RelayLink& link(RelayIndex index) const { return *links_[index]; }
  std::size_t size() const { return links_.size(); }
  std::size_t healthy() const;
  // How often a relay would not have a session, whether another one took it or not.
  const std::array<std::uint64_t, kFullReasons>& refusals() const { return refusals_; }

 private:
  class Ear;  // of one link: says from where a reply came
  // Sessions of a relay that drains, on their way to another one.
  struct Round {
    std::vector<control::SessionId> ids;  // to be asked, the next one last
    std::size_t at_once = 0;
    base::Duration pause{};
    base::Instant next{};  // round, when this one is over
  };
  struct Opening {
    std::uint64_t number = 0;
    std::uint64_t owner = 0;
    control::Open command;  // without its spec when there is nobody else to ask
    std::vector<RelayIndex> tried;
  };

  std::optional<RelayIndex> pick(const control::SessionSpec& spec, const std::vector<RelayIndex>& tried);
  void ask(RelayIndex relay, Opening opening);
  void on_reply(RelayIndex from, control::RelayReply reply);
  // shedding.cc
  void on_draining(RelayIndex relay);
  void shed();
  void shed_from(RelayIndex relay, Round& round);
  Round next_round(RelayIndex relay, base::Duration pause) const;

  loop::EventLoop& loop_;
  Delegate& delegate_;
  std::vector<std::unique_ptr<Ear>> ears_;
  std::vector<std::unique_ptr<RelayLink>> links_;
  std::map<std::pair<RelayIndex, std::uint64_t>, Opening> openings_;  // by relay and its request, without a reply yet
  std::unordered_map<control::SessionId, RelayIndex, base::StringHash, std::equal_to<>> relay_of_;
  std::array<std::uint64_t, kFullReasons> refusals_{};
  std::vector<Round> rounds_;  // by relay
  loop::Timer shed_timer_;
  std::uint64_t last_number_ = 0;
  std::size_t turn_ = 0;
};

}  // namespace sbc::relay_client
