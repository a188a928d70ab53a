#pragma once
// Offer/answer state of one leg (RFC 3264, RFC 6337), and the source of every description that the leg receives.
//
//                    offer()                        remote_answer(Final) / commit()
//        +--------------------------> OfferSent --------------------------------+
//        |                              | ^ remote_answer(Early)                |
//   Stable <------- rollback() ---------+-+                                     +---> Stable
//        |                              | v answer(Early)                       |
//        +--------------------------> OfferReceived ----------------------------+
//                  remote_offer()                   answer(Final) / commit()
//
// Early: the answer stands in an unreliable provisional response. RFC 3261 13.2.1 makes it the answer, but the final
// response may bring another one (another fork, or simply another mind), so it may be repeated until Final.
// Final: the exchange is complete: the answer is in a 2xx, an ACK, or a provisional response acknowledged by PRACK.
//
// How a B2BUA uses two of them, offer from A:
//   a.remote_offer(parsed);  invite_b.body = b.offer({*a.remote(), anchors_toward_b});
//   b.remote_answer(parsed, Finality::Final);  ok_a.body = a.answer({*b.remote(), anchors_toward_a}, Finality::Final);
// On failure of the re-INVITE: a.rollback(); b.rollback(). A new target of a failed over call gets a new OfferAnswer.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "sbc/sdp/error.h"
#include "sbc/sdp/remote_media.h"
#include "sbc/sdp/rewrite.h"
#include "sbc/sdp/session.h"

namespace sbc::sdp {

enum class Finality : std::uint8_t { Early, Final };

class OfferAnswer {
 public:
  enum class State : std::uint8_t { Stable, OfferSent, OfferReceived };

  explicit OfferAnswer(OriginIdentity identity);

  State state() const { return state_; }
  // The current exchange has an early answer.
  bool early() const { return early_; }
  // One exchange was completed.
  bool established() const { return current_.remote != nullptr; }

  // The leg's peer makes an offer. Repeating it replaces it as long as we have not answered (an offer previewed in an
  // unreliable provisional response and repeated in the 2xx). Errors: Glare, OfferPending, TooFewMedia.
  std::expected<void, Error> remote_offer(SessionPtr offer);
  // The leg's peer answers our offer. Errors: Unexpected, AnswerMismatch; the state stays as it was.
  std::expected<void, Error> remote_answer(SessionPtr answer, Finality finality);

  // The body of our offer, or of our answer, to the leg. An offer may be repeated until it is answered. The version in
  // o= grows by one when anything else differs from the last body, and never goes back, not even after a rollback.
  // Errors: Glare (their offer waits for our answer), Unexpected (nothing to answer, or our own text does not parse).
  std::expected<std::string, Error> offer(const RewriteInput& input);
  std::expected<std::string, Error> answer(const RewriteInput& input, Finality finality);

  // Offers once more what the leg was told when both last agreed, to refresh a session (RFC 4028 7.4). The version
  // stays, unless another description went out since then and came to nothing. Errors as offer().
  std::expected<std::string, Error> repeat_offer();

  // An early answer turns out to be the answer: the 2xx came without a description, or PRACK completed it. Nothing
  // happens without an early answer.
  void commit();
  // The exchange failed: back to what both had agreed before (RFC 6141 3.1, RFC 6337 3.4). Nothing happens when Stable.
  void rollback();

  // What the last completed exchange agreed, and going back to it after later ones were completed as well: a re-INVITE
  // that had exchanged descriptions before it was refused (RFC 6141 3.1). The version in o= does not go back.
  struct Agreed {
    SessionPtr local, remote;
  };
  Agreed agreed() const { return current_; }
  void revert(Agreed before);

  // A copy that serves another dialog with the same offer gets an o= line of its own, before its first body.
  void rename(OriginIdentity identity);

  // What was said last: in the exchange that is under way, else in the last completed one. Null before that.
  const SessionPtr& remote() const { return pending_.remote ? pending_.remote : current_.remote; }
  const SessionPtr& local() const { return pending_.local ? pending_.local : current_.local; }
  // What the last completed exchange agreed; null before.
  const SessionPtr& agreed_remote() const { return current_.remote; }
  const SessionPtr& agreed_local() const { return current_.local; }

  // What the peer said about the m-line, as remote_media(*remote(), index); Disabled also when we refused the line in
  // the exchange that counts, whatever the peer makes of that.
  RemoteMedia media(std::size_t index) const;
  // Both sides say a=rtcp-mux for the m-line: RTCP shares the RTP port on this leg (RFC 5761 5.1.1).
  bool mux_agreed(std::size_t index) const;
  // The version that the last body carried; first_version - 1 before the first.
  std::uint64_t version() const { return version_; }
  const OriginIdentity& identity() const { return identity_; }

 private:
  std::expected<std::string, Error> describe(const RewriteInput& input, const RewriteContext& context);

  OriginIdentity identity_;
  State state_ = State::Stable;
  bool early_ = false;
  std::uint64_t version_;
  SessionPtr last_;            // what the leg was last told, agreed or not; null before the first
  std::size_t last_tail_ = 0;  // where its text goes on after the o= line
  Agreed current_;
  Agreed pending_;
};

// For each m-line, which way the relay forwards between the two legs of a call. Empty while one of them has said
// nothing yet.
std::vector<Passage> passages_between(const OfferAnswer& a, const OfferAnswer& b);

}  // namespace sbc::sdp
