// rooms: sdp
// What one description costs on its way through the border: six codecs of audio, as a phone offers them.

#include <benchmark/benchmark.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/sdp/offer_answer.h"
#include "sbc/sdp/parser.h"
#include "sbc/sdp/remote_media.h"
#include "sbc/sdp/writer.h"

namespace sbc::sdp {
namespace {

constexpr std::string_view kOffer =
    "v=0\r\n"
    "o=alice 2890844526 2890844526 IN IP4 192.0.2.1\r\n"
    "s=Phone\r\n"
    "c=IN IP4 192.0.2.1\r\n"
    "t=0 0\r\n"
    "m=audio 49170 RTP/AVP 0 8 9 18 96 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:9 G722/8000\r\n"
    "a=rtpmap:18 G729/8000\r\n"
    "a=fmtp:18 annexb=no\r\n"
    "a=rtpmap:96 opus/48000/2\r\n"
    "a=fmtp:96 useinbandfec=1\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\n"
    "a=ptime:20\r\n"
    "a=rtcp:49171\r\n"
    "a=sendrecv\r\n";

const base::IpAddress kOurs = *base::IpAddress::parse("203.0.113.1");
const OriginIdentity kIdentity{
    .username = "-", .session_id = 4611731400430051336, .first_version = 1, .address = kOurs};
const std::vector<std::optional<Anchor>> kAnchors{Anchor{.rtp = {kOurs, 20000}, .rtcp = {kOurs, 20001}}};

void Parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse(kOffer));
}
BENCHMARK(Parse);

void Write(benchmark::State& state) {
  const Session session = *parse(kOffer);
  for (auto _ : state) benchmark::DoNotOptimize(write(session));
}
BENCHMARK(Write);

void Rewrite(benchmark::State& state) {
  const Session session = *parse(kOffer);
  for (auto _ : state) benchmark::DoNotOptimize(rewrite({.from = session, .anchors = kAnchors}, kIdentity, 1));
}
BENCHMARK(Rewrite);

// The way of an offer through the border: the target is 3 us.
void ParseAndRewrite(benchmark::State& state) {
  for (auto _ : state) {
    const auto session = parse(kOffer);
    benchmark::DoNotOptimize(rewrite({.from = *session, .anchors = kAnchors}, kIdentity, 1));
  }
}
BENCHMARK(ParseAndRewrite);

// A whole negotiation: offer and answer through two legs, their state included.
void Exchange(benchmark::State& state) {
  for (auto _ : state) {
    OfferAnswer a(kIdentity);
    OfferAnswer b(kIdentity);
    (void)a.remote_offer(*parse_shared(kOffer));
    benchmark::DoNotOptimize(b.offer({.from = *a.remote(), .anchors = kAnchors}));
    (void)b.remote_answer(*parse_shared(kOffer), Finality::Final);
    benchmark::DoNotOptimize(a.answer({.from = *b.remote(), .anchors = kAnchors}, Finality::Final));
    benchmark::DoNotOptimize(passages_between(*a.remote(), *b.remote()));
  }
}
BENCHMARK(Exchange);

}  // namespace
}  // namespace sbc::sdp
