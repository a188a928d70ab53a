#include "sbc/sdp/offer_answer.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "sbc/sdp/parser.h"

namespace sbc::sdp {

namespace {

std::unexpected<Error> refuse(ErrorKind kind, std::string text) {
  return std::unexpected(Error{.kind = kind, .text = std::move(text)});
}

// Ours may be somewhat longer than what it was made from: addresses of another family, directions written out.
constexpr Limits kOwnLimits{.bytes = 2 * Limits{}.bytes, .lines = 2 * Limits{}.lines};

std::size_t media_count(const SessionPtr& session) {
  return session ? session->media.size() : 0;
}

// RFC 3264 6: as many m-lines as the offer, each of the kind at its place. The transport may lack the "F" of feedback:
// answering RTP/AVPF with RTP/AVP is wrong but common, and harms nobody.
std::expected<void, Error> check_answer(const Session& offer, const Session& answer) {
  if (answer.media.size() != offer.media.size())
    return refuse(ErrorKind::AnswerMismatch, "answer: expected " + std::to_string(offer.media.size()) +
                                                 " m-lines, got " + std::to_string(answer.media.size()));
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    if (answer.media[i].kind == offer.media[i].kind) continue;
    return refuse(ErrorKind::AnswerMismatch, "answer: expected m=" + std::string(offer.media[i].kind) + " as m-line " +
                                                 std::to_string(i + 1) +
                                                 ", got m=" + std::string(answer.media[i].kind));
  }
  return {};
}

}  // namespace

OfferAnswer::OfferAnswer(OriginIdentity identity)
    : identity_(std::move(identity)), version_(identity_.first_version - 1) {}

std::expected<void, Error> OfferAnswer::remote_offer(SessionPtr offer) {
  if (state_ == State::OfferSent) return refuse(ErrorKind::Glare, "offer: our own offer waits for its answer");
  if (state_ == State::OfferReceived && early_) {
    if (*offer->text == *pending_.remote->text) return {};
    return refuse(ErrorKind::OfferPending, "offer: the one before has no final answer yet");
  }
  const std::size_t least = std::max(media_count(current_.remote), media_count(current_.local));
  if (offer->media.size() < least)
    return refuse(ErrorKind::TooFewMedia, "offer: expected at least " + std::to_string(least) + " m-lines, got " +
                                              std::to_string(offer->media.size()));
  state_ = State::OfferReceived;
  pending_ = {.local = nullptr, .remote = std::move(offer)};
  return {};
}

std::expected<void, Error> OfferAnswer::remote_answer(SessionPtr answer, Finality finality) {
  if (state_ != State::OfferSent) return refuse(ErrorKind::Unexpected, "answer: no offer of ours waits for one");
  if (auto checked = check_answer(*pending_.local, *answer); !checked) return checked;
  pending_.remote = std::move(answer);
  early_ = true;
  if (finality == Finality::Final) commit();
  return {};
}

std::expected<std::string, Error> OfferAnswer::offer(const RewriteInput& input) {
  if (state_ == State::OfferReceived) return refuse(ErrorKind::Glare, "offer: theirs waits for our answer");
  if (state_ == State::OfferSent && early_)
    return refuse(ErrorKind::OfferPending, "offer: the one before has no final answer yet");
  auto body = describe(input, {.answering = nullptr, .previous = current_.local.get()});
  if (!body) return body;
  state_ = State::OfferSent;
  pending_ = {.local = last_, .remote = nullptr};
  return body;
}

std::expected<std::string, Error> OfferAnswer::answer(const RewriteInput& input, Finality finality) {
  if (state_ != State::OfferReceived) return refuse(ErrorKind::Unexpected, "answer: no offer of theirs waits for one");
  auto body = describe(input, {.answering = pending_.remote.get(), .previous = current_.local.get()});
  if (!body) return body;
  pending_.local = last_;
  early_ = true;
  if (finality == Finality::Final) commit();
  return body;
}

void OfferAnswer::rename(OriginIdentity identity) {
  identity_ = std::move(identity);
  version_ = identity_.first_version - 1;
}

std::expected<std::string, Error> OfferAnswer::repeat_offer() {
  if (state_ != State::Stable) return refuse(ErrorKind::Glare, "offer: another exchange is open");
  if (!current_.local) return refuse(ErrorKind::Unexpected, "offer: nothing was agreed that could be repeated");
  if (last_ != current_.local) {
    std::string text = *current_.local->text;
    const std::size_t origin = text.find("\r\no=");
    const std::string head = origin_lines(identity_, version_ + 1);
    text.replace(0, text.find("\r\n", origin + 2) + 2, head);
    auto session = parse_shared(text, kOwnLimits);
    if (!session) return refuse(ErrorKind::Unexpected, "our own description: " + session.error().text);
    ++version_;
    last_ = *std::move(session);
    last_tail_ = head.size();
  }
  state_ = State::OfferSent;
  pending_ = {.local = last_, .remote = nullptr};
  return *last_->text;
}

void OfferAnswer::commit() {
  if (!early_) return;
  current_ = std::exchange(pending_, {});
  state_ = State::Stable;
  early_ = false;
}

void OfferAnswer::rollback() {
  pending_ = {};
  state_ = State::Stable;
  early_ = false;
}

void OfferAnswer::revert(Agreed before) {
  rollback();
  current_ = std::move(before);
}

RemoteMedia OfferAnswer::media(std::size_t index) const {
  if (!remote()) return {.refusal = Refusal::Disabled};
  RemoteMedia said = remote_media(*remote(), index);
  // While an exchange is open, what we said in the one before does not bind this one.
  const SessionPtr& ours = state_ == State::Stable ? current_.local : pending_.local;
  if (index < media_count(ours) && ours->media[index].port == 0) said.refusal = Refusal::Disabled;
  return said;
}

bool OfferAnswer::mux_agreed(std::size_t index) const {
  const auto says_mux = [index](const SessionPtr& session) {
    return index < media_count(session) && session->media[index].port != 0 &&
           find(session->lines_of(session->media[index]), AttributeId::RtcpMux) != nullptr;
  };
  return says_mux(local()) && says_mux(remote());
}

// RFC 3264 8: the version grows by one when the description differs from the one before, whether that one came to be
// agreed or not; an unchanged version promises an unchanged description.
std::expected<std::string, Error> OfferAnswer::describe(const RewriteInput& input, const RewriteContext& context) {
  const std::uint64_t candidate = last_ ? version_ : identity_.first_version;
  Body body = rewrite(input, identity_, candidate, context);
  std::uint64_t version = candidate;
  if (last_) {
    const std::string_view tail = std::string_view(body.text).substr(body.after_origin);
    if (tail == std::string_view(*last_->text).substr(last_tail_)) return *last_->text;
    const std::string head = origin_lines(identity_, ++version);
    body.text.replace(0, body.after_origin, head);
    body.after_origin = head.size();
  }
  auto session = parse_shared(body.text, kOwnLimits);
  if (!session) return refuse(ErrorKind::Unexpected, "our own description: " + session.error().text);
  version_ = version;
  last_ = *std::move(session);
  last_tail_ = body.after_origin;
  return std::move(body.text);
}

std::vector<Passage> passages_between(const OfferAnswer& a, const OfferAnswer& b) {
  if (!a.remote() || !b.remote()) return {};
  std::vector<Passage> passages(std::max(a.remote()->media.size(), b.remote()->media.size()));
  for (std::size_t i = 0; i < passages.size(); ++i) passages[i] = passage_between(a.media(i), b.media(i));
  return passages;
}

}  // namespace sbc::sdp
