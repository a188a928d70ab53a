#pragma once
// All sessions of one relay: who owns them, which ports they hold, and what has to happen when a command, a worker or
// the clock says something. Pure: commands and results go in, actions come out, time is an argument.
//
//   Open ---> binding ---> live ---> closing ---> gone          ports: in use from `binding` until the worker has
//   closed
//                |  Modify: ^ |                                  the sockets (on_flow_removed), then in quarantine
//                |  binding-+ |
//   failed <-----+            +---> Close, lease ended, worker failed, relay stops
//
// A session that is closing is no longer found by its id; opening the id again makes a new session beside it.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/base/hash.h"
#include "media-relay/base/random.h"
#include "media-relay/base/rare.h"
#include "media-relay/base/slab.h"
#include "media-relay/base/time.h"
#include "media-relay/flow/event.h"
#include "media-relay/flow/stats.h"
#include "media-relay/session/action.h"
#include "media-relay/session/config.h"
#include "media-relay/session/counters.h"
#include "media-relay/session/port_pool.h"
#include "media-relay/session/snapshot.h"
#include "media-relay/session/sounds.h"

namespace session {

struct BindResult {
  FlowHandle flow;
  flow::Side side = flow::Side::A;
  bool bound = false;
  bool hopeless = false;  // another port would not help (out of descriptors, address not ours)
  std::string text;       // why not
};

class Sessions {
 public:
  Sessions(Config config, base::Random& random);

  // A decoded command. Exactly one SendReply with the link and request follows, now or after results come in.
  void on_command(LinkId link, std::uint64_t request, control::Command command, base::Instant now, Actions& out);
  void on_link_closed(LinkId link, base::Instant now, Actions& out);

  // The certificate that flows opened from now on show in DTLS. Without one, specs with DTLS are refused.
  using IdentityPtr = std::shared_ptr<const secure::Identity>;
  void use(IdentityPtr identity) { identity_ = std::move(identity); }

  // What can be played from now on; what is being played goes on.
  void use(Sounds sounds) { sounds_ = std::move(sounds); }
  const Sounds& sounds() const { return sounds_; }

  void on_bound(const BindResult& result, base::Instant now, Actions& out);
  void on_flow_event(FlowHandle flow, const flow::Event& event, Actions& out);
  void on_flow_stats(FlowHandle flow, std::uint64_t token, const flow::Stats& stats, Actions& out);
  void on_flow_removed(FlowHandle flow, const flow::Stats& stats, base::Instant now, Actions& out);
  // `installing`: the flow never came to be and its sockets are closed.
  void on_flow_failed(FlowHandle flow, bool installing, std::string_view text, base::Instant now, Actions& out);

  // A Record has come to its end, by EndRecording or (with what went wrong) before.
  void on_recording_ended(std::uint64_t recording, const std::string& failure, Actions& out);

  base::Instant next_deadline() const { return leases_.next(); }
  void on_deadline(base::Instant now, Actions& out);

  // From now on Open of a new session is refused with Draining, and all controllers are told.
  void drain(base::Duration within, base::Instant now, Actions& out);
  void close_all(std::string_view reason, base::Instant now, Actions& out);

  // Over a restart (restart.cc). Every flow is asked for what its successor has to know, and is closed by that. No
  // command may come any more.
  void begin_save(Actions& out);
  void on_flow_saved(FlowHandle flow, std::string saved, std::uint64_t round = 0);
  // Flows that have been asked and have not answered.
  std::size_t unsaved() const { return unsaved_; }
  // Those sessions of which everything came in.
  Snapshot snapshot(base::WallTime wall, base::Instant now, Actions& out);
  void tell_stopping(base::Duration resume, Actions& out);
  // For a successor in case that this process dies (checkpoint.cc). A round asks flow after flow, `most` each time, and
  // ends with what is to be kept in place of what the last one left; nullopt: not all of it is there yet. Beside it,
  // the flows' ledgers have to be kept. A round that begins gives up the one before.
  void will_resume(base::Duration resume) { resume_ = resume; }  // told to controllers: how long to wait
  void begin_checkpoint();
  void continue_checkpoint(std::size_t most, Actions& out);
  std::optional<std::string> finish_checkpoint(base::WallTime wall, base::Instant now);

