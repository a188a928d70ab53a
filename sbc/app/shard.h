#pragma once
// One shard: a thread with its event loop, its sockets, its transactions, its calls, its policy and its link to the
// relay. Shards meet in three places only: a message or a send that belongs to another one goes through that one's loop
// (post), the location store, and the replay guard of digest.

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "media-relay/loop/event_loop.h"

#include "sbc/admin/shard_metrics.h"
#include "sbc/app/advisor.h"
#include "sbc/app/foreign_sends.h"
#include "sbc/app/held_messages.h"
#include "sbc/app/phone_keep_alives.h"
#include "sbc/app/policy_lookups.h"
#include "sbc/app/shared.h"
#include "sbc/app/target_probes.h"
#include "sbc/app/trunk_names.h"
#include "sbc/app/trunk_registrar.h"
#include "sbc/app/upstream_registrations.h"
#include "sbc/call/calls.h"
#include "sbc/exchange/exchange.h"
#include "sbc/net/transports.h"
#include "sbc/relay_client/relay_pool.h"
#include "sbc/resolve/resolver.h"
#include "sbc/route/detours.h"
#include "sbc/sip/minter.h"
#include "sbc/transaction/layer.h"

namespace sbc::app {

// What a body says of dialogs, looked up in the calls of the shard.
class CallDialogs final : public exchange::Dialogs {
 public:
  explicit CallDialogs(const call::Calls& calls) : calls_(calls) {}
  std::optional<body::DialogIds> other_side(const body::DialogIds& named, std::string_view realm) const override {
    return calls_.other_side(named, realm);
  }
  std::optional<call::KnownLeg> leg(const body::DialogIds& named) const override { return calls_.known_leg(named); }

 private:
  const call::Calls& calls_;
};

class Shard final : private net::Delegate, private relay_client::Delegate {
 public:
  Shard(std::uint8_t index, Shared& shared, std::shared_ptr<const Config> config, std::unique_ptr<policy::Host> policy);
  ~Shard();

  // Opens the listeners; the error says which one failed.
  std::expected<void, std::string> open();
  void start();  // the thread
  void join();

  // From any thread; carried out on the shard's own.
  void use_urgency();
  void reload(std::shared_ptr<const Config> config, std::unique_ptr<policy::Host> policy);
  void try_out(TriedPolicy tried);
  void end_trial(bool promote);
  void drain();
  void kill_calls();
  void stop();
  // False: the mailbox is full, and the caller drops what it has.
  bool hand_over(sip::MessagePtr message, sip::Source source);
  bool hand_over_send(const sip::Hop& hop, base::SharedBytes bytes, const ForeignSends::Origin& origin);

  const admin::ShardMetrics& metrics() const { return *metrics_; }
  const net::Counters& net_counters() const { return transports_.counters(); }
  std::size_t active_calls() const { return static_cast<std::size_t>(calls_now_.load(std::memory_order_relaxed)); }
  // Our registrations at trunks; after drain() those that are not taken back yet.
  std::size_t trunk_registrations() const { return registrations_now_.load(std::memory_order_relaxed); }
  bool relay_up() const { return relay_up_.load(std::memory_order_relaxed); }

 private:
  // net::Delegate
  void on_message(std::string&& bytes, const sip::Source& source) override;
  void on_bad_stream(const sip::ParseError& error, std::string&& head, const sip::Source& source) override;
  void on_send_failed(std::uint64_t token, const sip::Hop& hop, const base::SharedBytes& bytes,
                      net::Loss loss) override;
  void on_connection_closed(sip::ConnectionId id) override;
  bool on_foreign_send(std::uint8_t shard, const sip::Hop& hop, const base::SharedBytes& bytes,
                       std::uint64_t token) override;
  // relay_client::Delegate
  void on_relay_reply(control::RelayReply reply) override;
  void on_relay_event(control::RelayEvent event) override;
  bool is_live(const control::SessionId& id) override;
  void on_relay_draining(const std::string& relay, base::Duration within) override;
  void on_relay_state(const std::string& relay, relay_client::LinkState state) override;
  void on_relay_up(const std::string& relay);  // shard_relays.cc

  // Responses whose connection is gone.
  void send(const sip::Hop& hop, base::SharedBytes bytes, std::uint64_t token);
  bool detour(route::LostResponse lost);
  void tell_of_loss(std::uint64_t token, net::Loss loss);
  void follow(route::Detours::Output out);

