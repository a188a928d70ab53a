#pragma once
// Moves one call by one event: looks the step up in the table (state.h) and takes it. Made for one event, thrown away
// after it. Steps are in the file of their verb: setup.cc, answer.cc, update.cc, teardown.cc; what they share in
// machine.cc.

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sbc/call/change_progress.h"
#include "sbc/call/core.h"
#include "sbc/call/held_request.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/mapped_ids.h"
#include "sbc/call/output.h"
#include "sbc/call/redirect.h"
#include "sbc/call/refer.h"
#include "sbc/call/refusal.h"
#include "sbc/sip/cseq.h"
#include "sbc/sip/response.h"

namespace sbc::call {

// Somebody who takes the place of the callee that rings (pickup.cc), and the call's media with him.
struct Newcomer {
  Leg leg;
  Media media;
};

// A party whose place an INVITE with Replaces wants; `early`: a callee that rings.
struct Replaced {
  DialogRef at;
  bool early = false;
};

// What came with the event; each step knows which of it its events carry.
struct Input {
  Side side = Side::A;                                             // the leg that the event is about
  sip::MessagePtr message{};                                       // request or response
  sip::Source source{};                                            // of the message
  transaction::ServerId server{};                                  // of a request
  route::Failure::Cause failure = route::Failure::Cause::Timeout;  // BranchDead
  const std::vector<route::Place>* places = nullptr;               // Located
  policy::Found* found = nullptr;                                  // Answered
  EndCause cause = EndCause::Error;                                // Kill, RelayRefused, RelayLost
  MoveReason why_lost = MoveReason::Lost;                          // RelayLost
  std::string text{};                                              // for the log
  std::string lines{};                                             // Kill, HungUp: of both BYEs
  std::uint16_t status = 0;                                        // ... that a caller without an answer gets; 0: 480
  Newcomer* newcomer = nullptr;                                    // PickUp
  const Arrival* arrival = nullptr;                                // of a REFER outside of the call's dialogs
};

// A request of ours inside an early dialog.
struct EarlyRequest {
  sip::Method method = sip::Method::Prack;
  std::string_view headers{};  // whole lines
  std::string_view sdp{};
  bool answer_matters = false;  // its response comes back to the call
};

// RFC 3262 3: every provisional response to this INVITE but 100 must be sent reliably.
bool caller_requires_reliable(const sip::Message& invite);

class Machine {
 public:
  Machine(Core& core, Call& call, base::Instant now, Output& out) : core_(core), call_(call), now_(now), out_(out) {}

  void feed(Event event, const Input& input = {});

