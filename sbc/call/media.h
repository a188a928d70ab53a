#pragma once
// The media side of one call: what both legs said about it (SDP), where the relay anchors it, and what the relay is to
// do. SDP goes in and out here; the relay never sees it.
//
// "Offerer" is the leg whose description opened the exchange that is under way, "answerer" the other one. Which leg is
// which changes with each exchange; half A of every flow belongs to leg A all the time.

#include <array>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/control/messages.h"

#include "sbc/call/media_security.h"
#include "sbc/policy/decision.h"
#include "sbc/route/table.h"
#include "sbc/sdp/codec_rules.h"
#include "sbc/sdp/offer_answer.h"
#include "sbc/sdp/picture_feedback.h"
#include "sbc/sdp/transcoding.h"
#include "sbc/sip/message.h"

namespace sbc::call {

enum class Side : std::uint8_t { A, B };
constexpr Side other(Side side) {
  return side == Side::A ? Side::B : Side::A;
}

// How one leg's media is anchored.
struct LegMedia {
  std::string network;  // of the relay
  policy::Latch latch = policy::Latch::Strict;
  std::vector<base::Prefix> latch_from;
  LegSecurity security = {};
  bool mixed_streams = false;  // audio in clear may come in several streams (SSRC) at once
  route::RtcpFeedback rtcp_feedback = route::RtcpFeedback::AsOffered;  // of what it is offered
  sdp::CodecRulesPtr codecs = nullptr;                                 // which it may use; null: any
  policy::Dtmf dtmf = policy::Dtmf::Pass;
  route::Marks marks = {};
  policy::Recording record = {};
  std::string music_on_hold = {};  // sound that its peer hears while the other side holds it; "": none
  std::string ringback = {};       // and, as a caller, while the callee rings without early media
};

// Why a description cannot be used, as the answer to whoever sent it.
struct MediaError {
  int status = 488;
  std::string text;
};

// What each of two sides that have both made an offer gets as the answer.
struct CrossedAnswers {
  std::string to_a;
  std::string to_b;
};

class Media {
 public:
  explicit Media(sdp::OriginIdentity identity_a) : a_(std::move(identity_a)) {}

  LegMedia& leg(Side side) { return side == Side::A ? leg_a_ : leg_b_; }
  const LegMedia& leg(Side side) const { return side == Side::A ? leg_a_ : leg_b_; }

  // Before the first description, when a leg may be protected.
  void use(KeyTools tools) {
    tools_ = tools;
    for (sdp::OwnHandshake& own : own_) own = fresh_handshake(*tools.random);
  }

  // A fresh leg B: the call goes to another target, which has heard nothing of what came before.
  void start_leg_b(sdp::OriginIdentity identity);
  // The same for either leg, when another party takes its place.
  void start_leg(Side side, sdp::OriginIdentity identity) { adopt(side, sdp::OfferAnswer(std::move(identity))); }
  // From now on another party is the side's peer: the relay is to forget the one before (its addresses, streams and
  // keys), and what the other side hears goes on.
  void change_party(Side side) { ++party_[static_cast<std::size_t>(side)]; }
  // What was agreed with the side, and taking it over from another call.
  sdp::OfferAnswer description(Side side) const { return side == Side::A ? a_ : *b_; }
  void adopt(Side side, sdp::OfferAnswer agreed) {
    if (side == Side::A) {
      a_ = std::move(agreed);
    } else {
      b_ = std::move(agreed);
    }
    renew(side);
  }

  // Leg A has offered nothing, and leg B is offered this in its name; null: nothing.
  void propose(sdp::SessionPtr session) { proposal_ = std::move(session); }
  bool proposed() const { return proposal_ != nullptr; }

