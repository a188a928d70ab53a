#include "media-relay/control/codec.h"
#include "media-relay/control/framing.h"
#include "media-relay/control/limits.h"
#include "media-relay/control/wire.h"

namespace control {
namespace {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

void append_frame(std::string& out, const google::protobuf::MessageLite& envelope) {
  const std::size_t start = out.size();
  begin_frame(out);
  envelope.AppendPartialToString(&out);
  end_frame(out, start);
}

// Protobuf refuses strings that are not UTF-8; texts for people may quote bytes of strangers.
std::string for_people(std::string_view text, std::size_t most) {
  std::string out(text.substr(0, most));
  for (char& c : out)
    if (static_cast<std::uint8_t>(c) < 0x20 || static_cast<std::uint8_t>(c) > 0x7e) c = '?';
  return out;
}

template <typename Stats>
void put_all(Stats& out, const std::vector<FlowStats>& stats) {
  for (const FlowStats& s : stats) put(*out.Add(), s);
}

template <typename Addresses>
void put_all(Addresses& out, const std::vector<FlowAddresses>& flows) {
  for (const FlowAddresses& f : flows) put(*out.Add(), f);
}

void put_notice(wire::MediaNotice& out, const SessionId& id, std::uint32_t flow, HalfSide half,
                const base::Endpoint& source) {
  out.set_id(id);
  out.set_flow(flow);
  out.set_half_b(half == HalfSide::B);
  put(*out.mutable_source(), source);
}

}  // namespace

void append_command(std::string& out, std::uint64_t request, const Command& command) {
  wire::ToRelay e;
  e.set_request(request);
  std::visit(Overloaded{
                 [&](const Hello& c) {
                   wire::Hello& m = *e.mutable_hello();
                   m.set_controller(c.controller);
                   m.set_lease_ms(c.lease_ms);
                   m.set_version(c.version);
                 },
                 [&](const Open& c) {
                   e.mutable_open()->set_id(c.id);
                   put(*e.mutable_open()->mutable_spec(), c.spec);
                 },
                 [&](const Modify& c) {
                   e.mutable_modify()->set_id(c.id);
                   put(*e.mutable_modify()->mutable_spec(), c.spec);
                 },
                 [&](const Close& c) {
                   e.mutable_close()->set_id(c.id);
                   e.mutable_close()->set_reason(for_people(c.reason, kMaxReasonBytes));
                 },
                 [&](const Query& c) { e.mutable_query()->set_id(c.id); },
                 [&](const List& c) { e.mutable_list()->set_cursor(c.cursor); },
                 [&](const Subscribe& c) { e.mutable_subscribe()->set_events(c.events); },
                 [&](const Ping&) { e.mutable_ping(); },
                 [&](const SendDigits& c) {
                   wire::SendDigits& m = *e.mutable_send_digits();
                   m.set_id(c.id);
                   m.set_flow(c.flow);
                   m.set_half_b(c.half == HalfSide::B);
                   m.set_digits(c.digits);
                   m.set_duration_ms(c.duration_ms);
                 },
             },
             command);
  append_frame(out, e);
  wipe_keys(e);
}

void append_reply(std::string& out, std::uint64_t request, const Reply& reply) {
  wire::FromRelay e;
  e.set_request(request);
  const auto put_opened = [](wire::Opened& m, const SessionId& id, const std::vector<FlowAddresses>& flows) {
    m.set_id(id);
    put_all(*m.mutable_flows(), flows);
  };
  std::visit(Overloaded{
                 [&](const Welcome& r) {
                   wire::Welcome& m = *e.mutable_welcome();
                   m.set_relay_instance(r.relay_instance);
                   m.set_lease_ms(r.lease_ms);
                   m.set_sessions(r.sessions);
                   for (const std::string& network : r.networks) m.add_networks(network);
                   m.set_resume_ms(r.resume_ms);
                 },
                 [&](const Opened& r) { put_opened(*e.mutable_opened(), r.id, r.flows); },
                 [&](const Modified& r) { put_opened(*e.mutable_modified(), r.id, r.flows); },
                 [&](const Closed& r) {
                   wire::Closed& m = *e.mutable_closed();
                   m.set_id(r.id);
                   m.set_existed(r.existed);
                   put_all(*m.mutable_stats(), r.stats);
                 },
                 [&](const Queried& r) {
                   wire::Queried& m = *e.mutable_queried();
                   m.set_id(r.id);
                   put_all(*m.mutable_flows(), r.flows);
                   put_all(*m.mutable_stats(), r.stats);
                   m.set_age_ms(r.age_ms);
                 },
                 [&](const Listed& r) {
                   for (const SessionId& id : r.ids) e.mutable_listed()->add_ids(id);
                   e.mutable_listed()->set_next(r.next);
                 },
                 [&](const Subscribed& r) { e.mutable_subscribed()->set_events(r.events); },
                 [&](const Pong& r) {
                   e.mutable_pong()->set_sessions(r.sessions);
                   e.mutable_pong()->set_max_sessions(r.max_sessions);
                   e.mutable_pong()->set_controllers(r.controllers);
                 },
                 [&](const SendingDigits& r) { e.mutable_sending_digits()->set_id(r.id); },
                 [&](const Error& r) {
                   e.mutable_error()->set_code(static_cast<wire::ErrorCode>(r.code));
                   e.mutable_error()->set_text(for_people(r.text, kMaxErrorTextBytes));
                 },
             },
             reply);
  append_frame(out, e);
}

void append_event(std::string& out, const Event& event) {
  if (std::holds_alternative<SessionLost>(event) || std::holds_alternative<SessionDrains>(event)) return;
  wire::FromRelay e;
  std::visit(Overloaded{
                 [&](const FirstPacket& v) { put_notice(*e.mutable_first_packet(), v.id, v.flow, v.half, v.source); },
                 [&](const Latched& v) { put_notice(*e.mutable_latched(), v.id, v.flow, v.half, v.source); },
                 [&](const MediaLost& v) {
                   e.mutable_media_lost()->set_id(v.id);
                   e.mutable_media_lost()->set_flow(v.flow);
                   e.mutable_media_lost()->set_silent_ms(v.silent_ms);
                 },
                 [&](const PeerChanged& v) {
                   wire::PeerChanged& m = *e.mutable_peer_changed();
                   m.set_id(v.id);
                   m.set_flow(v.flow);
                   m.set_half_b(v.half == HalfSide::B);
                   m.set_change(static_cast<wire::PeerChange>(v.change));
                   if (v.source) put(*m.mutable_source(), *v.source);
                   m.set_text(for_people(v.text, kMaxReasonBytes));
                 },
                 [&](const Dtmf& v) {
                   wire::Dtmf& m = *e.mutable_dtmf();
                   m.set_id(v.id);
                   m.set_flow(v.flow);
                   m.set_half_b(v.half == HalfSide::B);
                   m.set_digit(std::string(1, v.digit));
                   m.set_duration_ms(v.duration_ms);
                   m.set_began(v.began);
                 },
                 [&](const PictureAsked& v) {
                   wire::PictureAsked& m = *e.mutable_picture_asked();
                   m.set_id(v.id);
                   m.set_flow(v.flow);
                   m.set_half_b(v.half == HalfSide::B);
                 },
                 [&](const PlayEnded& v) {
                   wire::PlayEnded& m = *e.mutable_play_ended();
                   m.set_id(v.id);
                   m.set_flow(v.flow);
                   m.set_half_b(v.half == HalfSide::B);
                   m.set_number(v.number);
                   m.set_end(static_cast<wire::PlayEnd>(v.end));
                 },
                 [&](const SessionClosed& v) {
                   e.mutable_session_closed()->set_id(v.id);
                   e.mutable_session_closed()->set_reason(for_people(v.reason, kMaxReasonBytes));
                   put_all(*e.mutable_session_closed()->mutable_stats(), v.stats);
                 },
                 [&](const OneSided& v) {
                   e.mutable_one_sided()->set_id(v.id);
                   e.mutable_one_sided()->set_flow(v.flow);
                   e.mutable_one_sided()->set_half_b(v.silent == HalfSide::B);
                   e.mutable_one_sided()->set_silent_ms(v.silent_ms);
                 },
                 [&](const RecordingStopped& v) {
                   e.mutable_recording_stopped()->set_id(v.id);
                   e.mutable_recording_stopped()->set_flow(v.flow);
                   e.mutable_recording_stopped()->set_reason(for_people(v.reason, kMaxReasonBytes));
                 },
                 [&](const Quality& v) {
                   e.mutable_quality()->set_id(v.id);
                   put(*e.mutable_quality()->mutable_lately(), v.lately);
                 },
                 [&](const Stopping& v) { e.mutable_stopping()->set_resume_ms(v.resume_ms); },
                 [&](const Draining& v) { e.mutable_draining()->set_within_ms(v.within_ms); },
                 [](const SessionLost&) {},
                 [](const SessionDrains&) {},
             },
             event);
  append_frame(out, e);
}

}  // namespace control