  // Before the first command: the sessions of a predecessor, on the ports that they had. Their controllers have a lease
  // to come back.
  void restore(Snapshot snapshot, base::Instant now, Actions& out);

  const Counters& counters() const { return counters_; }
  std::size_t live() const { return sessions_.size(); }
  std::size_t closing() const { return closings_.size(); }
  std::size_t flows() const { return flows_.size(); }
  std::size_t controllers() const { return controllers_.size(); }
  std::size_t recordings() const { return recordings_.size(); }
  std::size_t transcoded(std::size_t worker) const { return worker_transcoded_[worker]; }
  const Config& config() const { return config_; }
  // Of the pool that serves this network.
  PortCounts ports(std::size_t network, base::Instant now);

 private:
  struct Controller;
  struct Session;
  struct Closing;
  struct Inquiry;
  struct FlowRecord;
  using ControllerHandle = base::Handle<struct ControllerTag>;
  using SessionHandle = base::Handle<struct SessionTag>;
  using ClosingHandle = base::Handle<struct ClosingTag>;
  using InquiryHandle = base::Handle<struct InquiryTag>;

  struct Controller {
    std::string id;
    base::Duration lease{};
    base::Instant heard{};
    LinkId link = 0;
    std::uint32_t events = 0;
    std::map<control::SessionId, SessionHandle> sessions;  // ordered: List pages by id
    base::DeadlineId deadline;
  };
  struct HalfRecord {
    std::size_t network = 0;
    std::uint16_t port = 0;
    unsigned attempts = 0;
    bool bound = false;
    std::uint8_t dscp = flow::kDefaultDscp;  // when it is bound
  };
  enum class Cause : std::uint8_t { Command, Lease, Failure, Stop };
  struct End {
    Cause cause = Cause::Command;
    std::string reason;
  };
  enum class FlowState : std::uint8_t { Binding, Installed, Removing, Saving, Saved };
  struct FlowRecord {
    SessionHandle session;
    ClosingHandle closing;  // set once its session closes
    std::uint32_t index = 0;
    unsigned worker = 0;
    FlowState state = FlowState::Binding;
    bool transcodes = false;  // counted in worker_transcoded_
    std::array<HalfRecord, 2> half;
    std::array<FlowHandle, 2> carriers{};  // by side: who is used, or copied, instead of ports
    IdentityPtr identity;                  // what its peers have been told
    std::string saved;                     // of a predecessor, until it is installed; for a successor, when it is saved
    std::shared_ptr<const flow::Ledger> last;  // of a predecessor that died
    std::uint64_t epoch = 0;                   // of its spec, never used twice
    std::uint64_t asked = 0;                   // for a checkpoint, of this epoch; 0: not asked
    std::uint64_t recording = 0;               // 0: none
    base::Rare<control::Record> recorded;      // what was asked for last, also when it has failed
  };
  // Held for each call.
  static_assert(sizeof(FlowRecord) <= 256 && sizeof(control::FlowSpec) <= 768);
  // A pair that takes the place of one half's own when the change is made.
  struct FreshHalf {
    FlowHandle flow;
    flow::Side side = flow::Side::A;
    HalfRecord half;
  };
  struct Asker {
    LinkId link = 0;
    std::uint64_t request = 0;
  };
  struct Deferred {
    Asker asker;
    control::Command command;
  };
  // An Open or Modify on its way: its new flows wait for their ports.
  struct Change {
    Asker asker;
    bool opening = false;  // answered with Opened
    control::SessionSpec wanted;
    std::vector<FlowHandle> next;       // per wanted flow: kept or new
    std::size_t unbound = 0;            // pairs not bound yet
    bool restoring = false;             // nobody asked; on the ports that it had, or not at all
    std::vector<FreshHalf> fresh = {};  // of flows that are kept, whose peer is another party
  };
  struct Session {
    ControllerHandle owner;
    control::SessionId id;
    control::SessionSpec spec;
    std::vector<FlowHandle> flows;    // as spec.flows
    std::vector<FlowHandle> leaving;  // removed by a Modify, not yet closed by their worker
    std::vector<control::FlowStats> ended;
    base::Instant opened{};
    bool established = false;  // its Open succeeded
    base::Rare<Change> change;
    std::vector<Deferred> deferred;
    base::Rare<End> doomed;  // to be closed as soon as the change is over
  };
  struct Closing {
    Asker asker;  // link 0: nobody asked
    ControllerHandle owner;
    control::SessionId id;
    std::string reason;
    std::vector<control::FlowStats> stats;
    std::size_t remaining = 0;
  };
  struct Inquiry {
    Asker asker;
    control::Queried answer;
    std::size_t remaining = 0;
  };