  // The side's peer offers, or answers our offer. `body` must be the SDP of `message`.
  std::expected<void, MediaError> take_offer(Side from, std::string_view body);
  std::expected<void, MediaError> take_answer(Side from, std::string_view body, sdp::Finality finality);
  // Whether an answer that came early holds for good, now that the final response brings none.
  bool commit_early(Side from);
  // What goes to the side: the other side's description with our addresses.
  std::expected<std::string, MediaError> make_offer(Side to);
  std::expected<std::string, MediaError> make_answer(Side to, sdp::Finality finality);
  // Both sides wait for an answer: each gets what the other one offered, as far as they have it in common. 488:
  // nothing.
  std::expected<CrossedAnswers, MediaError> answer_each_other();
  // The side's peer describes its session just as it did when both last agreed.
  bool unchanged(Side from, std::string_view body) const;
  // What its offer makes of a hold of the other side: "hold", "resume", or "" when that stays as it is.
  std::string_view hold_change(Side from, std::string_view body) const;
  // ... or says no more than that its resources are there (RFC 3312 7).
  bool only_preconditions(Side from, std::string_view body) const;
  // ... or no more than which pair its ICE has nominated, which is nothing to the other side.
  bool only_place(Side from, std::string_view body) const;
  // The side's peer offers, and its offer has a mandatory precondition.
  bool demands_preconditions(Side from) const;
  // Offers to the side what it was told last, with the same version in o= (RFC 4028 7.4).
  std::expected<std::string, MediaError> repeat_offer(Side to);
  // An answer that refuses every line: for a peer that offered and whose offer nobody answered.
  std::expected<std::string, MediaError> make_refusal(Side to);
  void roll_back(Side side) { state(side).rollback(); }
  // The exchange under way failed: both legs go back to what they had agreed.
  void roll_back();
  // What both sides have agreed on, and the way back to it over exchanges that were completed since.
  using Agreed = std::array<sdp::OfferAnswer::Agreed, 2>;
  Agreed agreed() const { return {a_.agreed(), b_ ? b_->agreed() : sdp::OfferAnswer::Agreed{}}; }
  void revert(const Agreed& before);

  sdp::OfferAnswer::State exchange(Side side) const;
  // One exchange was completed with the side's peer and none is open: UPDATE may begin another (RFC 3311 5.1).
  bool settled(Side side) const;
  // One exchange was completed; another may be open.
  bool agreed(Side side) const;
  // The side's peer has said something.
  bool described(Side side) const;
  // A copy for another dialog gets a session of its own there; before the first description that goes out.
  const sdp::OriginIdentity& identity(Side side) { return state(side).identity(); }
  void rename(Side side, sdp::OriginIdentity identity) { state(side).rename(std::move(identity)); }

  // True when the relay has no ports yet for an m-line that is wanted now.
  bool needs_ports() const;
  // What the relay is to do, from what both sides said last.
  control::SessionSpec spec(std::uint32_t media_timeout_ms) const;
  void take_addresses(const std::vector<control::FlowAddresses>& flows);
  bool anchored() const { return !flows_.empty(); }
  // The relay has a new session, or the side comes from another call: nobody knows any more how far its keys were used.
  // Nothing passes under them, and the next description has others (RFC 4568 7.1.4).
  void lose_keys(Side side) {
    auto& lost = lost_keys_[static_cast<std::size_t>(side)];
    lost = state_if(side) ? agreed_local(side) : nullptr;
    if (lost) renew(side);  // else nothing was shown yet, or only an offer that is being answered with what is there
  }
  void forget_addresses() { flows_.clear(); }
  // Where the relay has the media, with the keys that are used there: to go back, as long as neither side was told of
  // another place.
  struct Place {
    std::vector<control::FlowAddresses> flows;
    std::array<sdp::OwnHandshake, 2> own;
    std::array<sdp::SessionPtr, 2> lost_keys;
    std::array<sdp::SessionPtr, 2> told, heard;  // what was agreed then
  };
  Place place() const { return {flows_, own_, lost_keys_, told(), {heard(Side::A), heard(Side::B)}}; }
  // Nothing else was agreed since then.
  bool is_place(const Place& place) const {
    return told() == place.told && heard(Side::A) == place.heard[0] && heard(Side::B) == place.heard[1];
  }
  void go_back(Place place) {
    flows_ = std::move(place.flows);
    own_ = std::move(place.own);
    lost_keys_ = std::move(place.lost_keys);
  }

  // What each side was told last: it names the payload types that the side may send. Null before that.
  std::array<sdp::SessionPtr, 2> told() const { return {a_.local(), b_ ? b_->local() : nullptr}; }

  // What the side has said last; null before that.
  sdp::SessionPtr heard(Side side) const { return state_if(side) != nullptr ? state_if(side)->remote() : nullptr; }