  // A response to an attempt that was abandoned; the state table does not see it.
  void stray_response(std::size_t index, const sip::MessagePtr& response);
  void stray_gone(std::size_t index);
  // A 2xx of an exchange that is over.
  void repeat_ack(const Input& in) { ack_again(in); }
  // Our BYE on a leg is over, however it ended.
  void bye_done(Side side);
  // Whether an OPTIONS of that side goes to the other one instead of being answered here.
  bool passes_options(Side from) const;
  // Requests that cross (passing.cc). The other two: false when the transaction is none of these.
  void pass_request(const Input& in, std::string_view more = {});  // `more`: header lines that name it alone
  bool passing_answered(const transaction::ResponseArrived& response);
  bool passing_failed(const transaction::ClientFailed& failed);
  void sound_over(const control::PlayEnded& ended);  // announce.cc
  // Digits that change on their way (digits.cc): one that the relay has heard, and an INFO; false when it is none of
  // these and crosses as others do.
  void digit_heard(Side from, const InfoDigit& digit);
  void key_began(Side from, char digit);  // key_watch.cc
  void keys_due(Side side);
  bool recording_by_info(const Input& in);                         // false: it is none of ours
  void tell_quality(policy::QualityFacts quality, EndedBy party);  // told_quality.cc
  void recording_stopped(const control::RecordingStopped& event);  // recording.cc
  // A recording server's session (recording_client.h): the relay is to know of a change, the call is not recorded and
  // may have to end, and our BYE to the server is answered.
  void relay_changes() { ask_relay(false); }
  void not_recorded(const std::string& why);
  void recorder_gone();
  bool digit_by_info(const Input& in);
  // What a party wants inside the answered call, put before the policy (inside.cc). True: that was its end.
  bool policy_stops_refer(const Input& in);
  bool policy_stops_info(const Input& in);
  void policy_timer_due();
  // Requests for pictures (pictures.cc): one that the relay has heard, and an INFO; false when it crosses as others do.
  void picture_asked(const control::PictureAsked& asked);
  bool picture_by_info(const Input& in);
  // Transfers (transfer.cc). Those that return bool: false when it is no business of the transfer.
  void refer(const Input& in);
  void pass_refer(const Input& in);
  bool transfer_answered(const transaction::ResponseArrived& response);
  bool transfer_dead(const transaction::ClientFailed& failed);
  void transfer_timeout();
  void successor_located(const std::vector<route::Place>& places, const std::string& problem);
  // The leg of another shard's call, or why there is none. False: nobody waits for it any more.
  bool leg_arrived(const LegWanted& wanted, std::expected<MovedLeg, int>& moved);
  MovedLeg release_leg(Side side);
  // A request of the party that is about to be replaced, which is no leg of the call at the moment (takeover.cc).
  bool of_replaced(const sip::Message& request) const;
  void replaced_request(const Input& in);
  // CANCEL of the INVITE by which leg B came. False: it came otherwise.
  bool newcomer_cancelled(const Input& in);
  // A request in the dialog of a REFER that came outside of the call's own (referrer.cc).
  bool of_referrer(const sip::Message& request) const;
  void referrer_request(const Input& in);
  bool leave_by_transfer(const Input& in);  // BYE of the transferor, who need not wait for the end
  // 2xx again, 1xx again each minute, and 1xx until PRACK.
  void resend_accepted(Side side);
  void refresh_progress();
  void attempts_due();  // the time of one is over, or of several that are called at once
  void repeat_progress();

  // Requests inside early dialogs; the state table does not see them. in_order: RFC 3261 12.2.2, else 500.
  bool in_order(const Input& in);
  void prack(const Input& in);
  void early_update(const Input& in);
  // The end of an UPDATE of ours in an early dialog, nullptr: without a response. False: it is none of those.
  bool early_response(transaction::ClientId client, const sip::Message* response);
  void tidy();
  void go_on_moving();  // move_media.cc
  void leave_relay();
  void held_session_lost();
  // The session timer of a leg is due.
  void session_due(Side side);
  // An offer that was refused for now goes out again.
  void offer_again();
  // The call has lasted for as long as it may (duration.cc).
  void duration_over();
  // A request that waits until the call is free (held_request.cc): it may be now; it has waited for long enough; its
  // INVITE was cancelled. False: that was another one.
  void resume_held();
  void held_too_long();
  bool held_cancelled(transaction::ServerId invite);
  // The Expires of the caller's INVITE counts from now (expiry.cc).
  void begin_expiry();
  // An INVITE with Replaces takes the place of the party that it names, or waits until it can (takeover.cc).
  void replace_party();
  // The relay has no ports for an offer in an early dialog. False: it was not asked for any.
  bool early_exchange_unanchored();
  // An UPDATE without an offer: it changes nothing for the other leg (RFC 3311 5.2, RFC 4028 7.4).
  void answer_update(const Input& in);

 private:
  void take(Step step, const Input& in);

  // asking.cc
  void decide();
  Asking& begin_asking();
  void decided(policy::Ruling<policy::InviteDecision> ruling);
  void wait_for_answer(const policy::Pending& pending);
  void go_on_asking(const Input& in);
  void stop_asking();