  // restart.cc
  bool restore_session(const std::string& controller, base::Duration lease, SavedSession& saved,
                       const std::vector<IdentityPtr>& identities, base::Instant now, Actions& out);
  std::optional<std::string> restore_flows(SessionHandle handle, SavedSession& saved,
                                           const std::vector<IdentityPtr>& identities);
  void note_not_restored(const std::string& why, const std::string& controller, const control::SessionId& id,
                         Actions& out);
  bool is_saved(const Session& session) const;
  SavedSession saved_session(Session& session, std::vector<IdentityPtr>& identities);
  std::vector<SavedRest> resting_ports(base::Instant now);
  std::vector<SavedRest> abandoned_ports(base::Instant now);
  void rest_ports(const SavedSession& lost, base::Instant now);

  // checkpoint.cc
  struct Chapter {
    base::Duration lease{};
    std::uint64_t sessions = 0;
    std::string bytes;  // session::append
  };
  struct Round {
    std::uint64_t number = 0;
    std::vector<SessionHandle> ahead;         // not asked yet, the next one last
    std::size_t unanswered = 0;               // flows
    std::map<std::string, Chapter> chapters;  // by controller
    std::vector<IdentityPtr> identities;
    ~Round();  // wipes
  };
  void take_checkpoint(FlowHandle flow, std::string saved, std::uint64_t round);
  void note_in_chapter(Session& session);

  // controllers.cc
  ControllerHandle controller_named(const std::string& id);
  void hello(Asker asker, const control::Hello& command, base::Instant now, Actions& out);
  void list(Asker asker, const Controller& controller, const control::List& command, Actions& out);
  void arm_lease(ControllerHandle handle, base::Instant now);
  void reclaim(ControllerHandle handle, Actions& out);
  void forget_if_idle(ControllerHandle handle);

  // change.cc
  void open(Asker asker, ControllerHandle owner, control::Open command, base::Instant now, Actions& out);
  void modify(Asker asker, SessionHandle handle, control::Modify command, base::Instant now, Actions& out);
  void start_change(SessionHandle handle, Change change, base::Instant now, Actions& out);
  std::optional<control::Error> add_flows(SessionHandle handle, Change& change, base::Instant now);
  std::optional<control::Error> take_pair(HalfRecord& half, base::Instant now);
  FlowHandle kept_flow(const Session& session, const Change& change, const control::FlowSpec& wanted) const;
  std::array<FlowHandle, 2> carriers_of(const Change& change, const control::FlowSpec& wanted) const;
  void ask_for_ports(Session& session, Actions& out);

  // party.cc
  // The half has, and will have, ports of its own, and another party is to be its peer.
  bool changes_party(const Session& session, const Change& change, const control::FlowSpec& wanted, flow::Side side,
                     FlowHandle kept) const;
  std::optional<control::Error> take_fresh_pairs(const Session& session, Change& change,
                                                 const control::FlowSpec& wanted, FlowHandle kept, base::Instant now);
  // The half whose port this is about; null: none that is still wanted.
  HalfRecord* half_being_bound(Change& change, const BindResult& result);
  void give_up_fresh(FreshHalf& fresh, base::Instant now, Actions& out);
  void forget_fresh(SessionHandle handle, FlowHandle flow, base::Instant now, Actions& out);
  void use_fresh(Change& change, base::Instant now, Actions& out);