  // Sounds (media_sounds.cc). From now on side A is to hear this sound, and leg B is nobody but whoever plays it.
  // The answer of whoever plays it has been taken. loops 0: until another description counts. Error: nobody would hear
  // it.
  std::expected<void, MediaError> begin_playing(std::string sound, std::uint32_t loops, sdp::OriginIdentity player);
  bool plays() const { return !playing_.empty(); }
  // Sounds that a side hears instead of the other one while both talk. Once, behind those that wait already:
  void announce(Side to, std::string sound);
  // The relay is done with the announcement of this number. False: it is another one's.
  bool announced(Side to, std::uint32_t number);

  // Digits (media_digits.cc). A side asked for a way of its own, so that they may have to change on their way.
  bool converts_digits() const;
  // Somebody beside key_watch.h wants to know of digits that pass as telephone-events, too.
  void tell_digits(bool wanted) { tells_digits_ = wanted; }
  // The way in which the side sends and hears them; never Pass.
  policy::Dtmf digit_way(Side side) const;
  // The side has agreed on telephone-event: whatever else brings them, they may come by its media.
  bool sends_by_media(Side side) const;
  // The m-line that they belong to: the first one with audio.
  std::optional<std::size_t> digit_line() const;

  // Requests for whole pictures (media_pictures.cc). The side and we have agreed on them by RTCP in this m-line, or in
  // any of video.
  sdp::PictureRequests picture_requests(Side side, std::size_t index) const;
  bool asks_by_rtcp(Side side) const;
  // The relay is to ask the side's peer for one.
  void ask_picture(Side side) { ++pictures_[static_cast<std::size_t>(side)]; }

  // The address of the side's media as its SDP says, "" before that: for the policy's NAT facts.
  std::string media_host(Side side) const;