  // setup.cc
  void prepare();
  void refuse();
  bool admit(const std::string& call_class);
  void refuse_class();
  void write_into_record(const std::vector<policy::CdrField>& fields);
  route::Plan plan_for(const std::vector<policy::Candidate>& candidates);
  void try_target();
  bool enter_target(const route::Target& target);
  void locate_target();
  void learn_way(Side side);
  void learn_way(Side side, const dialog::Dialog& dialog);
  void try_places(const Input& in);
  void pass_over_name(const Input& in);
  void dial();
  bool breaks_sips(const route::Target& target) const;
  void cannot_offer(const route::Target& target, const std::string& why);
  void fail_setup(const Input& in);
  void next_or_fail(Event event, const Input& in);
  void abandon_branch();
  void hunt_on(const route::Failure& failure, const sip::MessagePtr& response = nullptr);
  policy::AttemptFacts attempt_facts(const route::Failure& failure, const route::Target& target) const;
  void failure_decided(policy::Ruling<policy::FailureDecision> ruling);
  void take_off_attempt();
  void retire_attempt();
  void keep_late_forks();
  void answer_failure(const route::Answer& answer);

  // rivals.cc
  void dial_all();
  void call_others();
  void cancel_rivals(std::string_view lines, const std::string& why);
  bool last_at_once(FailedTarget& failed, const route::Failure& failure, const std::string& tag);
  void leave_forks_of(const std::string& attempt);

  // next_place.cc
  std::unique_ptr<Repeat> repeat_of(const std::optional<Attempt>& attempt, const Leg& leg);
  void repeat_next(std::unique_ptr<Repeat> repeat);

  // announce.cc
  // False: there is nothing to announce, or nobody who could hear it.
  bool begin_announcement();
  bool announce_failure(const std::string& sound);
  void announce();
  void end_announcement();
  void begin_ringback();
  void announce_answered();

  // offering.cc
  // What the target wants of offers is done. False: it cannot be called, and the caller has its answer.
  bool agree_to_offer(const route::Target& target);
  bool offers_to_caller(Fork& fork);
  bool answer_preconditions(Fork& fork, const Input& in, std::string_view sdp);

  // redirect.cc
  // The response sends the call elsewhere, and it goes there, or the caller hears of it. False: a failure as others.
  bool redirected(const sip::Message& response, const route::Target& from, policy::OnRedirect wish);
  std::vector<route::Target> redirect_targets(const std::vector<sip::Contact>& contacts, const route::Target& from,
                                              std::string_view dialled, std::vector<std::string>& tried);
  void note_forwarding(const sip::Message& response, const route::Target& from,
                       std::vector<identity::Redirect>& forwarded);
  // The same for the INVITE of a transfer: its hunt goes on with where it leads (Next), or the transferor hears of it
  // (Stop). nullopt: a failure as others.
  std::optional<route::Verdict> transfer_redirected(const sip::Message& response);
  void pass_redirection(const sip::Message& response, const route::Target& from, std::vector<std::string> contacts);

  // fork.cc
  Fork* find_fork(std::string_view attempt, std::string_view remote_tag);
  Fork* fork_for(Side side, const sip::Message& request);
  Fork* fork_of(const Input& in);
  void take_tag(Fork& fork);
  void unname_forks();
  Media& media_of(Fork& fork);
  void select(Fork& fork);
  void close_fork(Fork& fork);
  void close_forks(const Fork* winner);
  void leave_fork(Fork& fork);
  void tell_of_dead_dialogs(int status);
  void keep_winner();
  void forget_forks();
  Leg early_leg(Side side, Fork& fork) const;
  transaction::ClientId request_early(Side side, Fork& fork, const EarlyRequest& request);
  void respond_early(const Input& in, int status, std::span<const sip::ExtraHeader> headers = {},
                     std::string_view sdp = {});
  void ask_again_later(const Input& in);

  // progress.cc
  void ring(const Input& in);
  void note_ringing();
  void take_early_answer(Fork& fork, const Input& in, bool reliable);
  bool take_early_offer(Fork& fork, const Input& in, std::uint32_t rseq, const Progress& progress);
  void pass_early_offer();
  void send_prack(Fork& fork, std::uint32_t rseq, std::string_view sdp);
  void early_dialog_over(Fork& fork);
  void progress_to_caller(Fork& fork, Progress progress);
  void send_progress(Fork& fork, const Progress& progress);
  std::string early_description(Fork& fork, bool reliable);
  void arm_reliable();
  bool caller_has_reliable() const;

