#pragma once
// Answers what the calls of a scene ask: the policy, and the phones that have registered. Internal to the room.

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sbc/call/advisor.h"
#include "sbc/call/occupancy.h"
#include "sbc/simulate/limits.h"
#include "sbc/simulate/scene.h"
#include "sbc/simulate/story.h"

namespace sbc::simulate {

class SceneAdvisor final : public call::Advisor, private policy::Lookup {
 public:
  // `elapsed`: since the scene began. All references outlive the object.
  SceneAdvisor(const Setting& setting, policy::Host& host, const Scene& scene, std::vector<Decision>& told,
               std::function<base::Duration()> elapsed)
      : setting_(setting), host_(host), scene_(scene), told_(told), elapsed_(std::move(elapsed)) {
    seat_others();
  }

  call::Arrival arrival_of(const sip::Message& request, const sip::Source& source) override;
  policy::Ruling<policy::InviteDecision> invite(const policy::InviteFacts& facts, bool can_wait) override;
  policy::Ruling<policy::InviteDecision> resume_invite(std::uint64_t ticket, policy::Answer answer) override;
  policy::NatDecision nat(const policy::LegFacts& leg) override;
  policy::Ruling<policy::FailureDecision> failure(const policy::InviteFacts& facts,
                                                  const policy::AttemptFacts& attempt) override;
  policy::Ruling<policy::FailureDecision> resume_failure(std::uint64_t ticket, policy::Answer answer) override;
  void abandon(std::uint64_t ticket) override;
  bool hears(policy::Handler handler, const call::Arrival& /*of*/) const override { return host_.has(handler); }
  policy::ResponseDecision provisional(const policy::InviteFacts& facts,
                                       const policy::ResponseFacts& response) override;
  policy::ResponseDecision answer(const policy::InviteFacts& facts, const policy::ResponseFacts& response) override;
  policy::InsideDecision inside(policy::Handler handler, const policy::InviteFacts& facts,
                                const policy::InsideFacts& event) override;
  policy::TimerDecision timer(const policy::InviteFacts& facts, const policy::TimerFacts& due) override;
  std::vector<policy::TimerOp> take_timers() override { return std::exchange(timers_, {}); }
  void end(const policy::InviteFacts& facts, const policy::EndFacts& end) override;
  call::Occupancy* occupancy() override { return &occupancy_; }
  call::Challenge challenge(const sip::Message& request, std::string_view realm) override;
  std::optional<route::ContactWay> way_to(std::uint64_t token) override;
  // The first word to a request outside of dialogs.
  policy::ScreenDecision screen(const sip::Message& request, const sip::Source& source);
  // Outside of calls.
  policy::RegisterDecision registration(const policy::RegisterFacts& facts);
  policy::RequestDecision request(const policy::RequestFacts& facts);

 private:
  std::vector<policy::Contact> location(std::string_view aor) override;
  bool known(std::string_view aor) override;
  std::uint64_t calls(CallsOf what, std::string_view name) override;
  void seat_others();
  std::uint64_t count(std::string_view name, base::Duration window, std::uint32_t amount) override;
  template <typename Outcome>
  auto tell(policy::Handler handler, Outcome&& outcome, std::vector<Asked> lookups = {});
  template <typename Decision>
  policy::Ruling<Decision> rule(policy::Handler handler, policy::Outcome<Decision>&& outcome,
                                std::vector<Asked> lookups = {});
  std::vector<Asked> answered(std::uint64_t ticket, const policy::Found& found);

  // A handler that waits for an answer.
  struct Waiting {
    policy::Handler handler;
    std::vector<Asked> lookups;
  };

  const Setting& setting_;
  policy::Host& host_;
  const Scene& scene_;
  std::vector<Decision>& told_;
  std::map<std::uint64_t, Waiting> waiting_;  // by the host's ticket
  std::function<base::Duration()> elapsed_;
  std::vector<policy::TimerOp> timers_;  // of the handler that has decided last
  policy::RateWindows counters_{kMaxCounters};
  call::OccupancyTable occupancy_;
  std::vector<call::Occupancy::Seat> others_;  // of the calls that the scene says are up besides
};

// The realm that a phone is in, and the listener of it that can reach `address`; nullptr: none.
const route::Realm* realm_of(const Setting& setting, std::string_view name);

}  // namespace sbc::simulate
