// The recording session from its first INVITE to its end.

#include "sbc/call/recording_client.h"

#include <algorithm>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/call/identity.h"
#include "sbc/call/limits.h"
#include "sbc/call/recording.h"
#include "sbc/call/securing.h"

namespace sbc::call {
namespace {

// What a server may ask of us in its dialog.
constexpr std::string_view kAllowed = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE";

sdp::OriginIdentity new_identity(const Core& core, std::uint16_t listener) {
  sdp::OriginIdentity identity;
  identity.session_id = core.random.below(std::uint64_t{1} << 62);
  identity.first_version = 1 + core.random.below(std::uint64_t{1} << 31);
  identity.address = core.settings->faces.at(listener).address;
  return identity;
}

bool talks(const Call& call) {
  return call.record.answered && call.media.agreed(Side::A) && call.media.agreed(Side::B) && call.a.dialog &&
         call.b.dialog && (call.state == State::Confirming || call.state == State::Active);
}

}  // namespace

void RecordingClient::follow() {
  if (!call_.record.answered || call_.state == State::Closing || call_.state == State::Ended) return;
  const std::string servers = wanted_recording(call_.media).siprec;
  if (call_.recorder == nullptr) {
    if (!servers.empty() && talks(call_)) begin(servers);
    return;
  }
  if (session().step == Step::Over) return;
  if (servers.empty() && call_.state == State::Active) return end();  // who wanted it has left
  if (session().step != Step::Up || call_.state != State::Active) return;
  if (session().leg.accepted.waiting() || session().again_at != base::kNever) return;
  look_at_parties();
  add_streams(session().streams, call_.media, core_.random);
  if (session().unasked || session().told != described()) change();
}

void RecordingClient::begin(const std::string& servers) {
  call_.recorder = std::make_unique<RecordingSession>(new_identity(core_, call_.a.hop.listener));
  session().id = new_metadata_id(core_.random);
  session().began = wall();
  look_at_parties();
  add_streams(session().streams, call_.media, core_.random);
  if (session().streams.empty()) return fail("no m-line that can be recorded");
  if (!find_targets(servers)) return fail("no recording server to be tried");
  try_target();
}

bool RecordingClient::find_targets(const std::string& servers) {
  policy::Candidate place;
  place.kind = core_.settings->routes->trunk(servers) != nullptr ? policy::Candidate::Kind::Trunk
                                                                 : policy::Candidate::Kind::Group;
  place.name = servers;
  place.number = "siprec";
  auto plan =
      route::resolve(*core_.settings->routes, {place}, {place.number, now_}, core_.advisor, core_.health, core_.random);
  session().hunt = route::Hunt(std::move(plan.targets));
  return session().hunt.current() != nullptr;
}

void RecordingClient::try_target() {
  RecordingSession& rs = session();
  const route::Target* target = rs.hunt.current();
  if (target == nullptr) return fail("no recording server takes the call");
  rs.attempt.reset();
  rs.told.clear();
  if (target->awaits_name()) {
    rs.step = Step::Locating;
    rs.locating = ++call_.lookups;
    out_.lookups.push_back(
        {.owner = call_.handle.pack(), .number = rs.locating, .realm = target->realm, .host = *target->name});
    rs.give_up = now_ + core_.settings->first_response;
    return arm();
  }
  rs.leg = Leg{};
  rs.leg.session = dialog::SessionTimer(core_.settings->session);
  rs.leg.realm = target->realm;
  rs.leg.trunk = target->trunk;
  rs.leg.hop = target->hop;
  // RFC 7866 6.1.1.
  rs.leg.contact =
      contact_value(*core_.settings, target->hop.transport, target->hop.listener, core_.minter.user(core_.random)) +
      ";+sip.src";
  rs.leg.allow = kAllowed;
  rs.media = Media(new_identity(core_, target->hop.listener));
  rs.media.use({&core_.random, &core_.counters.skipped_keys, &core_.counters.refused_lines});
  rs.media.leg(Side::B) = leg_media(*core_.settings, {target->realm, target->trunk, target->hop.transport});
  rs.media.leg(Side::A).network = rs.media.leg(Side::B).network;
  rs.media.start_leg_b(new_identity(core_, target->hop.listener));
  const control::SessionSpec spec = call_.media.spec(0);
  if (const auto taken = rs.media.take_offer(Side::A, recorded_offer(now_recorded(spec))); !taken)
    return fail(taken.error().text);
  rs.step = Step::Anchoring;
  rs.give_up = base::kNever;
  arm();
  Machine(core_, call_, now_, out_).relay_changes();
}

void RecordingClient::anchored(const std::vector<control::FlowAddresses>& flows) {
  RecordingSession& rs = session();
  if (rs.step == Step::Over) return;
  std::vector<control::FlowAddresses> own;
  for (control::FlowAddresses flow : flows) {
    if (flow.index < kFirstCopy) continue;
    flow.index -= kFirstCopy;
    own.push_back(std::move(flow));
  }
  if (own.empty()) return;  // of what was asked for before
  const bool moved = rs.media.anchored() && own != rs.addresses;
  rs.addresses = own;
  rs.media.take_addresses(own);
  if (rs.step == Step::Anchoring && !rs.media.needs_ports()) return rs.leg.dialog ? send_change() : dial({});
  if (!moved || rs.step == Step::Anchoring) return;
  rs.unasked = true;  // the call's media has gone to another relay
}

bool RecordingClient::refused(const std::string& why) {
  if (call_.recorder == nullptr || session().step != Step::Anchoring) return false;
  if (session().leg.dialog) send_bye();
  fail("the relay has no ports for it: " + why);
  return true;
}

void RecordingClient::not_secured() {
  if (call_.recorder == nullptr || session().step == Step::Over) return;
  if (session().leg.dialog) send_bye();
  died("the media to the recording server is not secured");
}

void RecordingClient::located(const std::vector<route::Place>& places, const std::string& problem) {
  RecordingSession& rs = session();
  rs.locating = 0;
  if (rs.step != Step::Locating) return;
  const route::Realm* realm = core_.settings->routes->realm(rs.hunt.current()->realm);
  if (realm != nullptr && !places.empty() && rs.hunt.located(places, *realm, core_.health, now_)) return try_target();
  out_.notes.push_back(note_about(call_, Note::Level::Info, "recording server: " + problem));
  next_target({.cause = route::Failure::Cause::Unresolved});
}

void RecordingClient::dial(dialog::ClientStart start) {
  RecordingSession& rs = session();
  const route::Target& target = *rs.hunt.current();
  const auto offer = rs.media.make_offer(Side::B);
  if (!offer) return fail(offer.error().text);
  const std::string told = described();
  const RecordingBody body = body_of(*offer);
  const std::string host(own_domain(*core_.settings, target.realm, target.hop.listener));
  const std::string own = "<sip:" + host + ">";
  const auto from = sip::parse_name_addr(own);
  const CallerWords words{.headers = {{"Require", "siprec"}, {"Accept", "application/sdp, application/rs-metadata"}}};
  const std::string branch = core_.minter.branch(core_.random);
  Attempt attempt;
  attempt.start = std::move(start);
  if (attempt.start.local_tag.empty()) {
    // The door must know whose it is when the request passes.
    attempt.start.call_id = core_.minter.call_id(core_.random);
    attempt.start.local_tag = core_.minter.tag(core_.random);
    core_.dialogs.emplace(attempt.start.local_tag, DialogRef{call_.handle, Side::B, true});
    rs.tags.push_back(attempt.start.local_tag);
  }
  attempt.started = now_;
  auto bytes = opening_invite(core_,
                              {.caller = nullptr,
                               .target = target,
                               .words = words,
                               .contact = rs.leg.contact,
                               .allow = rs.leg.allow,
                               .from_domain = host,
                               .max_forwards = 70,
                               .session = rs.leg.session.request_lines(),
                               .sdp = *offer,
                               .body = {body.type, body.text},
                               .from = from ? &*from : nullptr},
                              attempt, branch);
  rs.leg.client = core_.layer.request({.method = sip::Method::Invite,
                                       .method_text = {},
                                       .branch = branch,
                                       .hop = target.hop,
                                       .bytes = std::move(bytes),
                                       .owner = call_.handle.pack()},
                                      now_, out_.transaction);
  if (!rs.leg.client) return next_target({.cause = route::Failure::Cause::Transport});
  attempt.client = rs.leg.client;
  rs.leg.invite_cseq = attempt.start.cseq;
  rs.attempt = std::move(attempt);
  rs.told = told;
  rs.unasked = false;
  rs.step = Step::Inviting;
  const auto seconds = target.candidate.timeout_s;
  rs.give_up = now_ + (seconds != 0 ? base::Duration(base::seconds(seconds)) : core_.settings->first_response);
  arm();
}

void RecordingClient::next_target(const route::Failure& failure) {
  RecordingSession& rs = session();
  rs.give_up = base::kNever;
  if (rs.hunt.current() == nullptr) return fail("no recording server takes the call");
  // Another server may well take what this one refused.
  (void)rs.hunt.failed(failure, core_.health, now_);
  out_.notes.push_back(note_about(
      call_, Note::Level::Info,
      "recording server " + rs.hunt.current()->text() + " failed: " + std::to_string(route::status_of(failure))));
  rs.hunt.advance();
  try_target();
}

// Its INVITE is cancelled, and cleaned up after among the strays.
void RecordingClient::abandon() {
  RecordingSession& rs = session();
  if (!rs.attempt) return;
  core_.layer.cancel(rs.attempt->client, {}, now_, out_.transaction);
  call_.strays.push_back(*std::move(rs.attempt));
  rs.attempt.reset();
  rs.leg.client = {};
}

// It was up. Another server, or the same one come back, may take the call once more.
void RecordingClient::died(const std::string& why) {
  RecordingSession& rs = session();
  rs.leg.accepted.stop();
  if (std::exchange(rs.again, true)) return fail(why);
  out_.notes.push_back(note_about(call_, Note::Level::Warning, why + ": another one is asked"));
  ++core_.counters.recording_sessions_lost;
  if (!find_targets(wanted_recording(call_.media).siprec)) return fail(why);
  const transaction::ClientId bye = rs.leg.bye;
  try_target();
  if (call_.recorder != nullptr && !rs.leg.bye) rs.leg.bye = bye;
}

void RecordingClient::fail(const std::string& why) {
  RecordingSession& rs = session();
  rs.step = Step::Over;
  rs.give_up = rs.again_at = base::kNever;
  rs.leg.accepted.stop();
  arm();
  Machine machine(core_, call_, now_, out_);
  machine.relay_changes();
  machine.not_recorded(why);
}

void RecordingClient::end() {
  if (call_.recorder == nullptr || session().step == Step::Over) return;
  RecordingSession& rs = session();
  if (rs.step == Step::Inviting && !rs.leg.dialog)
    abandon();
  else if (rs.leg.dialog)
    send_bye();
  rs.step = Step::Over;
  rs.leg.accepted.stop();
  arm();
  if (call_.session_open) Machine(core_, call_, now_, out_).relay_changes();
}

void RecordingClient::forget() {
  if (call_.recorder == nullptr) return;
  core_.timers.cancel(session().timer);
  for (const std::string& tag : session().tags) core_.dialogs.erase(tag);
}

bool RecordingClient::owns(const Call& call, std::string_view tag) {
  return call.recorder != nullptr && std::ranges::find(call.recorder->tags, tag) != call.recorder->tags.end();
}

bool RecordingClient::owns(const Call& call, transaction::ClientId client) {
  return call.recorder != nullptr && client &&
         (call.recorder->leg.client == client || call.recorder->leg.bye == client);
}

void RecordingClient::add_flows(const Call& call, control::SessionSpec& spec) {
  const RecordingSession* rs = call.recorder.get();
  if (rs == nullptr || rs->step == Step::Over || rs->step == Step::Locating) return;
  add_copies(spec, rs->media,
             {.media = call.media, .spec = spec, .streams = rs->streams, .paused = call.recording_paused});
}

void RecordingClient::arm() {
  RecordingSession& rs = session();
  core_.timers.cancel(rs.timer);
  rs.timer = {};
  if (rs.step == Step::Over) return;
  const bool up = rs.leg.dialog.has_value();
  const base::Instant due = std::min(
      {rs.give_up, rs.again_at, up ? rs.leg.session.next_deadline() : base::kNever, rs.leg.accepted.next_deadline()});
  if (due != base::kNever) rs.timer = core_.timers.arm(due, TimerKey{call_.handle, TimerKind::Recording, Side::B});
}

void RecordingClient::on_deadline() {
  RecordingSession& rs = session();
  if (now_ >= rs.give_up) {
    rs.give_up = base::kNever;
    if (rs.step == Step::Locating) return located({}, "no answer of the resolver");
    const bool rang = rs.attempt && rs.attempt->rang;
    abandon();
    return next_target({.cause = rang ? route::Failure::Cause::RingTimeout : route::Failure::Cause::Timeout});
  }
  if (rs.leg.accepted.next_deadline() <= now_) {
    const auto step = rs.leg.accepted.on_deadline(now_);
    if (step == dialog::AcceptedInvite::Step::Resend)
      core_.layer.respond(rs.leg.server, 200, rs.leg.accepted_bytes, now_, out_.transaction);
    if (step == dialog::AcceptedInvite::Step::GiveUp) {
      send_bye();
      return died("the recording server does not acknowledge");
    }
  }
  if (now_ >= rs.again_at) rs.again_at = base::kNever;
  if (rs.leg.dialog && rs.leg.session.next_deadline() <= now_) {
    const auto due = rs.leg.session.on_deadline(now_);
    if (due == dialog::SessionTimer::Due::Expire) {
      send_bye();
      return died("the session with the recording server was not refreshed");
    }
    if (due == dialog::SessionTimer::Due::Refresh) rs.unasked = true;
  }
  arm();
  follow();
}

}  // namespace sbc::call
