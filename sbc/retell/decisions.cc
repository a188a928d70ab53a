#include "sbc/retell/decisions.h"

#include <algorithm>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/retell/text.h"

namespace sbc::retell {
namespace {

using json::List;
using json::Members;
using json::Value;

// Each decision is taken apart by a structured binding: a member that is added to it and forgotten here does not
// compile.

Value word(std::string_view text_) {
  return {std::string(text_)};
}

std::string_view word_of(policy::OnRedirect value) {
  switch (value) {
    case policy::OnRedirect::Refuse:
      return "refuse";
    case policy::OnRedirect::Follow:
      return "follow";
    case policy::OnRedirect::Pass:
      return "pass";
  }
  return "";
}
std::string_view word_of(policy::LateOffer value) {
  switch (value) {
    case policy::LateOffer::Pass:
      return "pass";
    case policy::LateOffer::Offer:
      return "offer";
    case policy::LateOffer::Refuse:
      return "refuse";
  }
  return "";
}
std::string_view word_of(policy::MediaSecurity value) {
  switch (value) {
    case policy::MediaSecurity::None:
      return "none";
    case policy::MediaSecurity::Sdes:
      return "sdes";
    case policy::MediaSecurity::BestEffort:
      return "best-effort";
    case policy::MediaSecurity::Dtls:
      return "dtls";
    case policy::MediaSecurity::Webrtc:
      return "webrtc";
  }
  return "";
}
std::string_view word_of(policy::Preconditions value) {
  switch (value) {
    case policy::Preconditions::Strip:
      return "strip";
    case policy::Preconditions::Refuse:
      return "refuse";
  }
  return "";
}
std::string_view word_of(policy::Dtmf value) {
  switch (value) {
    case policy::Dtmf::Pass:
      return "pass";
    case policy::Dtmf::Rfc4733:
      return "rfc4733";
    case policy::Dtmf::Info:
      return "info";
    case policy::Dtmf::Inband:
      return "inband";
  }
  return "";
}
std::string_view word_of(policy::Latch value) {
  switch (value) {
    case policy::Latch::Strict:
      return "strict";
    case policy::Latch::Learn:
      return "learn";
    case policy::Latch::Hear:
      return "hear";
  }
  return "";
}
std::string_view word_of(policy::KeepAlive value) {
  switch (value) {
    case policy::KeepAlive::None:
      return "none";
    case policy::KeepAlive::Options:
      return "options";
    case policy::KeepAlive::Crlf:
      return "crlf";
    case policy::KeepAlive::Stun:
      return "stun";
  }
  return "";
}
std::string_view word_of(policy::HeaderOp::Kind kind) {
  switch (kind) {
    case policy::HeaderOp::Kind::Set:
      return "set";
    case policy::HeaderOp::Kind::Add:
      return "add";
    case policy::HeaderOp::Kind::Remove:
      return "remove";
    case policy::HeaderOp::Kind::Pass:
      return "pass";
  }
  return "";
}
std::string_view word_of(policy::Candidate::Kind kind) {
  switch (kind) {
    case policy::Candidate::Kind::Contact:
      return "contact";
    case policy::Candidate::Kind::Trunk:
      return "trunk";
    case policy::Candidate::Kind::Group:
      return "group";
    case policy::Candidate::Kind::Uri:
      return "uri";
  }
  return "";
}

// Those of one name stay in their order; upper and lower case make no other name (RFC 3261 7.3.1).
template <typename Named>
std::vector<Named> by_name(std::vector<Named> fields) {
  std::ranges::stable_sort(fields, {}, [](const Named& one) { return base::to_lower(one.name); });
  return fields;
}

Value value_of(const std::string& from) {
  return text(from);
}
Value value_of(std::uint16_t number) {
  return whole(number);
}
Value value_of(std::uint32_t number) {
  return whole(number);
}
template <typename Word>
  requires std::is_enum_v<Word>
Value value_of(Word from) {
  return word(word_of(from));
}
Value value_of(const policy::HeaderOp& op) {
  const auto& [kind, name, value] = op;
  List list{word(word_of(kind)), text(name)};
  const bool valued = kind == policy::HeaderOp::Kind::Set || kind == policy::HeaderOp::Kind::Add;
  if (valued) list.push_back(text(value));
  return {std::move(list)};
}
Value value_of(const policy::Header& header) {
  const auto& [name, value] = header;
  return {List{text(name), text(value)}};
}
Value value_of(const policy::CdrField& field) {
  const auto& [name, value] = field;
  return {List{text(name), to_json(value)}};
}
// [element, weight], with null for none, and what it is drawn by.
Value value_of(const policy::Lot& lot) {
  const auto& [element, weight, drawn_by] = lot;
  List list{whole(element), weight ? whole(*weight) : Value{}};
  if (!drawn_by.empty()) list.push_back(text(drawn_by));
  return {std::move(list)};
}
Value value_of(const base::Prefix& prefix) {
  return word(prefix.text());
}
Value value_of(const sdp::CodecRules& rules);
Value value_of(const policy::Recording& recording);
Value value_of(const policy::Candidate& candidate);
template <typename Element>
Value value_of(const std::vector<Element>& elements) {
  List list;
  for (const auto& element : elements) list.push_back(value_of(element));
  return {std::move(list)};
}

// Members that say something.
struct Object {
  Members out{};

