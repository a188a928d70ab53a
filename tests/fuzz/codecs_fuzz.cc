// rooms: sdp
// What two sides have said, made fit for each other: codec rules, payload types of the other side, telephone-event,
// transcoding, header extensions, streams. The input is a byte that chooses rules, and two descriptions with a zero
// byte between them. Whatever is made of a description is one, with as many m-lines; and to do it twice changes
// nothing.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "media-relay/base/text.h"

#include "sbc/sdp/codec.h"
#include "sbc/sdp/codec_filter.h"
#include "sbc/sdp/events.h"
#include "sbc/sdp/header_extension.h"
#include "sbc/sdp/limits.h"
#include "sbc/sdp/parser.h"
#include "sbc/sdp/renumber.h"
#include "sbc/sdp/sources.h"
#include "sbc/sdp/synthesis.h"
#include "sbc/sdp/transcoding.h"
#include "sbc/sdp/writer.h"

using namespace sbc::sdp;

namespace {

void check(bool promise) {
  if (!promise) std::abort();
}

using Made = std::expected<SessionPtr, Error>;

// It is whole, and about as many lines. Null: it could not be made.
SessionPtr whole(const Made& made, const Session& of) {
  if (!made) return nullptr;
  check((*made)->media.size() == of.media.size());
  check(parse(write(**made)).has_value());
  return *made;
}
template <typename Make>
void twice(const Session& of, Make&& make) {
  const SessionPtr once = whole(make(of), of);
  if (!once) return;
  const SessionPtr again = whole(make(*once), *once);
  check(again && write(*again) == write(*once));
}

CodecRules rules_of(std::uint8_t options) {
  CodecRules rules;
  if ((options & 1) != 0) rules.allow = {"PCMA", "opus", "VP8"};
  if ((options & 2) != 0) rules.deny = {"PCMU", "telephone-event", "text"};
  if ((options & 4) != 0) rules.order = {"G722", "PCMA"};
  if ((options & 8) != 0) rules.force = {"opus", "PCMU"};
  if ((options & 16) != 0) rules.ptime = 30;
  if ((options & 32) != 0) rules.maxptime = 60;
  return rules;
}

// Such a line has nothing that could remain.
bool is_of_events_alone(const Session& session, const Media& media) {
  bool alone = true;
  for_each_format(media, [&](std::string_view format) {
    const auto type = base::parse_unsigned<std::uint8_t>(format);
    const auto map = type ? rtpmap(session, media, *type) : std::nullopt;
    alone = alone && map && base::equals_ignoring_case(map->encoding, "telephone-event");
  });
  return alone;
}

void check_alone(const SessionPtr& session, std::uint8_t options) {
  const CodecRules rules = rules_of(options);
  twice(*session, [&](const Session& s) { return apply(rules, s); });
  twice(*session, [&](const Session& s) { return restrict_to(rules, s); });
  twice(*session, [](const Session& s) { return first_codecs(s); });
  static const std::array<std::string, 3> kNames{"PCMA", "G722", "opus"};
  if (const SessionPtr more = whole(with_codecs(session, kNames), *session)) (void)coded_names(*more);
  const SessionPtr with = whole(with_events(session, nullptr), *session);
  const SessionPtr without = with ? whole(without_events(with), *with) : nullptr;
  if (without)
    for (const Media& media : without->media)
      check(event_formats(*without, media).empty() || is_of_events_alone(*without, media));
  for (const Media& media : session->media) {
    const auto sources = sources_of(*session, media);
    check(std::set(sources.begin(), sources.end()).size() == sources.size());
    (void)event_formats(*session, media);
  }
  const auto player = players_answer(*session);
  if (player) check(parse(*player).has_value());
}

void check_between(const SessionPtr& one, const SessionPtr& other) {
  (void)whole(common_formats(*one, *other, FormatOrder::Own), *one);
  (void)whole(common_formats(*one, *other, FormatOrder::Others), *one);
  (void)whole(with_events(one, &*other), *one);
  (void)whole(answered_in(one, *other), *one);
  const SessionPtr numbers = whole(renumbered(one, *other), *one);
  const LegWords sender{*one, *other}, listener{*other, *one};
  for (std::size_t i = 0; i < std::min(one->media.size(), other->media.size()); ++i) {
    (void)answers_codec(*one, *other, i);
    std::set<std::uint8_t> from;
    for (const PayloadChange& change : payload_changes(*one, *other, i)) {
      check(change.from < 128 && change.to < 128);
      check(from.insert(change.from).second);
    }
    for (const CommonExtension& extension : common_extensions(*one, *other, i))
      check(extension.one != 0 && extension.other != 0);
    const auto made = transcoding_between(sender, listener, i);
    if (made) check(!made->from.empty() && made->to.payload_type < 128);
    (void)played_to(listener, i);
    if (numbers) (void)payload_changes(*other, *numbers, i);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto cut = std::min(text.find('\0'), text.size());
  const auto one = parse_shared(text.substr(0, cut));
  if (!one) return 0;
  check_alone(*one, data[0]);
  const auto other = parse_shared(text.substr(std::min(cut + 1, text.size())));
  if (!other) return 0;
  check_between(*one, *other);
  check_between(*other, *one);
  return 0;
}
