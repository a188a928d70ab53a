#pragma once
// The fields of each kind of facts, once for both ways: an archive is called with each name and member, and writes it
// or reads it. The names are those that a policy reads (sbc/policy/facts.cc); a test compares the two. Internal to the
// room.

#include <concepts>
#include <type_traits>

#include "sbc/policy/decision.h"
#include "sbc/policy/facts.h"

namespace sbc::retell {

template <typename Facts, typename Of>
concept Is = std::same_as<std::remove_const_t<Facts>, Of>;

template <typename Archive, Is<policy::Address> Facts>
void each(Archive& field, Facts& of) {
  field("uri", of.uri);
  field("scheme", of.scheme);
  field("user", of.user);
  field("host", of.host);
  field("port", of.port);
  field("display", of.display);
  field("aor", of.aor);
}

template <typename Archive, typename Facts>
void each_of_request(Archive& field, Facts& of) {
  field("realm", of.realm);
  field("trunk", of.trunk);
  field("method", of.method);
  field("call_id", of.call_id);
  field("ruri", of.ruri);
  field("source_ip", of.source_ip);
  field("source_port", of.source_port);
  field("transport", of.transport);
  field("tls_peer", of.tls_peer);
  field("user_agent", of.user_agent);
  field("from", of.from);
  field("to", of.to);
  field("to_header", of.to_header);
  field("authenticated", of.authenticated);
  field("auth_user", of.auth_user);
  field("behind_nat", of.behind_nat);
  field("recent_failures", of.recent_failures);
  field.time("time", of.now, of.utc_offset_seconds);
  field("headers", of.headers);
}

template <typename Archive, typename Facts>
void each_of_sender(Archive& field, Facts& of) {
  field("registered_source", of.registered_source);
  field("registered_aor", of.registered_aor);
}

template <typename Archive, Is<policy::InviteFacts> Facts>
void each(Archive& field, Facts& of) {
  each_of_request(field, of);
  each_of_sender(field, of);
  field("emergency", of.emergency);
  field("has_sdp", of.has_sdp);
  field("referred_by", of.referred_by);
  field("replaces", of.replaces);
  field("sdp", of.sdp);
  field("registration", of.registration);
  field("attempts", of.attempts);
}

template <typename Archive, Is<policy::SdpLineFacts> Facts>
void each(Archive& field, Facts& of) {
  field("kind", of.kind);
  field("transport", of.transport);
  field("port", of.port);
  field("codecs", of.codecs);
  field("direction", of.direction);
  field("security", of.security);
  field("host", of.host);
}

template <typename Archive, Is<policy::SdpFacts> Facts>
void each(Archive& field, Facts& of) {
  field("kinds", of.kinds);
  field("codecs", of.codecs);
  field("direction", of.direction);
  field("security", of.security);
  field("ice", of.ice);
  field("host", of.host);
  field("lines", of.lines);
}

template <typename Archive, Is<policy::RegistrationFacts> Facts>
void each(Archive& field, Facts& of) {
  field("aor", of.aor);
  field("uri", of.uri);
  field("user_agent", of.user_agent);
  field("source_ip", of.source_ip);
  field("transport", of.transport);
  field("q", of.q);
  field("expires_in", of.expires_in);
}

template <typename Archive, Is<policy::RegisterFacts> Facts>
void each(Archive& field, Facts& of) {
  each_of_request(field, of);
  field("contacts", of.contacts);
  field("removes_all", of.removes_all);
  field("expires", of.expires);
}

template <typename Archive, Is<policy::RequestFacts> Facts>
void each(Archive& field, Facts& of) {
  each_of_request(field, of);
  each_of_sender(field, of);
  field("target_party", of.target_party);
}

template <typename Archive, Is<policy::LegFacts> Facts>
void each(Archive& field, Facts& of) {
  field("side", of.side);
  field("realm", of.realm);
  field("trunk", of.trunk);
  field("source_ip", of.source_ip);
  field("transport", of.transport);
  field("contact_host", of.contact_host);
  field("media_host", of.media_host);
  field("user_agent", of.user_agent);
  field("behind_nat", of.behind_nat);
}

template <typename Archive, Is<policy::AttemptFacts> Facts>
void each(Archive& field, Facts& of) {
  field("number", of.number);
  field("target", of.target);
  field("realm", of.realm);
  field("trunk", of.trunk);
  field("group", of.group);
  field("cause", of.cause);
  field("status", of.status);
  field("reason", of.reason);
  field("retry_after", of.retry_after);
  field("rang", of.rang);
  field("early_media", of.early_media);
  field("remaining", of.remaining);
  field("elapsed_ms", of.elapsed_ms);
  field("contacts", of.contacts);
  field("usual", of.usual);
  field("next", of.next);
  field("pdd_ms", of.pdd_ms);
  field("rung_ms", of.rung_ms);
}

template <typename Archive, Is<policy::QualityFacts> Facts>
void each(Archive& field, Facts& of) {
  field("event", of.event);
  field("party", of.party);
  field("trunk", of.trunk);
  field("codec", of.codec);
  field("mos", of.mos);
  field("loss", of.loss);
  field("jitter_ms", of.jitter_ms);
  field("round_trip_ms", of.round_trip_ms);
  field("reported_mos", of.reported_mos);
  field("reported_loss", of.reported_loss);
  field("worst_mos", of.worst_mos);
  field("falls", of.falls);
  field("elapsed_ms", of.elapsed_ms);
}

template <typename Archive, Is<policy::ResponseFacts> Facts>
void each(Archive& field, Facts& of) {
  field("number", of.number);
  field("target", of.target);
  field("realm", of.realm);
  field("trunk", of.trunk);
  field("group", of.group);
  field("status", of.status);
  field("reason", of.reason);
  field("has_sdp", of.has_sdp);
  field("reliable", of.reliable);
  field("elapsed_ms", of.elapsed_ms);
  field("user_agent", of.user_agent);
  field("headers", of.headers);
}

template <typename Archive, Is<policy::InsideFacts> Facts>
void each(Archive& field, Facts& of) {
  field("event", of.event);
  field("party", of.party);
  field("method", of.method);
  field("content_type", of.content_type);
  field("body", of.body);
  field("digit", of.digit);
  field("duration_ms", of.duration_ms);
  field("has_sdp", of.has_sdp);
  field("unchanged", of.unchanged);
  field("hold", of.hold);
  field("refer_to", of.refer_to);
  field("elapsed_ms", of.elapsed_ms);
  field("headers", of.headers);
}

template <typename Archive, Is<policy::TimerFacts> Facts>
void each(Archive& field, Facts& of) {
  field("name", of.name);
  field("number", of.number);
  field("elapsed_ms", of.elapsed_ms);
}

template <typename Archive, Is<policy::StreamFacts> Facts>
void each(Archive& field, Facts& of) {
  field("line", of.line);
  field("kind", of.kind);
  field("party", of.party);
  field("codec", of.codec);
  field("packets", of.packets);
  field("mos", of.mos);
  field("loss", of.loss);
  field("jitter_ms", of.jitter_ms);
  field("round_trip_ms", of.round_trip_ms);
  field("reported_mos", of.reported_mos);
  field("reported_loss", of.reported_loss);
  field("inside_ms", of.inside_ms);
  field("longest_inside_ms", of.longest_inside_ms);
}

template <typename Archive, Is<policy::EndFacts> Facts>
void each(Archive& field, Facts& of) {
  field("answered", of.answered);
  field("status", of.status);
  field("reason", of.reason);
  field("cause", of.cause);
  field("ended_by", of.ended_by);
  field("trunk", of.trunk);
  field("setup_ms", of.setup_ms);
  field("duration_ms", of.duration_ms);
  field("caller_mos", of.caller_mos);
  field("callee_mos", of.callee_mos);
  field("caller_loss", of.caller_loss);
  field("callee_loss", of.callee_loss);
  field("caller_worst_mos", of.caller_worst_mos);
  field("callee_worst_mos", of.callee_worst_mos);
  field("streams", of.streams);
  field("silent", of.silent);
  field("pdd_ms", of.pdd_ms);
  field("rung_ms", of.rung_ms);
  field("class", of.call_class);
  field("cdr", of.cdr);
}

// What a look-up found; its token means something to one process only and is left out.
template <typename Archive, Is<policy::Contact> Facts>
void each(Archive& field, Facts& of) {
  field("uri", of.uri);
  field("aor", of.aor);
  field("user_agent", of.user_agent);
  field("source_ip", of.source_ip);
  field("transport", of.transport);
  field("q", of.q);
  field("expires_in", of.expires_in);
}

}  // namespace sbc::retell
