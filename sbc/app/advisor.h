#pragma once
// Answers what calls and registrations ask: runs the policy and times it, looks up the location service, and makes
// digest challenges. One per shard.

#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "media-relay/base/random.h"

#include "sbc/admin/shard_metrics.h"
#include "sbc/app/config.h"
#include "sbc/app/shared.h"
#include "sbc/app/tenures.h"
#include "sbc/app/tried_policy.h"
#include "sbc/auth/server.h"
#include "sbc/call/advisor.h"
#include "sbc/call/facts.h"
#include "sbc/call/record.h"
#include "sbc/exchange/advisor.h"
#include "sbc/policy/host.h"
#include "sbc/register/gruu.h"
#include "sbc/register/identity.h"
#include "sbc/register/registrar.h"
#include "sbc/retell/lookups.h"
#include "sbc/sip/minter.h"

namespace sbc::app {

class ShardAdvisor final : public call::Advisor, public exchange::Advisor, private policy::Lookup {
 public:
  // `named`: what the names of trunks stand for; all references outlive the object.
  ShardAdvisor(Shared& shared, admin::ShardMetrics& metrics, base::Random& random, const route::TrunkAddresses& named,
               const sip::Minter& minter);

  // A reload, or the start: configuration and a policy that was loaded for this shard alone.
  void use(std::shared_ptr<const Config> config, std::unique_ptr<policy::Host> host);

  // A candidate that decides of a part of the new calls, until end_trial(), use() or the next one (tenures.h).
  // Registrations, requests and calls for help stay with the policy that runs.
  void try_out(const TriedPolicy& tried);
  void end_trial(bool promote) { tenures_.end_trial(promote); }
  // A call is over: counted where it is one of those that are compared.
  void ended(const call::CallRecord& record);

  call::Arrival arrival_of(const sip::Message& message, const sip::Source& source) override;
  // Whether a request outside dialogs is heard at all (advisor_screen.cc): before its credentials are checked, its
  // sender is looked for among the registrations, or anything is kept of it. Calls for help always are.
  policy::ScreenDecision screen(const sip::MessagePtr& message, const sip::Source& source);
  // What becomes of a request outside dialogs that is neither INVITE nor REGISTER.
  policy::RequestDecision request(const sip::Message& message, const sip::Source& source, const call::Arrival& arrival,
                                  std::string_view party) override;
  route::Contacts& contacts() override { return *this; }
  // What the policy says to a REGISTER.
  policy::RegisterDecision register_decision(const sip::Message& message, const sip::Source& source,
                                             const call::Arrival& arrival);
  // The whole answer to a REGISTER of a realm with a registrar here.
  registrar::Plan registration(const sip::Message& message, const sip::Source& source, const call::Arrival& arrival);

  policy::Ruling<policy::InviteDecision> invite(const policy::InviteFacts& facts, bool can_wait) override;
  policy::Ruling<policy::InviteDecision> resume_invite(std::uint64_t ticket, policy::Answer answer) override;
  policy::NatDecision nat(const policy::LegFacts& leg) override;
  policy::Ruling<policy::FailureDecision> failure(const policy::InviteFacts& facts,
                                                  const policy::AttemptFacts& attempt) override;
  policy::Ruling<policy::FailureDecision> resume_failure(std::uint64_t ticket, policy::Answer answer) override;
  void abandon(std::uint64_t ticket) override;
  bool hears_quality(const call::Arrival& of) const override { return hears(policy::Handler::MediaQuality, of); }
  void quality(const policy::InviteFacts& facts, const policy::QualityFacts& quality) override;
  // The policy that decides, or somebody beside it (hearing.h).
  bool hears(policy::Handler handler, const call::Arrival& of) const override {
    return tenures_.host_of(of.under)->has(handler) || shared_.hearing.listens(handler);
  }
  policy::ResponseDecision provisional(const policy::InviteFacts& facts,
                                       const policy::ResponseFacts& response) override;
  policy::ResponseDecision answer(const policy::InviteFacts& facts, const policy::ResponseFacts& response) override;
  policy::InsideDecision inside(policy::Handler handler, const policy::InviteFacts& facts,
                                const policy::InsideFacts& event) override;
  policy::TimerDecision timer(const policy::InviteFacts& facts, const policy::TimerFacts& due) override;
  std::vector<policy::TimerOp> take_timers() override { return std::exchange(timers_, {}); }
  void end(const policy::InviteFacts& facts, const policy::EndFacts& end) override;
  call::Occupancy* occupancy() override { return &shared_.occupancy; }
  explain::Explainer* explainer() override { return shared_.explanations.wanted() ? &shared_.explanations : nullptr; }
  call::Challenge challenge(const sip::Message& request, std::string_view realm) override;
  std::optional<route::ContactWay> way_to(std::uint64_t token) override;