  // responses.cc: what the policy says to the callee's responses.
  policy::ResponseFacts response_facts(const sip::Message& response) const;
  policy::ResponseDecision provisional_decision(const sip::Message& response);
  bool hung_up_by_policy(const Input& in);
  void hang_up_answer(const Input& in, const policy::ResponseDecision& said);

  // early.cc
  bool pass_prack_answer(Fork& fork, const Input& in, std::string_view sdp);
  void start_early_exchange(Fork& fork, const Input& in, std::string_view sdp);
  void finish_early_exchange(Fork& fork, const sip::Message& response);
  void fail_early_exchange(Fork& fork, Refusal refusal);
  bool waits_for_answer() const;
  Fork* anchoring_fork();
  bool early_exchange_anchored();
  void pass_early_exchange(Fork& fork);

  // expiry.cc
  bool has_expired() const;
  std::optional<std::string> expiry_left() const;
  void begin_change_expiry(const sip::Message& reinvite);

  // answer.cc
  void answer(const Input& in);
  void accept_when_ready();
  void answer_anchored();
  void send_answer_to_caller(const std::string& sdp);
  void confirm(const Input& in);
  void ack_again(const Input& in);
  void adopt_leg_b(const sip::Message& response, const sip::Source& source);
  void bad_answer(const MediaError& error);
  void decide_nat(Side side, const sip::Message& message, const sip::Source& source);
  policy::NatDecision nat_decision(Side side, const sip::Message& message, const sip::Source& source,
                                   const Media& media);

  // inside.cc
  bool hears(policy::Handler handler) const;
  template <typename Ask>
  auto ask_with_facts(Ask ask);
  policy::InsideFacts inside_facts(std::string_view event, const Input& in) const;
  bool policy_stops(policy::Handler handler, const policy::InsideFacts& event, const Input& in);
  bool policy_stops_offer(const Input& in);
  bool policy_stops_digit(const Input& in, const InfoDigit& digit);
  void policy_hangs_up(policy::Handler handler, std::uint16_t status, const std::string& phrase);
  void set_timers();
  void stop_timers();

  // duration.cc
  void begin_duration();
  void shorten_duration(base::Instant ends_by);
  base::Instant latest_end(const Leg& leg, const route::Target* target) const;
  // held_request.cc
  bool hold(const Input& in);  // false: it cannot wait
  Input take_held();
  void drop_held();
  void refuse_for_now(const Input& in);

  // update.cc
  void accept_offer(const Input& in);
  void defer_offer(const Input& in);
  void refuse_offer(const Input& in);
  void send_offer();
  void pass_answer(const Input& in);
  void restore_other_leg(bool offer_taken);
  void roll_back(Event event, const Input& in);
  void confirm_offer(const Input& in);
  void cancel_offer(Event event);
  void send_change(Side to, sip::Method method, std::string_view body);
  void finish_exchange();
  void respond_inviter(int status, std::span<const sip::ExtraHeader> headers = {}, std::string_view sdp = {});

  // change_progress.cc
  bool asking_has_reliable() const;
  bool tells_answer_early() const;
  std::string_view able_in_change(sip::Method method) const;
  ChangeProgress& change_progress();
  void change_rings(const Input& in);
  void take_change_offer(const Input& in, std::string_view sdp, std::uint32_t rseq);
  void acknowledge_change(std::uint32_t rseq, std::string_view sdp);
  Side asked_side() const;
  transaction::ClientId request_inside(Side side, sip::Method method, std::string_view headers, std::string_view sdp);
  void tell_asking_leg(int status);
  bool repeat_change_progress();
  bool change_acknowledged(const Input& in, const sip::RAck& rack);
  void pass_change_answer(const Input& in, std::string_view sdp);
  bool takes_update_in_change(const Input& in);
  void start_change_exchange(const Input& in, std::string_view sdp);
  bool change_answered(transaction::ClientId client, const sip::Message* response);
  void finish_change_exchange(const sip::Message& response);
  void fail_change_exchange(Refusal refusal);
  bool holds_accepted_change(const Input& in);
  void acknowledge_accepted_change();
  void release_accepted_change();
  void give_up_change(int status);
  void close_change(bool call_ends);
  bool undo_change();
  void offer_what_was_before();

