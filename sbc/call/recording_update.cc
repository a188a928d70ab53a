// What the recording server is told of the call: at the beginning, and when something has changed.

#include <algorithm>

#include "sbc/body/multipart.h"
#include "sbc/body/recording_metadata.h"
#include "sbc/call/identity.h"
#include "sbc/call/limits.h"
#include "sbc/call/recording_client.h"
#include "sbc/sip/name_addr.h"
#include "sbc/sip/params.h"

namespace sbc::call {
namespace {

constexpr std::string_view kHeaders = "Require: siprec\r\nAccept: application/sdp, application/rs-metadata\r\n";

struct Person {
  std::string aor;
  std::string name;
};

// As a callee would see it: who it says that it is, behind our host. Nothing else of its network.
Person person_of(const dialog::Dialog& dialog, std::string_view host) {
  const auto said = sip::parse_name_addr(dialog.remote_uri());
  if (!said) return {.aor = "sip:" + std::string(host), .name = {}};
  if (said->uri.scheme == sip::Uri::Scheme::Tel)
    return {.aor = "tel:" + std::string(said->uri.user), .name = said->display_text()};
  if (said->uri.host == "anonymous.invalid") return {.aor = "sip:anonymous@anonymous.invalid", .name = {}};
  const std::string user(said->uri.user);
  return {.aor = "sip:" + user + (user.empty() ? "" : "@") + std::string(host), .name = said->display_text()};
}

}  // namespace

base::WallTime RecordingClient::wall() const {
  const auto passed = std::chrono::duration_cast<base::seconds>(now_ - call_.began);
  return {call_.arrival.wall.seconds + passed.count()};
}

RecordedNow RecordingClient::now_recorded(const control::SessionSpec& spec) const {
  return {.media = call_.media, .spec = spec, .streams = call_.recorder->streams, .paused = call_.recording_paused};
}

// Another dialog on a side is another participant (a transfer, a takeover).
void RecordingClient::look_at_parties() {
  auto& parties = session().parties;
  for (const Side side : {Side::A, Side::B}) {
    const Leg& leg = call_.leg(side);
    if (!leg.dialog) continue;
    const auto present =
        std::ranges::find_if(parties, [side](const RecordedParty& p) { return p.side == side && !p.until; });
    if (present != parties.end() && present->leg == leg.dialog->local_tag()) continue;
    if (present != parties.end()) present->until = wall();
    const Person who = person_of(*leg.dialog, own_domain(*core_.settings, leg.realm, leg.hop.listener));
    parties.push_back({.side = side,
                       .leg = leg.dialog->local_tag(),
                       .id = new_metadata_id(core_.random),
                       .aor = who.aor,
                       .name = who.name,
                       .since = wall()});
  }
  const auto former = [](const RecordedParty& p) { return p.until.has_value(); };
  while (static_cast<std::size_t>(std::ranges::count_if(parties, former)) > kMaxFormerParties)
    parties.erase(std::ranges::find_if(parties, former));
}

std::string RecordingClient::metadata(const control::SessionSpec& spec) const {
  const RecordingSession& rs = *call_.recorder;
  body::RecordingMetadata out{.session = rs.id, .start = rs.began, .participants = {}, .streams = {}};
  for (std::size_t i = 0; i < rs.streams.size(); ++i)
    out.streams.push_back({.id = rs.streams[i].id, .label = std::to_string(i + 1)});
  for (const RecordedParty& party : rs.parties) {
    body::RecordedParticipant who{
        .id = party.id, .aor = party.aor, .name = party.name, .since = party.since, .until = party.until};
    for (const RecordedStream& stream : rs.streams) {
      if (party.until || !is_spoken(spec, stream)) continue;
      (stream.from == party.side ? who.sends : who.hears).push_back(stream.id);
    }
    out.participants.push_back(std::move(who));
  }
  return body::write_metadata(out);
}

std::string RecordingClient::described() const {
  const control::SessionSpec spec = call_.media.spec(0);
  return recorded_offer(now_recorded(spec)) + metadata(spec);
}

// RFC 7866 9.1: what speaks of labels comes with the offer that has them.
RecordingClient::RecordingBody RecordingClient::body_of(const std::string& description) const {
  const control::SessionSpec spec = call_.media.spec(0);
  body::Multipart parts{.boundary = core_.minter.tag(core_.random), .parts = {}};
  parts.parts.push_back({.headers = {{"Content-Type", "application/sdp"}},
                         .text = labelled(description, call_.recorder->streams.size()),
                         .read = {}});
  parts.parts.push_back(
      {.headers = {{"Content-Type", "application/rs-metadata+xml"}, {"Content-Disposition", "recording-session"}},
       .text = metadata(spec),
       .read = {}});
  return {.type = "multipart/mixed;boundary=" + parts.boundary, .text = body::write_multipart(parts)};
}

void RecordingClient::change() {
  RecordingSession& rs = session();
  const control::SessionSpec spec = call_.media.spec(0);
  if (const auto taken = rs.media.take_offer(Side::A, recorded_offer(now_recorded(spec))); !taken) {
    rs.media.roll_back();
    rs.told = described();  // there is no other way to say it
    out_.notes.push_back(note_about(call_, Note::Level::Warning, "recording server: " + taken.error().text));
    return;
  }
  if (!rs.media.needs_ports()) return send_change();
  rs.step = Step::Anchoring;
  Machine(core_, call_, now_, out_).relay_changes();
}

void RecordingClient::send_change() {
  RecordingSession& rs = session();
  rs.step = Step::Up;
  const auto offer = rs.media.make_offer(Side::B);
  rs.told = described();
  rs.unasked = false;
  if (!offer) {
    rs.media.roll_back();
    out_.notes.push_back(note_about(call_, Note::Level::Warning, "recording server: " + offer.error().text));
    return;
  }
  const RecordingBody body = body_of(*offer);
  rs.leg.invite_cseq = rs.leg.dialog->next_cseq();
  rs.step = Step::Changing;
  rs.leg.client = send(sip::Method::Invite, rs.leg.invite_cseq, rs.leg.session.request_lines() + std::string(kHeaders),
                       {body.type, body.text});
  if (rs.leg.client) return;
  send_bye();
  died("the recording server cannot be reached");
}

}  // namespace sbc::call
