// rooms: sdp
// Whatever parses is written back to lines that parse to the same lines; and whatever the border makes of it, for an
// offer and for an answer, is again a description, the same when made once more, with as many m-lines as it must have
// and none of the private attributes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/sdp/bundle.h"
#include "sbc/sdp/codec.h"
#include "sbc/sdp/extended_reports.h"
#include "sbc/sdp/handshake.h"
#include "sbc/sdp/offer_answer.h"
#include "sbc/sdp/parser.h"
#include "sbc/sdp/picture_feedback.h"
#include "sbc/sdp/preconditions.h"
#include "sbc/sdp/remote_media.h"
#include "sbc/sdp/writer.h"

using namespace sbc::sdp;

namespace {

void check(bool promise) {
  if (!promise) std::abort();
}

std::vector<std::optional<Anchor>> anchors_for(const Session& session) {
  const base::IpAddress v4 = base::IpAddress::v4(0xcb007101);
  const base::IpAddress v6 = *base::IpAddress::parse("2001:db8::1");
  std::vector<std::optional<Anchor>> anchors(session.media.size());
  for (std::size_t i = 0; i < anchors.size(); ++i) {
    if (i % 4 == 3) continue;
    const base::IpAddress& ip = i % 2 == 0 ? v4 : v6;
    const auto port = static_cast<std::uint16_t>(20000 + 2 * i);
    anchors[i] = Anchor{.rtp = {ip, port}, .rtcp = {ip, static_cast<std::uint16_t>(port + i % 3)}, .rtcp_mux = i != 1};
  }
  return anchors;
}

void touch_everything(const Session& session) {
  for (const Media& media : session.media) {
    for_each_format(media, [&](std::string_view format) { (void)fmtp(session, media, format); });
    for (unsigned type = 0; type < 128; type += 8) (void)rtpmap(session, media, static_cast<std::uint8_t>(type));
    (void)ptime(session, media);
    (void)remote_media(media, session);
    (void)extended_reports(session, media);
  }
  (void)passages_between(session, session);
}

// What we would answer of preconditions stands on lines of its own; what is read of keys and ICE is within its words.
void check_readers(const Session& session) {
  (void)demands_preconditions(session);
  (void)has_unmet_precondition(session);
  (void)same_but_preconditions(session, session);
  for (const Media& media : session.media) {
    std::string lines;
    append_precondition_answer(lines, session, media);
    check(lines.empty() || (lines.starts_with("a=") && lines.ends_with("\r\n")));
    check(lines.find("\r\n\r\n") == std::string::npos);
    const auto handshake = handshake_of(session, media);
    if (!handshake) continue;
    check(!handshake->fingerprints.empty() && handshake->same_association(*handshake));
    for (const auto& print : handshake->fingerprints)
      check(print.value.size() == (print.hash == "sha-256" ? 32U : print.hash == "sha-384" ? 48U : 64U));
  }
}

// Lines that share a transport are lines of the description, each of them once; what is asked of pictures stands on
// lines of its own.
void check_bundle(const Session& session) {
  const std::vector<std::size_t> all = bundled_lines(session);
  const std::vector<std::size_t> accepted = acceptable_bundle(session);
  for (const auto& lines : {all, accepted}) {
    check(std::set(lines.begin(), lines.end()).size() == lines.size());
    for (const std::size_t line : lines) check(line < session.media.size());
  }
  for (const std::size_t line : accepted) check(std::ranges::find(all, line) != all.end());
  if (const auto id = names_in_packets(session, all)) check(*id >= 1 && *id <= 14);
  BundleNumbers numbers;
  for (const Media& media : session.media) {
    (void)numbers.take(session, media);
    (void)transport_of(session, media);
    (void)is_bundle_only(session, media);
    (void)payload_types(media);
    (void)picture_requests(session, media);
    const std::string asked = picture_request_lines(session, media, "96 97 *");
    check(asked.empty() || (asked.starts_with("a=rtcp-fb:") && asked.ends_with("\r\n")));
    check(asked.find("\r\n\r\n") == std::string::npos);
  }
}

void check_ours(const Session& ours) {
  check(ours.origin.username == "-");
  for (const Line& line : ours.lines) {
    check(line.attribute != AttributeId::Private && line.attribute != AttributeId::Other);
    check(std::string_view("vosctbma").find(line.type) != std::string_view::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_shared(text);
  if (!parsed) return 0;
  const Session& session = **parsed;
  touch_everything(session);
  check_readers(session);
  check_bundle(session);

  const std::string written = write(session);
  const auto again = parse(written);
  check(again.has_value() && again->lines.size() == session.lines.size() && same_media(session, *again));
  check(write(*again) == written);

  const auto anchors = anchors_for(session);
  const RewriteInput input{.from = session, .anchors = anchors};
  OfferAnswer offering({.username = "-",
                        .session_id = 1,
                        .first_version = 9,
                        .address = anchors.empty() ? base::IpAddress::v4(1) : anchors[0]->rtp.ip});
  const auto offer = offering.offer(input);
  check(offer.has_value());
  check(offering.local()->media.size() == session.media.size());
  check_ours(*offering.local());
  check(*offering.offer(input) == *offer);

  OfferAnswer answering({.username = "-", .session_id = 2, .first_version = 1, .address = base::IpAddress::v4(1)});
  check(answering.remote_offer(*parsed).has_value());
  const auto answer = answering.answer(input, Finality::Final);
  check(answer.has_value());
  check_ours(*answering.local());
  check(answering.agreed_local()->media.size() == session.media.size());
  return 0;
}
