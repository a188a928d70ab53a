// rooms: sip
// What a message costs on its way through the signalling thread: parsing, answering, cutting out of a stream.

#include <benchmark/benchmark.h>

#include <string>

#include "sbc/sip/framer.h"
#include "sbc/sip/parser.h"
#include "sbc/sip/response.h"

namespace {

using namespace sbc::sip;

// What a phone sends: 12 header fields and a short SDP.
std::string invite() {
  const std::string body =
      "v=0\r\no=- 3829 3829 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
      "m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n";
  return "INVITE sip:bob@example.com SIP/2.0\r\n"
         "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds;rport\r\n"
         "Max-Forwards: 70\r\n"
         "To: Bob <sip:bob@example.com>\r\n"
         "From: \"Alice\" <sip:alice@example.com>;tag=1928301774\r\n"
         "Call-ID: a84b4c76e66710@192.0.2.10\r\n"
         "CSeq: 314159 INVITE\r\n"
         "Contact: <sip:alice@192.0.2.10:5060>\r\n"
         "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n"
         "Supported: replaces, timer\r\n"
         "User-Agent: Phone 1.0\r\n"
         "Content-Type: application/sdp\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

void parse_invite(benchmark::State& state) {
  const std::string bytes = invite();
  if (!parse(bytes).ok()) state.SkipWithError("does not parse");
  for (auto _ : state) {
    auto result = parse(std::string(bytes));
    benchmark::DoNotOptimize(result.message.get());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
  state.counters["bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(parse_invite);

void build_180(benchmark::State& state) {
  const auto request = parse(invite());
  Source source;
  source.hop.remote = *base::Endpoint::parse("192.0.2.10:5060");
  for (auto _ : state) benchmark::DoNotOptimize(build_response(*request.message, 180, "4711", source));
}
BENCHMARK(build_180);

void frame_invite(benchmark::State& state) {
  const std::string bytes = invite();
  StreamFramer framer;
  for (auto _ : state) {
    framer.feed(bytes);
    benchmark::DoNotOptimize(framer.next());
  }
}
BENCHMARK(frame_invite);

void header_name(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(header_id_from("Record-Route"));
    benchmark::DoNotOptimize(header_id_from("X-Unknown-Header"));
  }
}
BENCHMARK(header_name);

}  // namespace