  // refresh.cc
  void learn_allow(Side side, const sip::Message& message);
  void note_session(Side side, const sip::Message& response);
  std::vector<sip::ExtraHeader> with_session(Side side, const sip::Message& request, int status,
                                             std::span<const sip::ExtraHeader> headers, std::string& interval);
  void arm_session(Side side);
  bool refuse_interval(const Input& in);
  bool answer_unchanged(const Input& in, std::string_view sdp);
  void refresh(Side side);
  void refreshed(const Input& in);
  void refresh_failed(const Input& in);
  void finish_refresh();
  bool redial_longer(const Input& in);

  // again.cc
  bool try_again(const Input& in);

  // teardown.cc
  void cancel_call(Event event, const Input& in);
  void cancel_deciding(Event event, const Input& in);
  void cancel_answered(Event event, const Input& in);
  void finish();
  void late_answer(const Input& in);
  void hang_up(const Input& in);
  void hang_up_early(const Input& in);
  bool leave_early_dialog(const Input& in);
  void hang_up_both(Event event, const Input& in);
  void answer_bye(const Input& in);
  void ack_closing(const Input& in);
  void end();
  void send_bye(Side side, std::string_view headers);
  void close_session(std::string_view reason);
  void settle();

  // digits.cc
  void send_digit(Side to, const InfoDigit& digit);
  void next_digit(Side to);
  transaction::ClientId send_info(Side to, std::string_view type, std::string_view text);
  // key_watch.cc
  bool watches_keys(Side side) const;
  KeyWatch& key_watch(Side side);
  void key_ended(Side from, char digit);
  bool key_by_info(const Input& in, const InfoDigit& digit);  // true: it is not to cross, or not yet
  void suppress_key(const Input& in);
  void wait_for_keys(Side side);
  void drop_keys(Side side);
  // pictures.cc
  bool may_ask_picture(Side to);
  void picture_answered(const Passing& passing, int status);
  // passing.cc
  bool takes_method(Side from, std::string_view method) const;
  std::optional<CrossingBody> body_across(Side from, const sip::Message& message) const;
  void send_passing(const Input& in, Leg& to, const CrossingBody& body, std::string_view more);
  void answer_passing(const Passing& passing, int status);
  void drop_passing();
  void learn_packages(Side side, const sip::Message& message);
  std::vector<sip::ExtraHeader> with_packages(Side side, const sip::Message& request, int status,
                                              std::span<const sip::ExtraHeader> headers) const;

  // transfer.cc
  void refuse_transfer(const Input& in, int status, std::span<const sip::ExtraHeader> headers = {});
  std::optional<std::vector<route::Target>> transfer_targets(const Input& in, const std::string& text);  // or refused
  void accept_refer(const Input& in);
  void forget_transfer();
  void report_transfer(int status);
  void send_aside(Leg& leg, sip::Method method, std::string_view headers, Body body);
  void try_transfer();
  void locate_successor();
  // Of the transferor, to the hunt's current target.
  void invite_successor(dialog::ClientStart start, bool same_number = false);
  void acknowledge_target(const transaction::ResponseArrived& response);  // transfer_ringing.cc
  std::string answer_for_now(RingingTarget& target, std::string_view offer, std::uint16_t listener);
  std::optional<sdp::OfferAnswer> agreed_with_target(const dialog::Dialog& dialog) const;
  void ask_newcomer(Side side, sdp::OfferAnswer&& agreed);
  void pass_pracks(dialog::Dialog& dialog) const;
  void next_transfer(const route::Failure& failure, const sip::Message* response = nullptr);
  void fail_transfer(int status);
  void complete_transfer(const sip::MessagePtr& response, const sip::Source& source);
  void abandon_transfer();
  void drop_transfer();
  void replace_leg(Side side, Leg&& fresh);
  void offer_to_remaining(Side side, const sip::Message& response, const sip::Source& source);
  bool begins_new_session(Event event);
  void forget_dialog(const std::string& tag);