  template <typename T>
  void always(const char* name, const T& value) {
    out.emplace_back(name, value_of(value));
  }
  template <typename T>
  void unless_usual(const char* name, const T& value, const T& usual = {}) {
    if (!(value == usual)) always(name, value);
  }
  template <typename Element>
  void unless_empty(const char* name, const std::vector<Element>& value) {
    if (!value.empty()) always(name, value);
  }
  template <typename T>
  void if_set(const char* name, const std::optional<T>& value) {
    if (value) always(name, *value);
  }
};

Value value_of(const sdp::CodecRules& rules) {
  const auto& [allow, deny, order, force, transcode, ptime, maxptime] = rules;
  Object object;
  object.unless_empty("allow", allow);
  object.unless_empty("deny", deny);
  object.unless_empty("order", order);
  object.unless_empty("force", force);
  object.unless_empty("transcode", transcode);
  object.unless_usual("ptime", ptime);
  object.unless_usual("maxptime", maxptime);
  return {std::move(object.out)};
}

Value value_of(const policy::Recording& recording) {
  const auto& [wav, pcap, siprec, required, control, early, announcement] = recording;
  Object object;
  const std::pair<const char*, bool> flags[] = {
      {"wav", wav}, {"pcap", pcap}, {"required", required}, {"control", control}, {"early", early}};
  for (const auto& [name, set] : flags)
    if (set) object.out.emplace_back(name, Value{true});
  object.unless_usual("siprec", siprec);
  object.unless_usual("announcement", announcement);
  return {std::move(object.out)};
}

Value value_of(const policy::Candidate& candidate) {
  const auto& [kind, name, contact, realm, number, timeout_s, ring_timeout_s, from_user, from_display, headers,
               redirects, late_offer, media_security, preconditions, codecs, dtmf, record, music_on_hold, ringback,
               welcome, max_duration_s, lots, cdr, at_once] = candidate;
  static_cast<void>(contact);  // a token
  Object object;
  object.out.push_back({std::string(word_of(kind)), text(name)});
  object.unless_usual("realm", realm);
  object.unless_usual("number", number);
  object.unless_usual("timeout", timeout_s);
  object.unless_usual("ring_timeout", ring_timeout_s);
  object.if_set("from_user", from_user);
  object.if_set("from_display", from_display);
  object.unless_empty("headers", by_name(headers));
  object.if_set("redirects", redirects);
  object.if_set("late_offer", late_offer);
  object.if_set("media_security", media_security);
  object.if_set("preconditions", preconditions);
  object.if_set("codecs", codecs);
  object.if_set("dtmf", dtmf);
  object.if_set("record", record);
  object.if_set("music_on_hold", music_on_hold);
  object.if_set("ringback", ringback);
  object.unless_usual("welcome", welcome);
  object.unless_usual("max_duration", max_duration_s);
  object.unless_empty("lots", lots);
  object.unless_usual("at_once", at_once);
  object.unless_empty("cdr", cdr);
  return {std::move(object.out)};
}

Object beginning(std::string_view kind) {
  Object object;
  object.out.emplace_back("decision", word(kind));
  return object;
}

Value hung_up(std::uint16_t status, const std::string& reason) {
  Object object = beginning("hang_up");
  object.unless_usual("status", status);
  object.unless_usual("reason", reason);
  return {std::move(object.out)};
}

struct Refusal {
  std::uint16_t status;
  const std::string& reason;
  const std::vector<policy::Header>& headers;
};

void add(Object& object, const Refusal& refusal) {
  object.always("status", refusal.status);
  object.unless_usual("reason", refusal.reason);
  object.unless_empty("headers", by_name(refusal.headers));
}

}  // namespace

json::Value to_json(const policy::CdrField::Value& value) {
  if (const auto* text_ = std::get_if<std::string>(&value)) return text(*text_);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return whole(*number);
  return {std::get<double>(value)};
}

// A refusal with a 3xx says where to call instead.
std::string_view refuses(std::uint16_t status, std::string_view word) {
  return status >= 300 && status < 400 ? "redirect" : word;
}

json::Value to_json(const policy::InviteDecision& decision) {
  using Kind = policy::InviteDecision::Kind;
  const auto& [kind, candidates, status, reason, headers, announcement, where, cdr, call_class] = decision;
  static_cast<void>(where);
  switch (kind) {
    case Kind::Route: {
      Object object = beginning("route");
      object.always("to", candidates);
      object.unless_empty("cdr", cdr);
      object.unless_usual("class", call_class);
      return {std::move(object.out)};
    }
    case Kind::Reject: {
      Object object = beginning(refuses(status, "reject"));
      add(object, {.status = status, .reason = reason, .headers = headers});
      object.unless_usual("announcement", announcement);
      object.unless_empty("cdr", cdr);
      return {std::move(object.out)};
    }
    case Kind::Challenge:
      return {beginning("challenge").out};
    case Kind::Drop:
      return {beginning("drop").out};
  }
  return {};
}

json::Value to_json(const policy::RegisterDecision& decision) {
  using Kind = policy::RegisterDecision::Kind;
  const auto& [kind, min_expires, max_expires, default_expires, max_contacts, status, reason, headers, where] =
      decision;
  static_cast<void>(where);
  switch (kind) {
    case Kind::Accept: {
      Object object = beginning("accept");
      object.if_set("min_expires", min_expires);
      object.if_set("max_expires", max_expires);
      object.if_set("expires", default_expires);
      object.if_set("max_contacts", max_contacts);
      return {std::move(object.out)};
    }
    case Kind::Deny: {
      Object object = beginning("deny");
      add(object, {.status = status, .reason = reason, .headers = headers});
      return {std::move(object.out)};
    }
    case Kind::Challenge:
      return {beginning("challenge").out};
    case Kind::Drop:
      return {beginning("drop").out};
  }
  return {};
}

json::Value to_json(const policy::RequestDecision& decision) {
  using Kind = policy::RequestDecision::Kind;
  const auto& [kind, candidates, status, reason, headers, where] = decision;
  static_cast<void>(where);
  switch (kind) {
    case Kind::Accept:
      return {beginning("accept").out};
    case Kind::Route: {
      Object object = beginning("route");
      object.always("to", candidates);
      return {std::move(object.out)};
    }
    case Kind::Reject: {
      Object object = beginning(refuses(status, "reject"));
      add(object, {.status = status, .reason = reason, .headers = headers});
      return {std::move(object.out)};
    }
    case Kind::Challenge:
      return {beginning("challenge").out};
    case Kind::Drop:
      return {beginning("drop").out};
  }
  return {};
}

json::Value to_json(const policy::NatDecision& decision) {
  const auto& [symmetric_signalling, latch, latch_from, keep_alive, keep_alive_s, where] = decision;
  static_cast<void>(where);
  Object object = beginning("nat");
  object.out.emplace_back("symmetric_signalling", Value{symmetric_signalling});
  object.always("latch", latch);
  object.unless_empty("latch_from", latch_from);
  object.always("keep_alive", keep_alive);
  object.always("keep_alive_interval", keep_alive_s);
  return {std::move(object.out)};
}

json::Value to_json(const policy::FailureDecision& decision) {
  using Kind = policy::FailureDecision::Kind;
  const auto& [kind, status, reason, headers, announcement, candidates, where, cdr] = decision;
  static_cast<void>(where);
  switch (kind) {
    case Kind::Usual:
      return {beginning("usual").out};
    case Kind::Next:
      return {beginning("next").out};
    case Kind::GiveUp: {
      Object object = beginning(refuses(status, "give_up"));
      add(object, {.status = status, .reason = reason, .headers = headers});
      object.unless_usual("announcement", announcement);
      object.unless_empty("cdr", cdr);
      return {std::move(object.out)};
    }
    case Kind::Route: {
      Object object = beginning("route");
      object.always("to", candidates);
      object.unless_empty("cdr", cdr);
      return {std::move(object.out)};
    }
    case Kind::Follow:
      return {beginning("follow").out};
    case Kind::Pass:
      return {beginning("pass").out};
  }
  return {};
}

json::Value to_json(const policy::ScreenDecision& decision) {
  using Kind = policy::ScreenDecision::Kind;
  const auto& [kind, status, reason, headers, where] = decision;
  static_cast<void>(where);
  switch (kind) {
    case Kind::Accept:
      return {beginning("accept").out};
    case Kind::Reject: {
      Object object = beginning("reject");
      add(object, {.status = status, .reason = reason, .headers = headers});
      return {std::move(object.out)};
    }
    case Kind::Drop:
      return {beginning("drop").out};
  }
  return {};
}

json::Value to_json(const policy::ResponseDecision& decision) {
  using Kind = policy::ResponseDecision::Kind;
  const auto& [kind, status, reason, early_media, headers, max_duration_s, where] = decision;
  static_cast<void>(where);
  switch (kind) {
    case Kind::Usual:
      return {beginning("usual").out};
    case Kind::Change: {
      Object object = beginning("change");
      object.unless_usual("status", status);
      object.unless_usual("reason", reason);
      if (!early_media) object.out.emplace_back("early_media", Value{false});
      object.unless_empty("headers", by_name(headers));
      object.unless_usual("max_duration", max_duration_s);
      return {std::move(object.out)};
    }
    case Kind::Hide:
      return {beginning("hide").out};
    case Kind::HangUp:
      return hung_up(status, reason);
  }
  return {};
}

json::Value to_json(const policy::InsideDecision& decision) {
  using Kind = policy::InsideDecision::Kind;
  const auto& [kind, status, reason, headers, where] = decision;
  static_cast<void>(where);
  switch (kind) {
    case Kind::Usual:
      return {beginning("usual").out};
    case Kind::Reject: {
      Object object = beginning("reject");
      add(object, {.status = status, .reason = reason, .headers = headers});
      return {std::move(object.out)};
    }
    case Kind::HangUp:
      return hung_up(status, reason);
  }
  return {};
}

json::Value to_json(const policy::TimerDecision& decision) {
  const auto& [kind, status, reason, where] = decision;
  static_cast<void>(where);
  if (kind == policy::TimerDecision::Kind::HangUp) return hung_up(status, reason);
  return {beginning("usual").out};
}

json::Value with_timers(json::Value decision, const std::vector<policy::TimerOp>& timers) {
  auto* members = std::get_if<Members>(&decision.what);
  if (timers.empty() || members == nullptr) return decision;
  List list;
  for (const auto& [name, seconds] : timers) list.push_back({List{text(name), whole(seconds)}});
  members->emplace_back("timers", Value{std::move(list)});
  return decision;
}

json::Value to_json(const policy::Nothing& /*decision*/) {
  return {};
}

}  // namespace sbc::retell
