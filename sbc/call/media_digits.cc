// Media: how each leg sends digits, in its description and in what the relay is to do.

#include <algorithm>

#include "sbc/call/media.h"
#include "sbc/sdp/bundle.h"
#include "sbc/sdp/codec.h"
#include "sbc/sdp/events.h"

namespace sbc::call {
namespace {

using policy::Dtmf;

const sdp::Media* line_of(const sdp::OfferAnswer* leg, bool remote, std::size_t index) {
  if (leg == nullptr) return nullptr;
  const sdp::SessionPtr& session = remote ? leg->remote() : leg->local();
  return session != nullptr && index < session->media.size() ? &session->media[index] : nullptr;
}

std::vector<sdp::EventFormat> events_of(const sdp::OfferAnswer* leg, bool remote, std::size_t index) {
  const sdp::Media* line = line_of(leg, remote, index);
  if (line == nullptr) return {};
  return sdp::event_formats(remote ? *leg->remote() : *leg->local(), *line);
}

// The law of G.711 that the peer takes, the one that it prefers.
std::optional<std::uint8_t> law_of(const sdp::OfferAnswer* leg, std::size_t index) {
  const sdp::Media* line = line_of(leg, true, index);
  std::optional<std::uint8_t> law;
  if (line == nullptr) return law;
  sdp::for_each_format(*line, [&law](std::string_view format) {
    if (!law && (format == "0" || format == "8")) law = format == "0" ? 0 : 8;
  });
  return law;
}

// Audio that is transcoded leaves by what `transcode` names alone.
void drop(control::HalfSpec& target, std::uint8_t type) {
  const auto of_type = [type](const control::PayloadRule& rule) { return rule.from == type; };
  if (target.transcode) {
    std::erase_if(target.transcode->events, of_type);
    return;
  }
  std::erase_if(target.rewrite->payloads, of_type);
  target.rewrite->payloads.push_back({.from = type, .use = control::PayloadUse::Drop});
}

std::uint32_t clock_of(const control::AudioFormat& format) {
  return format.coding == "opus" ? 48'000 : 8000;  // RFC 7587 4.1, RFC 3551 4.5.2
}

// RFC 4733 2.1: the one in the clock of the audio.
control::EventFormat beside(const std::vector<sdp::EventFormat>& events, const control::HalfSpec& target) {
  auto found = events.begin();
  if (target.transcode) found = std::ranges::find(events, clock_of(target.transcode->to), &sdp::EventFormat::clock);
  if (found == events.end()) found = events.begin();
  return {found->payload_type, found->clock};
}

}  // namespace

bool Media::converts_digits() const {
  return leg_a_.dtmf != Dtmf::Pass || leg_b_.dtmf != Dtmf::Pass;
}

std::optional<std::size_t> Media::digit_line() const {
  for (std::size_t i = 0; i < media_count(); ++i) {
    const auto on_a = said(Side::A, i);
    const auto on_b = said(Side::B, i);
    if ((on_a && !on_a->usable()) || (on_b && !on_b->usable())) continue;
    if ((on_a ? on_a->kind : on_b ? on_b->kind : proposed_kind(i)) == "audio") return i;
  }
  return std::nullopt;
}

policy::Dtmf Media::digit_way(Side side) const {
  if (leg(side).dtmf != Dtmf::Pass) return leg(side).dtmf;
  // What it can: a peer that takes telephone-event sends it (RFC 4733 2.5.1.1).
  return events_of(state_if(side), true, digit_line().value_or(0)).empty() ? Dtmf::Info : Dtmf::Rfc4733;
}

// RFC 3264 5.1: what we told it says what it may send.
bool Media::sends_by_media(Side side) const {
  const auto line = digit_line();
  return line && !events_of(state_if(side), true, *line).empty() && !events_of(state_if(side), false, *line).empty();
}

std::expected<sdp::SessionPtr, MediaError> Media::with_digits(Side to, sdp::SessionPtr said,
                                                              const sdp::Session* offer) const {
  const auto elsewhere = [](Dtmf way) { return way == Dtmf::Info || way == Dtmf::Inband; };
  auto changed = elsewhere(leg(to).dtmf)          ? sdp::without_events(std::move(said))
                 : elsewhere(leg(other(to)).dtmf) ? sdp::with_events(std::move(said), offer)
                                                  : std::expected<sdp::SessionPtr, sdp::Error>(std::move(said));
  if (!changed) return std::unexpected(MediaError{sdp::status_for(changed.error().kind), changed.error().text});
  return *std::move(changed);
}

// From one half to the other; the two directions do not know of each other.
void Media::add_digits(control::FlowSpec& flow, Side from) const {
  const Dtmf way = digit_way(from);
  const Dtmf wanted = digit_way(other(from));
  control::HalfSpec& source = from == Side::A ? flow.a : flow.b;
  if (way == wanted || !converts_digits()) {
    // They pass, and are told: where nothing is converted, so that the same ones by INFO are known.
    if ((converts_digits() && !tells_digits_) || way != Dtmf::Rfc4733) return;
    for (const sdp::EventFormat& event : events_of(state_if(from), false, flow.index)) {
      if (!source.digits) source.digits.emplace();
      source.digits->heard.push_back({event.payload_type, event.clock});
      source.digits->begins = !converts_digits();
    }
    return;
  }
  control::HalfSpec& target = from == Side::A ? flow.b : flow.a;
  if (!source.digits) source.digits.emplace();
  if (way == Dtmf::Rfc4733) {
    // RFC 3264 5.1: it sends what it was told.
    for (const sdp::EventFormat& event : events_of(state_if(from), false, flow.index)) {
      source.digits->heard.push_back({event.payload_type, event.clock});
      if (!target.rewrite) target.rewrite.emplace();
      target.rewrite->continuous = true;
      drop(target, event.payload_type);
    }
  }
  source.digits->tones_heard = way == Dtmf::Inband;
  if (wanted == Dtmf::Info) return;
  if (!target.digits) target.digits.emplace();
  const auto events = events_of(state_if(other(from)), true, flow.index);
  if (wanted == Dtmf::Rfc4733 && !events.empty())
    target.digits->event = beside(events, target);
  else
    target.digits->tone = law_of(state_if(other(from)), flow.index);
  if (!target.digits->event && !target.digits->tone) return;
  if (!target.rewrite) target.rewrite.emplace();
  target.rewrite->continuous = true;
  // Events that it was not told of, and sends all the same, would be heard beside what is converted.
  const sdp::Media* told = line_of(state_if(from), false, flow.index);
  const auto types = told != nullptr ? sdp::payload_types(*told) : std::vector<std::uint8_t>();
  for (const sdp::EventFormat& event : events)
    if (std::ranges::find(types, event.payload_type) == types.end()) drop(target, event.payload_type);
}

}  // namespace sbc::call