  // What a request outside dialogs is answered at once, because nobody is where it leads: a GRUU of ours that was never
  // issued (404) or has no phone now (480, RFC 5627 6.1), a flow token of ours that is forged (403) or whose phone is
  // gone (430, RFC 5626 5.3.1). 0: go on.
  int refusal(const sip::Message& message);

  const Tenures& tenures() const { return tenures_; }
  const limit::Counts& limits() const { return limits_; }
  // Once a second: what handlers may spend is theirs again.
  void new_second() {
    purse_.fill();
    limits_.at(limit::Reached::PolicyInstructions) = purse_.refused;
  }
  const registrar::RegistrarCounters& registrar_counters() const { return registrar_.counters(); }
  const registrar::IdentityCounters& identity_counters() const { return identities_.counters(); }

 private:
  std::vector<policy::Contact> location(std::string_view aor) override;
  bool known(std::string_view aor) override;
  std::uint64_t calls(CallsOf what, std::string_view name) override;
  std::uint64_t count(std::string_view name, base::Duration window, std::uint32_t amount) override;

  // Where it comes from, in `out`; null: no realm has its listener.
  const route::Realm* locate(const sip::Message& message, const sip::Source& source, call::Arrival& out);
  void note_failure(base::Instant now);
  std::string trunk_by_line(std::string_view realm, const sip::Uri& uri) const;
  const RealmConfig* serving(const sip::Uri& uri, std::string& aor) const;
  int gruu_refusal(const sip::Uri& uri, base::Instant now);
  int token_refusal(const sip::Message& message, base::Instant now);

  // Why the call of that Call-ID goes its way: what a run of a handler came to.
  template <typename Outcome>
  void explain(policy::Handler handler, std::string_view call_id, base::Duration took, const Outcome& outcome,
               const policy::Host& host);
  template <typename Outcome>
  explain::Step step_of(policy::Handler handler, base::Duration took, const Outcome& outcome, const policy::Host& host);
  void explain_screened(const sip::MessagePtr& message, const call::Arrival& arrival,
                        const policy::ScreenDecision& decision, explain::Step step);
  // One run of a handler, for those who want to hear of it (hearing.h): begun before the run, and told when it has come
  // to its decision. While nobody wants it all of this is nothing.
  struct Run {
    std::shared_ptr<retell::Invocation> note;      // null: nobody wants it
    Hearing::Ears ears = 0;                        // who does
    std::optional<retell::NotingLookup> lookup{};  // what the handler asks, when it is noted
  };
  template <typename Facts>
  Run listen(policy::Handler handler, const policy::Host& host, const Facts& facts);
  template <typename Event>
  Run listen(policy::Handler handler, const policy::Host& host, const policy::InviteFacts& facts, const Event& event);
  policy::Lookup& lookup_of(Run& run) { return run.lookup ? static_cast<policy::Lookup&>(*run.lookup) : *this; }