  void flow_closed(sip::ConnectionId id);
  bool post_mail(loop::Task task);
  void parsed(sip::ParseResult&& result, const sip::Source& source);
  void take(sip::MessagePtr message, const sip::Source& source);
  void read(sip::MessagePtr message, const sip::Source& source);
  bool asks_for_names(const sip::MessagePtr& message, const sip::Source& source);
  void tell_names(const std::vector<body::DialogIds>& named, std::uint8_t asker, std::uint32_t number);
  using Names = std::vector<std::pair<body::DialogIds, call::DialogPair>>;
  void learn_names(Names names, std::uint32_t number);
  std::uint8_t owner_of(const sip::Message& message);
  std::optional<std::uint8_t> shard_of_dialog(const call::NamedDialog& named) const;
  std::optional<std::uint8_t> entered_shard(const sip::Message& invite);
  std::optional<std::uint8_t> returned_shard(const sip::Message& invite);
  std::optional<std::uint8_t> referred_shard(const sip::Message& request) const;
  void dispatch();
  void on_event(const transaction::RequestArrived& request);
  void answer_plain(const transaction::RequestArrived& request, int status,
                    std::span<const sip::ExtraHeader> headers = {}, std::string_view reason = {});
  bool is_screened_out(const transaction::RequestArrived& request);
  bool refuses_body(const transaction::RequestArrived& request);
  void on_options(const transaction::RequestArrived& request, const std::string& realm);
  void carry_out();
  void look_up(const call::Lookup& lookup);
  void ask(const call::PolicyQuestion& question);
  void ask_for_leg(const call::LegWanted& wanted);
  void give_leg(const call::LegWanted& wanted, std::uint8_t asker);
  void send_relay(call::RelayCommand& command);
  void close_record(const call::CallRecord& record);
  void on_timer();
  void arm_timer();
  void watch_targets();
  void tell_of_targets();
  void share_news();
  void take_reports(const std::vector<route::TrunkHealth::Report>& reports);
  void hear_of_targets(std::vector<route::TrunkHealth::Change> changes);  // from any thread
  void log_target(const route::TrunkHealth::Change& change, const std::vector<route::Probes::Status>& statuses);
  void copy_counters();
  void copy_limits();
  void trace(SipTrace::Direction direction, const sip::Hop& hop, const base::Endpoint& local, std::string_view bytes);
  void reject(admin::RejectReason reason) { metrics_->rejects[reason].add(); }

  std::uint8_t index_;
  Shared& shared_;
  std::shared_ptr<const Config> config_;
  std::unique_ptr<admin::ShardMetrics> metrics_;
  base::SystemRandom random_;
  sip::Minter minter_;
  loop::EventLoop loop_;
  resolve::Resolver resolver_;
  PolicyLookups lookups_;
  TrunkNames trunk_names_;
  std::unique_ptr<TargetProbes> probes_;  // of the first shard only
  net::Transports transports_;
  route::Detours detours_;
  ForeignSends foreign_;
  limit::Counts limits_;  // of the shard itself
  transaction::Layer layer_;
  ShardAdvisor advisor_;
  UpstreamRegistrations upstream_;
  PhoneKeepAlives keep_alives_;
  TrunkRegistrar trunk_registrar_;
  call::Calls calls_;
  HeldMessages held_;
  CallDialogs dialogs_{calls_};
  exchange::Exchange exchange_;
  relay_client::RelayPool relays_;
  loop::Timer timer_;
  loop::Timer second_;
  call::Output out_;
  std::unordered_map<std::uint64_t, base::Instant> relay_asked_at_;  // Opens without a reply yet, by request
  observe::RateLimit bad_messages_;
  observe::RateLimit leak_notes_{base::milliseconds(100), 50};
  observe::RateLimit refused_calls_{base::milliseconds(100), 50};
  std::atomic<std::uint64_t> calls_now_{0};
  std::atomic<std::size_t> registrations_now_{0};
  std::atomic<bool> relay_up_{false};
  std::atomic<std::size_t> mailbox_{0};  // handed over and not taken yet
  bool dispatching_ = false;
  std::thread thread_;
};

}  // namespace sbc::app
