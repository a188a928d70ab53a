// Who offers what to whom: the border's own offer in the name of a caller who made none (RFC 3725 4.1), and
// preconditions (RFC 3312), which never cross.

#include "sbc/call/chosen.h"
#include "sbc/call/machine.h"
#include "sbc/sdp/synthesis.h"

namespace sbc::call {

bool Machine::agree_to_offer(const route::Target& target) {
  const auto& wanted = target.candidate;
  const Settings& settings = *core_.settings;
  call_.proposed = false;
  call_.media.propose(nullptr);
  const auto refuse = [this, &target](std::uint16_t status, const std::string& why) {
    ++core_.counters.refused_media;
    note(Note::Level::Info, "not tried: " + target.text() + ": " + why);
    if (target.at_once != 0) {  // the others may agree
      call_.attempt.emplace().started = now_;
      hunt_on({.cause = route::Failure::Cause::Response, .status = status});
      return false;
    }
    call_.hunt.stop();
    answer_failure({.status = status, .reason = {}, .headers = {}, .retry_after = {}});
    return false;
  };
  const LegSecurity& security = call_.media.leg(Side::B).security;
  if (security.must_protect() && !security.may_protect())
    return refuse(488, "keys would go over signalling that is not encrypted");
  if (!call_.late_offer) {
    const auto mode = wanted.preconditions.value_or(
        chosen(settings, target.realm, target.trunk, &route::Realm::preconditions, &route::Trunk::preconditions));
    // RFC 3312 8. Nobody there could hold back the ringing until they are met.
    if (mode == policy::Preconditions::Refuse && call_.media.demands_preconditions(Side::A))
      return refuse(580, "the offer has mandatory preconditions");
    return true;
  }
  const auto mode = wanted.late_offer.value_or(
      chosen(settings, target.realm, target.trunk, &route::Realm::late_offer, &route::Trunk::late_offer));
  if (mode == policy::LateOffer::Pass) return true;
  if (mode == policy::LateOffer::Refuse) return refuse(488, "it takes no INVITE without an offer");
  auto offer = sdp::synthesise_audio(settings.offer_codecs);
  if (!offer) return refuse(500, "no offer can be made: " + offer.error().text);
  call_.media.propose(*std::move(offer));
  call_.proposed = true;
  return true;
}

// A reliable response may bring the caller an offer: the callee's (RFC 3262 5), or, when we offered in its name, what
// the callee answered.
bool Machine::offers_to_caller(Fork& fork) {
  if (fork.offered) return false;
  if (fork.owed) return true;
  const Media& media = media_of(fork);
  return call_.proposed && caller_has_reliable() && media.described(Side::B) && !media.agreed(Side::A);
}

// An offer that only says that resources are there is answered here: the other leg would learn nothing.
bool Machine::answer_preconditions(Fork& fork, const Input& in, std::string_view sdp) {
  Media& media = media_of(fork);
  if (!media.only_preconditions(in.side, sdp)) return false;
  std::expected<std::string, MediaError> body = std::unexpected(MediaError{});
  if (media.take_offer(in.side, sdp)) body = media.make_answer(in.side, sdp::Finality::Final);
  if (!body) {
    media.roll_back(in.side);
    return false;
  }
  if (in.message->method() == sip::Method::Update) fork.dialog(in.side)->refresh_target(*in.message);
  respond_early(in, 200, {}, *body);
  return true;
}

}  // namespace sbc::call
