#include "sbc/retell/retell.h"

#include <algorithm>
#include <utility>

#include "sbc/json/write.h"
#include "sbc/retell/decisions.h"
#include "sbc/retell/facts.h"
#include "sbc/retell/lookups.h"

namespace sbc::retell {
namespace {

using Result = std::expected<Retold, std::string>;

struct Teller {
  policy::Host& host;
  const Invocation& told;
  RetoldLookup lookup{told.asked};

  policy::Patience patience() const {
    return told.no_wait == "unavailable" ? policy::Patience::None : policy::Patience::Some;
  }

  policy::Answer answer(const policy::Question& question) {
    if (auto known = lookup.answer(question)) return *std::move(known);
    if (told.no_wait == "busy") return {.found = std::unexpected(told.no_wait)};
    lookup.leave(asked_of(question));
    return {.found = std::unexpected(std::string("unavailable"))};
  }

  template <typename Decision>
  Retold over(policy::Outcome<Decision>&& outcome) {
    Retold result{.decision = decided(outcome),
                  .where = {},
                  .error = std::move(outcome.error),
                  .log = std::move(outcome.log),
                  .unanswered = lookup.unanswered()};
    if constexpr (requires { outcome.decision.where; }) result.where = std::move(outcome.decision.where);
    return result;
  }

  // Until it has come to a decision. The Host limits how often it may ask.
  template <typename Decision>
  Retold finish(policy::Outcome<Decision>&& outcome,
                policy::Outcome<Decision> (policy::Host::*go_on)(std::uint64_t, policy::Answer, policy::Lookup&)) {
    while (outcome.asks) {
      const policy::Pending asks = *std::exchange(outcome.asks, std::nullopt);
      outcome = (host.*go_on)(asks.ticket, answer(asks.question), lookup);
    }
    return over(std::move(outcome));
  }

  template <typename Facts, typename Ask>
  Result of_one(Ask&& ask) {
    const auto facts = read<Facts>(told.facts);
    if (!facts) return std::unexpected(facts.error());
    return ask(facts->facts);
  }
  template <typename Event, typename Ask>
  Result of_two(Ask&& ask) {
    const auto call = read<policy::InviteFacts>(told.facts);
    if (!call) return std::unexpected(call.error());
    const auto event = read<Event>(told.event);
    if (!event) return std::unexpected(event.error());
    return ask(call->facts, event->facts);
  }

  Result tell() {
    switch (told.handler) {
      case policy::Handler::Invite:
        return of_one<policy::InviteFacts>([this](const auto& call) {
          return finish(host.on_invite(call, lookup, patience()), &policy::Host::resume_invite);
        });
      case policy::Handler::Register:
        return of_one<policy::RegisterFacts>(
            [this](const auto& registration) { return over(host.on_register(registration, lookup)); });
      case policy::Handler::Request:
        return of_one<policy::RequestFacts>(
            [this](const auto& request) { return over(host.on_request(request, lookup)); });
      case policy::Handler::Nat:
        return of_one<policy::LegFacts>([this](const auto& leg) { return over(host.on_nat(leg)); });
      case policy::Handler::Failure:
        return of_two<policy::AttemptFacts>([this](const auto& call, const auto& attempt) {
          return finish(host.on_failure(call, attempt, lookup, patience()), &policy::Host::resume_failure);
        });
      case policy::Handler::MediaQuality:
        return of_two<policy::QualityFacts>([this](const auto& call, const auto& quality) {
          return over(host.on_media_quality(call, quality, lookup));
        });
      case policy::Handler::End:
        return of_two<policy::EndFacts>(
            [this](const auto& call, const auto& end) { return over(host.on_end(call, end, lookup)); });
      case policy::Handler::Screen:
        return of_one<policy::RequestFacts>(
            [this](const auto& request) { return over(host.on_screen(request, lookup)); });
      case policy::Handler::Provisional:
        return of_two<policy::ResponseFacts>([this](const auto& call, const auto& response) {
          return over(host.on_provisional(call, response, lookup));
        });
      case policy::Handler::Answer:
        return of_two<policy::ResponseFacts>(
            [this](const auto& call, const auto& response) { return over(host.on_answer(call, response, lookup)); });
      case policy::Handler::Reinvite:
      case policy::Handler::Refer:
      case policy::Handler::Info:
      case policy::Handler::Dtmf:
        return of_two<policy::InsideFacts>([this](const auto& call, const auto& event) {
          return over(host.on_inside(told.handler, call, event, lookup));
        });
      case policy::Handler::Timer:
        return of_two<policy::TimerFacts>(
            [this](const auto& call, const auto& due) { return over(host.on_timer(call, due, lookup)); });
    }
    return std::unexpected("there is no such handler");
  }
};

bool same_line(const policy::LogLine& a, const policy::LogLine& b) {
  return a.level == b.level && a.text == b.text && a.where == b.where;
}

}  // namespace

Result retell(policy::Host& host, const Invocation& invocation) {
  return Teller{.host = host, .told = invocation}.tell();
}

bool same(const Invocation& told, const Retold& retold) {
  return told.error.empty() == retold.error.empty() && json::text_of(told.decision) == json::text_of(retold.decision);
}

bool identical(const Invocation& told, const Retold& retold) {
  return same(told, retold) && told.where == retold.where && told.error == retold.error &&
         std::ranges::equal(told.log, retold.log, same_line);
}

}  // namespace sbc::retell