  // attended.cc
  int join_calls(const Input& in, const NamedDialog& named);
  std::expected<MovedLeg, int> leg_of_ours(Side transferor, const NamedDialog& named);
  void expect_leg(const NamedDialog& named);
  bool wait_for_second();
  void try_second_again();
  void second_found(std::expected<MovedLeg, int> moved);
  void refuse_second(int status);
  std::optional<std::uint8_t> shard_of_second(const NamedDialog& named) const;
  int ask_for_leg(const Input& in, const NamedDialog& named);
  void ask_shard(const NamedDialog& named);
  void join_when_free();
  void join(Side side, MovedLeg&& moved);

  // referrer.cc
  void answer_refer(const Input& in, int status, std::span<const sip::ExtraHeader> headers = {});
  std::unique_ptr<Leg> referrer_of(const Input& in);
  void end_reports(std::string_view reason);

  // refer_passing.cc
  void remember_referral(Side from, std::uint32_t asked, std::uint32_t passed);
  std::string referral_named(Side from, std::string lines) const;

  // move_media.cc
  void move_media(MoveReason reason);
  void begin_moving(MoveReason reason, base::Duration wait);
  void moved_to_new_relay();
  void no_relay_yet();
  void offer_new_place(Side side);
  void moved_leg(bool taken);
  void leg_refused_to_move(const Input& in);
  bool waits_for_new_relay() const { return call_.moving && call_.moving->step == Moving::Step::Opening; }
  bool moves_leg() const { return call_.moving && call_.moving->step >= Moving::Step::LegA; }
  void fail_to_move(const std::string& why);
  void stay_or_end(const std::string& why);
  bool can_stay() const;
  void return_to_session(const std::string& why);
  bool hold_session();
  void release_held();
  void stop_moving();

  // takeover.cc
  std::optional<NamedLeg> named_to_replace() const;
  std::string replaced_party() const;
  int may_replace(Replaced& found) const;
  bool waits_to_enter();
  void enter(Call& first, Replaced place, std::optional<Media> media);
  void receive(Leg&& newcomer, const Input& in);
  void let_go();
  void undo_takeover();

  // pickup.cc
  std::expected<Media, MediaError> media_with(const sip::Message& invite, std::uint16_t listener);
  void pick_up(const Input& in);
  void give_up_callee();
  void cross_answers();
  void offer_to_newcomer();
  void offer_to_caller(const Input& in);
  void answer_newcomer(int status, std::string_view sdp);
  void newcomer_confirmed(const Input& in);
  bool dismiss_newcomer();

  // machine.cc
  void respond_caller(int status, std::span<const sip::ExtraHeader> headers = {}, std::string_view sdp = {},
                      std::string_view reason = {}, std::span<const policy::HeaderOp> changes = {});
  void respond_to(const Input& in, int status, std::span<const sip::ExtraHeader> headers = {},
                  std::string_view reason = {});
  void send_ack(Side side, std::string_view sdp);
  void ack_and_bye(const Attempt& attempt, const sip::Hop& hop, const sip::MessagePtr& response);
  void start_accepted(Side side, std::uint32_t cseq, base::SharedBytes bytes);
  sdp::OriginIdentity new_identity(std::uint16_t listener);
  void arm(base::DeadlineId& id, TimerKind kind, base::Instant when, Side side = Side::A);
  void disarm(base::DeadlineId& id);
  void ask_relay(bool wait);
  control::SessionSpec wanted_session();
  void open_session();
  void note(Note::Level level, std::string text);
  void finished(EndCause cause, EndedBy by);
  bool outstanding() const;
  policy::InviteFacts facts() const;

  Core& core_;
  Call& call_;
  base::Instant now_;
  Output& out_;
};

// attended.cc: the leg across from the named dialog leaves its call, which ends. Error: the status for the transferor.
// `wanted.number` 0: asked by a call of this shard.
std::expected<MovedLeg, int> give_leg(Core& core, const LegWanted& wanted, base::Instant now, Output& out);

}  // namespace sbc::call