 private:
  sdp::OfferAnswer& state(Side side) { return side == Side::A ? a_ : *b_; }
  const sdp::OfferAnswer* state_if(Side side) const { return side == Side::A ? &a_ : (b_ ? &*b_ : nullptr); }
  // media_codecs.cc
  bool has_rules(const sdp::Session& said) const;
  std::expected<sdp::SessionPtr, MediaError> in_numbers_of(Side to, sdp::SessionPtr said, bool answering) const;
  std::vector<control::PayloadRule> payload_rules(Side toward, std::size_t index) const;
  // How a description goes to the other side: as an offer, as the answer to its offer, or in its own codecs alone.
  enum class Passing : std::uint8_t { Offer, Answer, AsItIs };
  std::expected<sdp::SessionPtr, MediaError> for_side(Side to, sdp::SessionPtr said, Passing passing) const;
  bool is_emptied(Side from, std::size_t index) const;
  std::optional<MediaError> lacks_codec(Side from, const sdp::Session& said, const sdp::Session* offer) const;
  // media_transcoding.cc
  struct Words {
    sdp::SessionPtr told, said;
  };
  bool may_transcode() const;
  std::expected<sdp::SessionPtr, sdp::Error> transcoded(Side to, sdp::SessionPtr said, Passing passing) const;
  Words words(Side side) const;
  std::optional<control::Transcode> transcoding(Side toward, std::size_t index) const;
  std::vector<std::optional<sdp::Anchor>> anchors(Side toward, const sdp::Session& from, bool answering) const;
  std::expected<sdp::SessionPtr, MediaError> with_digits(Side to, sdp::SessionPtr said,
                                                         const sdp::Session* offer) const;
  void add_digits(control::FlowSpec& flow, Side from) const;
  void add_pictures(control::FlowSpec& flow) const;
  // media_sounds.cc: the m-line on which the side may be played music when the other one holds it.
  std::optional<std::size_t> music_line(Side toward) const;
  std::optional<control::Play> music(Side toward, std::size_t index) const;
  std::optional<control::Play> sound(Side toward, std::size_t index) const;
  void add_sounds(control::FlowSpec& flow) const;
  void add_played(control::FlowSpec& flow) const;
  std::optional<sdp::PlayedFormat> played_format(Side toward, std::size_t index) const;
  // media_keys.cc
  bool any_acceptable(Side from, const sdp::Session& offer) const;
  bool agrees(Side from, const sdp::Session& answer) const;
  void choose_keys(Side from, const sdp::Session& offer);
  // media_handshake.cc
  void renew(Side side);
  void choose_handshakes(Side from, const sdp::Session& offer);
  void offer_handshake(Side toward, std::size_t index, const sdp::Media& from, sdp::Anchor& anchor) const;
  bool offered_tls_id(Side from, std::size_t index) const;
  bool lacks_fingerprint(const control::FlowSpec& flow) const;
  // media_bundle.cc: lines that share one transport toward the side, the first of them its owner; and whose transport
  // a line uses that has none of its own.
  std::vector<std::size_t> bundle(Side side) const;
  std::optional<std::size_t> carrier(Side side, std::size_t index) const;
  // How the line is named in packets, where that is how the lines are told apart.
  std::optional<control::MediaId> name_in_packets(Side side, std::size_t index) const;
  std::vector<std::uint8_t> line_types(Side side, std::size_t index) const;
  // Its transport carries the same lines on both sides.
  bool shared_alike(std::size_t index) const;
  control::HalfSpec guest_half(Side side, std::size_t index, std::size_t of, bool send, bool receive) const;
  std::vector<sdp::Passage> passages() const;
  bool may_offer_handshake(Side toward, std::size_t index, const std::optional<LineSecurity>& present) const;
  // Whether a line that is offered has feedback; `usual`: what the other side's offer comes to.
  bool offers_feedback(Side toward, const sdp::Media* before, bool usual) const;
  void protect_offer(Side toward, std::size_t index, const sdp::Media& from, sdp::Anchor& anchor) const;
  void protect_answer(Side toward, std::size_t index, sdp::Anchor& anchor) const;
  sdp::SessionPtr agreed_local(Side side) const { return state_if(side)->agreed_local(); }
  bool has_lost_keys(Side side) const;
  // By the last completed exchange; nullopt: the m-line is not in use by it, or its keys are lost.
  std::optional<LineSecurity> agreed_security(Side side, std::size_t index) const;
  // What protects the m-line toward the side as things stand.
  LineSecurity security(Side side, std::size_t index) const;
  control::HalfSpec half(Side side, std::size_t index, bool send, bool receive) const;
  control::HalfSpec half_alone(Side side, std::size_t index, bool send, bool receive) const;
  std::size_t media_count() const;
  bool is_fax(std::size_t index) const;
  std::string_view proposed_kind(std::size_t index) const;
  // What the side says about the m-line; nullopt while it has not said anything that counts.
  std::optional<sdp::RemoteMedia> said(Side side, std::size_t index) const;

  sdp::OfferAnswer a_;
  std::optional<sdp::OfferAnswer> b_;
  LegMedia leg_a_;
  LegMedia leg_b_;
  std::vector<control::FlowAddresses> flows_;
  std::array<std::uint32_t, 2> party_{};
  std::array<std::uint32_t, 2> pictures_{};  // that each side was asked for
  sdp::SessionPtr proposal_;
  struct Sounds {
    std::vector<std::string> announcements;  // the first one is being played, ...
    std::uint32_t number = 1;                // ... and has this number
    bool began = false;                      // it has one stream from then on
  };
  std::array<Sounds, 2> sounds_;  // by side
  bool tells_digits_ = false;
  std::string playing_;
  std::uint32_t loops_ = 0;
  KeyTools tools_;
  std::array<sdp::OwnHandshake, 2> own_;  // by side: what is shown until the peer's next restart
  // Of an offer that waits for our answer: our lines of the answer, and what the other side had said before.
  struct Answering {
    std::vector<std::optional<sdp::Crypto>> ours;
    std::vector<std::optional<sdp::OwnHandshake>> handshakes;
    sdp::SessionPtr other_before;
  };
  std::array<Answering, 2> answering_;
  // What we had said by the keys that must not be used any more; null: nothing.
  std::array<sdp::SessionPtr, 2> lost_keys_;
};

// The SDP that a message carries, by itself or as a part of a multipart body: nullopt when it has none; an error for a
// body of another type, which nobody may forward unread (415), and for multipart that cannot be read (400).
std::expected<std::optional<std::string_view>, MediaError> sdp_of(const sip::Message& message);

}  // namespace sbc::call
