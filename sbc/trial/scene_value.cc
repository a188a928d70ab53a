#include "sbc/trial/scene_value.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "media-relay/base/text.h"

#include "sbc/retell/decisions.h"
#include "sbc/simulate/limits.h"
#include "sbc/simulate/spelled.h"
#include "sbc/sip/values.h"
#include "sbc/trial/fields.h"
#include "sbc/trial/inside_value.h"
#include "sbc/trial/json_value.h"
#include "sbc/trial/lookup_value.h"

namespace sbc::trial {
namespace {

using Done = std::expected<void, std::string>;
using Wrong = std::unexpected<std::string>;

constexpr std::array<std::string_view, 26> kCallFields = {
    "from",    "to",         "realm",   "trunk",    "source",     "transport", "authenticated",   "registered",
    "sdp",     "behind_nat", "headers", "tls_peer", "user_agent", "at",        "gives_up",        "talks",
    "phones",  "answers",    "names",   "message",  "lookups",    "may_leak",  "recent_failures", "inside",
    "at_once", "seed"};
// Of what is outside of calls.
constexpr std::array<std::string_view, 14> kRegisterFields = {
    "user",    "realm",    "trunk",      "source", "transport", "authenticated", "behind_nat",
    "headers", "tls_peer", "user_agent", "at",     "contacts",  "expires",       "recent_failures"};
constexpr std::array<std::string_view, 17> kRequestFields = {
    "method",     "from",    "to",       "realm",      "trunk", "source", "transport", "authenticated",  "registered",
    "behind_nat", "headers", "tls_peer", "user_agent", "at",    "phones", "body",      "recent_failures"};
constexpr std::array<std::string_view, 6> kPhoneFields = {"user", "address", "q", "user_agent", "contact", "transport"};

base::Duration seconds(double value) {
  return base::milliseconds(static_cast<std::int64_t>(value * 1000));
}

// 503, "silence", { 180, 200 }, { 180, { 486, after = 3 } }
std::expected<simulate::Step, std::string> read_step(const Value& value) {
  simulate::Step step{.after = base::milliseconds(100), .status = 0, .headers = {}};
  const auto* status = value.integer();
  if (const auto* record = value.record()) {
    Fields fields(*record, "an answer", std::array<std::string_view, 3>{"status", "after", "headers"});
    if (const auto number = fields.number("status")) step.status = static_cast<int>(*number);
    if (const auto after = fields.number("after")) step.after = seconds(*after);
    if (const Value* headers = fields.find("headers"); headers != nullptr && headers->record() != nullptr)
      for (const auto& [name, text] : *headers->record())
        if (text.text() != nullptr) step.headers += name + ": " + *text.text() + "\r\n";
    if (auto done = fields.done(); !done) return Wrong(done.error());
  } else if (status != nullptr) {
    step.status = static_cast<int>(*status);
  }
  if (step.status < 100 || step.status > 699)
    return Wrong("expected a status such as 503 or { status = 486, after = 3 }, got " + value.shown());
  return step;
}

std::expected<simulate::Behaviour, std::string> read_behaviour(const Value& value) {
  simulate::Behaviour behaviour;
  behaviour.steps.clear();
  if (value.text() != nullptr && *value.text() == "silence") return behaviour;
  const List alone{value};
  for (const Value& one : value.list() != nullptr ? *value.list() : alone) {
    auto step = read_step(one);
    if (!step) return Wrong(step.error());
    // In their order, also when no time is given.
    if (!behaviour.steps.empty() && step->after <= behaviour.steps.back().after)
      step->after = behaviour.steps.back().after + base::milliseconds(100);
    behaviour.steps.push_back(*std::move(step));
  }
  return behaviour;
}

std::expected<simulate::Phone, std::string> read_phone(const Value& value, const Ground& ground, std::size_t number) {
  std::string user;
  if (value.text() != nullptr) user = *value.text();
  if (const auto* record = value.record())
    if (const auto found = record->find("user"); found != record->end() && found->second.text() != nullptr)
      user = *found->second.text();
  if (user.empty()) return Wrong("expected a user such as \"alice\" or { user = \"alice\" }, got " + value.shown());
  auto phone =
      simulate::make_phone(ground.setting, simulate::whole_aor(user, ground.domain), ground.phones_realm, number);
  if (!phone || value.record() == nullptr) return phone;
  Fields fields(*value.record(), "a phone", kPhoneFields);
  std::string address;
  std::string transport;
  fields.text("address", address);
  fields.text("transport", transport);
  fields.text("user_agent", phone->user_agent);
  fields.text("contact", phone->contact);
  if (const auto q = fields.number("q")) phone->q = static_cast<float>(*q);
  if (auto done = fields.done(); !done) return Wrong(done.error());
  if (!address.empty()) {
    const auto read = simulate::read_address(address);
    if (!read) return Wrong(read.error());
    phone->address = *read;
  }
  if (transport.empty()) return phone;
  const auto known = sip::transport_from(transport);
  if (!known) return Wrong("a phone: there is no transport \"" + transport + "\"");
  phone->transport = *known;
  return phone;
}

Done read_caller(Fields& fields, const Ground& ground, simulate::Caller& caller) {
  std::string source;
  std::string transport = "udp";
  fields.text("from", caller.from);
  fields.text("to", caller.to);
  fields.text("realm", caller.realm);
  fields.text("trunk", caller.trunk);
  fields.text("source", source);
  fields.text("transport", transport);
  fields.text("authenticated", caller.authenticated);
  fields.text("registered", caller.registered_aor);
  fields.yes("behind_nat", caller.behind_nat);
  fields.text("user_agent", caller.user_agent);
  fields.text("message", caller.message);
  if (const auto after = fields.number("gives_up")) caller.gives_up = seconds(*after);
  if (const auto time = fields.number("talks")) caller.talks = seconds(*time);
  if (!caller.registered_aor.empty()) caller.registered_aor = simulate::whole_aor(caller.registered_aor, ground.domain);
  if (const Value* sdp = fields.find("sdp")) {
    if (sdp->text() != nullptr) caller.sdp = *sdp->text();
    if (sdp->boolean() != nullptr && !*sdp->boolean()) caller.sdp = "";
  }
  if (const Value* names = fields.find("tls_peer")) {
    static const List kNobody;
    const bool none = names->record() != nullptr && names->record()->empty();
    if (names->list() == nullptr && !none)
      return Wrong(fields.what() + ": tls_peer must be a list, not " + names->shown());
    for (const Value& name : none ? kNobody : *names->list()) {
      if (name.text() == nullptr) return Wrong(fields.what() + ": tls_peer: expected a text, got " + name.shown());
      caller.tls_peer.push_back(*name.text());
    }
  }
  if (const Value* headers = fields.find("headers")) {
    if (headers->record() == nullptr)
      return Wrong(fields.what() + ": headers must be a table, not " + headers->shown());
    for (const auto& [name, text] : *headers->record()) {
      if (text.text() == nullptr)
        return Wrong(fields.what() + ": headers: expected a text for " + name + ", got " + text.shown());
      caller.headers += name + ": " + *text.text() + "\r\n";
    }
  }
  const auto known = sip::transport_from(transport);
  if (!known) return Wrong(fields.what() + ": there is no transport \"" + transport + "\"");
  caller.transport = *known;
  if (source.empty()) return {};
  const auto address = simulate::read_address(source);
  if (!address) return Wrong(fields.what() + ": source: " + address.error());
  caller.source = *address;
  return {};
}

Done read_surroundings(Fields& fields, const Ground& ground, simulate::Scene& scene) {
  if (const Value* phones = fields.find("phones")) {
    if (phones->list() == nullptr) return Wrong(fields.what() + ": phones must be a list, not " + phones->shown());
    for (const Value& one : *phones->list()) {
      auto phone = read_phone(one, ground, scene.phones.size());
      if (!phone) return Wrong(fields.what() + ": phones: " + phone.error());
      scene.phones.push_back(*std::move(phone));
    }
  }
  if (const Value* answers = fields.find("answers")) {
    if (answers->record() == nullptr) return Wrong("call: answers must be a table, not " + answers->shown());
    for (const auto& [who, what] : *answers->record()) {
      auto behaviour = read_behaviour(what);
      if (!behaviour) return Wrong("call: answers." + who + ": " + behaviour.error());
      auto known = simulate::callee_named(ground.setting, ground.domain, scene.phones, who);
      if (!known) return Wrong("call: answers: " + known.error());
      scene.behaviours[*std::move(known)] = *std::move(behaviour);
    }
  }
  if (const Value* names = fields.find("names")) {
    if (names->record() == nullptr) return Wrong("call: names must be a table, not " + names->shown());
    for (const auto& [name, address] : *names->record()) {
      const auto read = simulate::read_address(address.text() != nullptr ? *address.text() : "");
      if (!read) return Wrong("call: names: " + read.error());
      scene.names[name] = *read;
    }
  }
  if (const Value* lookups = fields.find("lookups")) {
    if (lookups->record() == nullptr) return Wrong("call: lookups must be a table by URL, not " + lookups->shown());
    for (const auto& [url, answer] : *lookups->record()) {
      auto reply = read_lookup_reply(answer);
      if (!reply) return Wrong("call: lookups[\"" + base::printable(url, 60) + "\"]: " + reply.error());
      scene.lookups[url] = *std::move(reply);
    }
  }
  scene.wall = ground.wall;
  std::string at;
  fields.text("at", at);
  if (at.empty()) return {};
  const auto wall = simulate::read_time(at);
  if (!wall) return Wrong(fields.what() + ": at: " + wall.error());
  scene.wall = *wall;
  return {};
}

Done read_at_once(Fields& fields, const Ground& ground, simulate::Scene& scene) {
  const Value* others = fields.find("at_once");
  if (others == nullptr) return {};
  if (others->record() == nullptr) return Wrong("call: at_once must be a table, not " + others->shown());
  for (const auto& [what, count] : *others->record()) {
    const auto* whole = count.integer();
    if (!simulate::is_at_once(what) || whole == nullptr || *whole < 0 || *whole > simulate::kMaxAtOnce)
      return Wrong(
          "call: at_once: expected such as [\"trunk carrier_a\"] = 30, also of a realm, user or class, got [\"" +
          base::printable(what, 60) + "\"] = " + count.shown());
    if (auto wrong = simulate::wrong_at_once(ground.setting, what); !wrong.empty())
      return Wrong("call: at_once: " + wrong);
    scene.at_once[what] = static_cast<std::uint32_t>(*whole);
  }
  return {};
}

// The first value of each header.
Record headers_of(const sip::Message& message) {
  Record headers;
  for (const auto& field : message.headers()) {
    const auto name = field.id == sip::HeaderId::Other ? field.name : sip::canonical_name(field.id);
    headers.emplace(std::string(name), std::string(field.value));
  }
  return headers;
}

Value value_of(const simulate::Attempt& attempt) {
  Record out;
  out["to"] = attempt.to;
  out["target"] = attempt.target;
  out["uri"] = std::string(attempt.invite->request_uri_text());
  out["number"] = sip::unescape(attempt.invite->request_uri().user);
  out["from"] = std::string(attempt.invite->from().uri_text);
  out["headers"] = headers_of(*attempt.invite);
  out["body"] = std::string(attempt.invite->body());
  out["cancelled"] = attempt.cancelled;
  out["at"] = base::to_seconds(attempt.at);
  List responses;
  for (const auto& [at, status] : attempt.responses) {
    responses.emplace_back(static_cast<std::int64_t>(status));
    if (status >= 200) out["status"] = static_cast<std::int64_t>(status);
  }
  out["responses"] = std::move(responses);
  return out;
}

Value value_of(const simulate::Decision& decision) {
  Record out;
  out["handler"] = std::string(name_of(decision.handler));
  out["what"] = decision.what;
  out["where"] = decision.where;
  if (!decision.error.empty()) out["error"] = decision.error;
  List lookups;
  for (const auto& asked : decision.lookups)
    lookups.push_back(
        Record{{"what", asked.what}, {"answer", asked.answer}, {"waited", base::to_seconds(asked.until - asked.at)}});
  out["lookups"] = std::move(lookups);
  return out;
}

// A provisional response, as the caller gets it.
Value progress_of(const sip::Message& message) {
  Record out;
  out["status"] = static_cast<std::int64_t>(message.status());
  out["reason"] = std::string(message.reason_phrase());
  out["headers"] = headers_of(message);
  out["early_media"] = !message.body().empty();
  return out;
}

}  // namespace

std::expected<simulate::Scene, std::string> scene_from(const Record& record, const Ground& ground) {
  Fields fields(record, "call", kCallFields);
  simulate::Scene scene;
  scene.caller.from = simulate::whole_aor("alice", ground.domain);
  if (auto done = read_caller(fields, ground, scene.caller); !done) return Wrong(done.error());
  if (auto done = read_surroundings(fields, ground, scene); !done) return Wrong(done.error());
  if (const auto failures = fields.number("recent_failures"))
    scene.recent_failures = static_cast<std::uint32_t>(*failures);
  fields.yes("may_leak", scene.may_leak);
  if (const Value* inside = fields.find("inside")) {
    auto events = inside_from(*inside);
    if (!events) return Wrong("call: inside: " + events.error());
    scene.inside = *std::move(events);
  }
  if (auto done = read_at_once(fields, ground, scene); !done) return Wrong(done.error());
  if (const auto seed = fields.number("seed")) scene.seed = static_cast<std::uint64_t>(std::max(*seed, 0.0));
  if (auto done = fields.done(); !done) return Wrong(done.error());
  if (scene.caller.to.empty() && scene.caller.message.empty()) return Wrong("call: \"to\" is missing");
  return scene;
}

std::expected<simulate::Request, std::string> registration_from(const Record& record, const Ground& ground) {
  Fields fields(record, "register", kRegisterFields);
  simulate::Request request;
  std::string user = "alice";
  fields.text("user", user);
  auto& caller = request.scene.caller;
  caller.from = simulate::whole_aor(user, ground.domain);
  caller.realm = ground.phones_realm;
  if (auto done = read_caller(fields, ground, caller); !done) return Wrong(done.error());
  if (auto done = read_surroundings(fields, ground, request.scene); !done) return Wrong(done.error());
  if (const auto expires = fields.number("expires")) request.expires = static_cast<std::uint32_t>(*expires);
  if (const Value* contacts = fields.find("contacts")) {
    if (contacts->list() == nullptr) return Wrong("register: contacts must be a list, not " + contacts->shown());
    for (const Value& one : *contacts->list()) request.contacts.push_back(one.text() != nullptr ? *one.text() : "");
  } else {
    request.contacts.push_back(caller.from.substr(0, caller.from.find('@')) + "@192.0.2.77:5060");
  }
  if (const auto failures = fields.number("recent_failures"))
    request.scene.recent_failures = static_cast<std::uint32_t>(*failures);
  if (auto done = fields.done(); !done) return Wrong(done.error());
  return request;
}

std::expected<simulate::Request, std::string> request_from(const Record& record, const Ground& ground) {
  Fields fields(record, "request", kRequestFields);
  simulate::Request request{.method = "OPTIONS"};
  auto& caller = request.scene.caller;
  caller.from = simulate::whole_aor("alice", ground.domain);
  if (auto done = read_caller(fields, ground, caller); !done) return Wrong(done.error());
  if (auto done = read_surroundings(fields, ground, request.scene); !done) return Wrong(done.error());
  fields.text("method", request.method);
  fields.text("body", request.body);
  if (const auto failures = fields.number("recent_failures"))
    request.scene.recent_failures = static_cast<std::uint32_t>(*failures);
  if (auto done = fields.done(); !done) return Wrong(done.error());
  if (request.method == "INVITE" || request.method == "REGISTER")
    return Wrong("request: " + request.method + " is for " + (request.method == "INVITE" ? "call" : "register"));
  if (caller.to.empty()) return Wrong("request: \"to\" is missing");
  return request;
}

Value value_of(const simulate::Heard& heard) {
  Record out;
  const auto take = [&out](const json::Value& decision) {
    const auto value = value_of(decision);
    out = *value.record();
  };
  if (heard.screened) take(retell::to_json(*heard.screened));
  if (heard.registration) take(retell::to_json(*heard.registration));
  if (heard.request) take(retell::to_json(*heard.request));
  List log;
  for (const auto& decision : heard.decisions) {
    out["where"] = decision.where;
    out["what"] = decision.what;
    if (!decision.error.empty()) out["error"] = decision.error;
    for (const auto& line : decision.log) log.emplace_back(line.text);
  }
  out["log"] = std::move(log);
  return out;
}

Value value_of(const simulate::Story& story) {
  Record out;
  List responses;
  List progress;
  for (const auto& [at, message] : story.to_caller) {
    if (!message->is_response() || message->method() != sip::Method::Invite || message->status() == 100) continue;
    responses.emplace_back(static_cast<std::int64_t>(message->status()));
    if (message->status() < 200) progress.push_back(progress_of(*message));
    if (message->status() < 200) continue;
    out["status"] = static_cast<std::int64_t>(message->status());
    out["reason"] = std::string(message->reason_phrase());
    out["headers"] = headers_of(*message);
  }
  out["responses"] = std::move(responses);
  out["progress"] = std::move(progress);
  List attempts;
  for (const auto& attempt : story.attempts) attempts.push_back(value_of(attempt));
  out["attempts"] = std::move(attempts);
  List decisions;
  List log;
  for (const auto& decision : story.decisions) {
    decisions.push_back(value_of(decision));
    for (const auto& line : decision.log) log.emplace_back(line.text);
    if (!decision.error.empty()) out.emplace("error", decision.error);
  }
  out["decisions"] = std::move(decisions);
  out["log"] = std::move(log);
  if (story.record) out["answered"] = story.record->answered;
  List inside;
  for (const auto& one : story.inside) inside.push_back(value_of(one));
  out["inside"] = std::move(inside);
  if (story.record) out["duration"] = base::to_seconds(story.record->duration);
  if (story.record) {
    Record cdr;
    for (const auto& field : story.record->cdr)
      std::visit([&](const auto& value) { cdr[field.name] = value; }, field.value);
    out["cdr"] = std::move(cdr);
    out["class"] = story.record->call_class;
  }
  if (story.record) out["ended"] = std::string(name_of(story.record->cause));
  if (!story.problem.empty()) out["problem"] = story.problem;
  List leaks;
  for (const auto& leak : story.leaks) leaks.emplace_back(leak);
  out["leaks"] = std::move(leaks);
  return out;
}

std::string told(const simulate::Story& story) {
  std::string text;
  std::array<char, 48> at;
  const auto begin = [&](base::Duration when) {
    text.append("    ").append(
        at.data(), static_cast<std::size_t>(std::snprintf(at.data(), at.size(), "%8.3f s  ", base::to_seconds(when))));
  };
  std::size_t decided = 0;
  const auto decisions_until = [&](base::Duration when) {
    for (; decided < story.decisions.size() && story.decisions[decided].at <= when; ++decided) {
      const auto& one = story.decisions[decided];
      begin(one.at);
      text +=
          std::string(name_of(one.handler)) + ": " + one.what + (one.where.empty() ? "\n" : "  [" + one.where + "]\n");
      for (const auto& asked : one.lookups)
        text += "                asked " + asked.what + ": " + (asked.answer.empty() ? "nothing" : asked.answer) + "\n";
      if (!one.error.empty()) text += "                failed: " + one.error + "\n";
    }
  };
  for (const auto& attempt : story.attempts) {
    decisions_until(attempt.at);
    begin(attempt.at);
    text += "INVITE " + std::string(attempt.invite->request_uri_text()) + " to " + attempt.to + ":";
    for (const auto& [when, status] : attempt.responses) text += " " + std::to_string(status);
    text += attempt.responses.empty() ? " nothing\n" : "\n";
  }
  decisions_until(base::Duration::max());
  begin(story.lasted);
  return text + "the caller gets " + (story.status() == 0 ? "no answer" : std::to_string(story.status())) + "\n";
}

}  // namespace sbc::trial