  template <typename Outcome>
  void tell_hearers(const Run& run, base::Duration took, const Outcome& outcome);
  // `under`: whose handler it was; null: of whatever belongs to no call.
  template <typename Outcome>
  auto settle(admin::PolicyHandler handler, base::Duration took, Outcome&& outcome, const Run& run,
              const std::shared_ptr<const policy::Tenure>& under = nullptr);

  // advisor_events.cc: what happens in a call. `of` runs its handler.
  template <typename Event, typename Of>
  auto happened(policy::Handler handler, admin::PolicyHandler counted, const policy::InviteFacts& facts,
                const Event& event, Of of);

  // advisor_trial.cc
  const std::shared_ptr<policy::Tenure>& tenure_for(const sip::Message& message);
  canary::Tally* tally_of(const std::shared_ptr<const policy::Tenure>& under) const;

  // advisor_waiting.cc
  // A handler that waits for an answer, with what it may ask on about when it goes on: it stays with the policy and the
  // configuration that it began with.
  struct Waiting {
    std::shared_ptr<policy::Host> host;
    std::shared_ptr<const policy::Tenure> under;
    std::uint64_t ticket = 0;  // at that host
    std::shared_ptr<const Config> config;
    registrar::Identity identity;
    sip::Source source;
    std::string wanted;
    std::vector<registrar::Binding> offered;
    std::string call_id = {};  // of the caller's INVITE, for its explanation
    bool known_caller = false;
    base::Duration took{};  // in the handler so far
    Run run{};
    std::optional<policy::Question> question{};  // of a run that is noted
  };
  template <typename Decision>
  policy::Ruling<Decision> rule(admin::PolicyHandler handler, policy::Outcome<Decision>&& outcome, Waiting waiting);
  template <typename Decision>
  policy::Ruling<Decision> resume(admin::PolicyHandler handler, std::uint64_t ticket, policy::Answer&& answer,
                                  policy::Outcome<Decision> (policy::Host::*go_on)(std::uint64_t, policy::Answer,
                                                                                   policy::Lookup&));
  std::string call_id_for(const policy::RequestFacts& facts) const {
    return shared_.explanations.wanted() ? facts.call_id : std::string();
  }
  static void note_patience(const Run& run, bool can_wait, bool refused);
  void count_not_waited(const policy::Host& host, std::uint64_t before);
  void concluded(const policy::InviteDecision& decision, const Waiting& waiting);
  void concluded(const policy::FailureDecision& decision, const Waiting& waiting);
  void note_waiting() { metrics_.policy_waiting.set(static_cast<std::int64_t>(waiting_.size())); }

  Shared& shared_;
  admin::ShardMetrics& metrics_;
  base::Random& random_;
  const route::TrunkAddresses& named_;
  const sip::Minter& minter_;
  registrar::Gruus gruus_;
  auth::Server digest_;
  registrar::UserTable nobody_;
  registrar::IdentityChecker identities_;
  registrar::Registrar registrar_;
  std::shared_ptr<const Config> config_;
  policy::Purse purse_;
  Tenures tenures_;
  TriedPolicy tried_;                                   // of the trial in tenures_
  std::unordered_map<std::uint64_t, Waiting> waiting_;  // by our own ticket
  std::uint64_t last_ticket_ = 0;
  std::shared_ptr<const Config> resumed_config_;  // identity_ may look into it
  observe::RateLimit policy_errors_;

  // The credentials of the request that is being decided.
  registrar::Identity identity_;
  sip::Source source_;
  std::map<std::string, std::string, std::less<>> lines_;  // trunks by what we registered there (line_of)
  std::string wanted_;                                     // Request-URI of the call that is being decided
  // Contacts that the running policy was told of, by token.
  std::vector<registrar::Binding> offered_;
  std::vector<policy::TimerOp> timers_;  // of the handler that has decided last
  // What on_screen said to the INVITE that is being decided: its explanation begins later.
  std::optional<std::pair<std::string, explain::Step>> screened_;
  limit::Counts limits_;
};

}  // namespace sbc::app