  void give_up_ports(FlowRecord& record, const std::array<FlowHandle, 2>& carriers, base::Instant now);
  void finish_change(SessionHandle handle, base::Instant now, Actions& out);
  void fail_change(SessionHandle handle, control::Error error, base::Instant now, Actions& out);
  void after_change(SessionHandle handle, std::vector<Deferred> deferred, base::Instant now, Actions& out);
  std::optional<control::Error> check_networks(const control::SessionSpec& spec) const;
  std::optional<control::Error> check_transcoding(const Change& change);
  void count_transcoding(FlowRecord& record, bool transcodes);
  flow::Spec flow_spec(const control::SessionSpec& session, const control::FlowSpec& flow,
                       const IdentityPtr& identity) const;

  // recordings.cc
  // From what a flow's spec wants. Returns why it is not recorded.
  std::optional<std::string> update_recording(FlowHandle handle, const control::FlowSpec& wanted, Actions& out);
  void end_recording(FlowRecord& record, Actions& out);
  void tell_recording_stopped(const Session& session, std::uint32_t flow, const std::string& reason, Actions& out);

  std::vector<control::FlowAddresses> addresses(const Session& session) const;
  control::HalfAddress address(const FlowRecord& record, flow::Side side, const control::HalfSpec& spec) const;

  // closing.cc
  void close(Asker asker, SessionHandle handle, const End& end, Actions& out);
  // As close, but waits for a change that is on its way.
  void end_session(SessionHandle handle, const End& end, Actions& out);
  void erase_flow(FlowHandle handle, base::Instant now);
  void finish_closing_if_done(ClosingHandle handle, Actions& out);
  void send_digits(Asker asker, const Session& session, const control::SendDigits& send, Actions& out);
  void query(Asker asker, const Session& session, base::Instant now, Actions& out);
  void finish_inquiry_if_done(InquiryHandle handle, Actions& out);

  // sessions.cc
  void run(Asker asker, ControllerHandle owner, control::Command command, base::Instant now, Actions& out);
  void note_no_sound(const Session& session, const FlowRecord& record, flow::Side side, Actions& out) const;
  void count(std::size_t kind, const control::Reply& reply);
  void answer(Asker asker, std::size_t kind, control::Reply reply, Actions& out);
  void tell(const Controller& controller, control::EventKind kind, control::Event event, Actions& out);
  void tell_draining(const Controller& controller, base::Instant now, Actions& out);
  control::Pong load() const;
  std::optional<std::size_t> network_named(std::string_view name) const;
  PortPool& pool_of(std::size_t network) { return pools_[pool_index_[network]]; }
  unsigned least_loaded_worker() const;

  Config config_;
  base::Random& random_;
  IdentityPtr identity_;
  Sounds sounds_;
  std::vector<PortPool> pools_;
  std::vector<std::size_t> pool_index_;         // by network
  std::vector<std::size_t> worker_flows_;       // by worker
  std::vector<std::size_t> worker_transcoded_;  // likewise
  base::Slab<Controller, ControllerTag> controllers_;
  base::Slab<Session, SessionTag> sessions_;
  base::Slab<Closing, ClosingTag> closings_;
  base::Slab<Inquiry, InquiryTag> inquiries_;
  base::Slab<FlowRecord, FlowTag> flows_;
  std::unordered_map<std::string, ControllerHandle, base::StringHash, std::equal_to<>> controller_by_id_;
  std::unordered_map<LinkId, ControllerHandle> controller_by_link_;
  base::DeadlineQueue<ControllerHandle> leases_;
  Counters counters_;
  std::unordered_map<std::uint64_t, FlowHandle> recordings_;  // that run
  std::uint64_t last_recording_ = 0;
  std::size_t unsaved_ = 0;
  base::Duration resume_{};
  std::uint64_t last_epoch_ = 0;
  std::uint64_t last_round_ = 0;
  std::unique_ptr<Round> round_;
  bool draining_ = false;
  base::Instant ends_{};  // when it drains: what is left is ended then
};

}  // namespace session
