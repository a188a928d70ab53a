#pragma once
// The inside of RelayLink. For this room only.

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "media-relay/base/hash.h"
#include "media-relay/control/codec.h"
#include "media-relay/control/framing.h"
#include "media-relay/control/pending.h"
#include "media-relay/loop/stream.h"

#include "sbc/relay_client/relay_link.h"

namespace sbc::relay_client {

class RelayLink::Machine final : public loop::Stream::Delegate {
 public:
  Machine(loop::EventLoop& loop, LinkOptions options, relay_client::Delegate& delegate, base::Random& random);
  ~Machine() override;

  void start() { connect(); }
  // commands.cc
  std::uint64_t send(std::uint64_t owner, control::Command command);
  void adopt(control::SessionId id, std::uint64_t owner) { known_[std::move(id)] = {owner, true}; }

  LinkState state() const { return state_; }
  bool serves(const control::SessionSpec& spec) const;
  bool accepting() const { return state_ == LinkState::Up && !draining_; }
  bool draining() const { return state_ == LinkState::Up && draining_ && !resuming(); }
  base::Instant ends() const { return ends_; }
  RelayLoad load() const;
  std::vector<control::SessionId> opened() const;
  std::optional<std::uint64_t> owner_of(const control::SessionId& id) const;
  const LinkOptions& options() const { return options_; }
  const std::string& last_error() const { return last_error_; }
  const LinkCounters& counters() const { return counters_; }
  std::size_t sessions() const { return known_.size(); }
  std::size_t waiting() const { return pending_.size(); }

 private:
  struct Context {
    std::uint64_t owner = 0;
    control::Command command;  // without its spec: only what the reply needs
    bool internal = false;     // the link's own business
  };
  struct Known {
    std::uint64_t owner = 0;
    bool opened = false;  // the relay has said so
  };
  using Output = std::variant<control::RelayReply, control::RelayEvent>;

  // machine.cc: the connection
  void on_connected(loop::Stream&) override;
  void on_bytes(loop::Stream&, std::string_view bytes) override;
  void on_closed(loop::Stream&, loop::Stream::CloseReason reason) override;
  void connect();
  void disconnect(std::string why);
  void retry_later();
  bool resuming() const { return loop_.now() < resume_until_; }
  void set_state(LinkState state);
  void on_frame(std::string_view payload);
  void on_ping_due();
  void arm_timeouts();
  void on_timeouts();

  // load.cc
  void ping();
  void on_pong(const control::Pong& pong);
  void begin_draining(base::Duration within);

  // commands.cc
  void transmit(std::uint64_t request, Context context, const control::Command& command);
  void transmit_internal(control::Command command);
  void on_reply(control::ReplyFrame frame);
  void on_event(control::Event event);
  void settle(const Context& context, const control::Reply& reply);
  void deliver(std::uint64_t request, const Context& context, control::Reply reply);
  void deliver_later(Output output);
  void flush_later();

  // reconcile.cc
  void on_internal_reply(const Context& context, control::Reply reply);
  void on_listed(control::Listed page);
  void finish_reconciling();
  void lose_sessions(const std::unordered_set<control::SessionId>& kept, std::string_view reason);

  loop::EventLoop& loop_;
  const LinkOptions options_;
  relay_client::Delegate& delegate_;
  base::Random& random_;
  loop::Timer retry_timer_;
  loop::Timer timeout_timer_;
  loop::Timer ping_timer_;
  loop::Timer lease_timer_;  // runs while the link is down
  std::unique_ptr<loop::Stream> stream_;
  control::FrameReader reader_;
  control::PendingRequests<Context> pending_;
  LinkState state_ = LinkState::Down;
  bool draining_ = false;
  base::Instant ends_{};         // when it drains
  control::Pong told_;           // its load, as it said last ...
  std::size_t known_then_ = 0;   // ... and our part in it
  std::size_t known_asked_ = 0;  // likewise of the Ping under way
  unsigned refusals_ = 0;
  base::Instant resume_until_{};     // a successor with our sessions is expected until then
  base::Duration resumes_within_{};  // likewise when it dies, as it said
  base::Duration backoff_;
  base::Duration lease_;               // as granted
  std::vector<std::string> networks_;  // as the relay said
  std::string last_error_;
  LinkCounters counters_;

  std::unordered_map<control::SessionId, Known, base::StringHash, std::equal_to<>> known_;
  std::unordered_set<control::SessionId> unwanted_;  // to be closed when the relay turns out to have them
  std::unordered_set<control::SessionId> listed_;    // while reconciling
  std::vector<Output> later_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace sbc::relay_client
