// rooms: leak
// What the leak guard costs: messages of a plain call between two phones, each of which said what phones say.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "sbc/leak/watch.h"
#include "sbc/sip/parser.h"

namespace sbc::leak {
namespace {

std::string description(const std::string& ip) {
  return "v=0\r\no=- 2890844526 2890844526 IN IP4 " + ip + "\r\ns=-\r\nc=IN IP4 " + ip +
         "\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0 8 9 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
         "a=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ice-ufrag:8hhY\r\n"
         "a=ice-pwd:asd88fgpdd777uzjYhagZg\r\na=candidate:1 1 UDP 2130706431 " +
         ip + " 49170 typ host\r\na=ssrc:1234 cname:user@phone.example\r\na=sendrecv\r\n";
}

std::string message(const std::string& start, const std::string& method, const std::string& name, const std::string& ip,
                    const std::string& body) {
  return start + "\r\nVia: SIP/2.0/UDP " + ip + ":5060;branch=z9hG4bK" + name +
         "776asdhds;rport\r\nMax-Forwards: 70\r\nFrom: \"User\" <sip:" + name + "@" + name + ".example>;tag=" + name +
         "1928301774\r\nTo: <sip:1000@border.example>;tag=" + name + "a6c85cf\r\nCall-ID: " + name +
         "a84b4c76e66710@pc33\r\nCSeq: 314159 " + method + "\r\nContact: <sip:" + name + "@" + ip +
         ":5060;transport=udp>\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE\r\nSupported: timer, "
         "replaces\r\n"
         "User-Agent: Example Phone " +
         name + "/1.2.3\r\nSession-ID: ab30317f1a784dc48ff824d0d3715d86;remote=0\r\n" +
         (body.empty() ? "" : "Content-Type: application/sdp\r\n") + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

const base::IpAddress kAlice = *base::IpAddress::parse("192.0.2.10");
const base::IpAddress kBob = *base::IpAddress::parse("203.0.113.20");

sip::MessagePtr parsed(const std::string& start, const std::string& method, const std::string& name,
                       const std::string& ip, bool with_body) {
  return sip::parse(message(start, method, name, ip, with_body ? description(ip) : "")).message;
}

// As the border writes it: nothing of either side.
const std::string kInvite =
    message("INVITE sip:1000@203.0.113.20 SIP/2.0", "INVITE", "ours", "198.51.100.1", description("198.51.100.1"));
const std::string kBye = message("BYE sip:1000@203.0.113.20 SIP/2.0", "BYE", "ours", "198.51.100.1", "");

void HearAnInvite(benchmark::State& state) {
  const auto invite = parsed("INVITE sip:1000@border.example SIP/2.0", "INVITE", "alice", "192.0.2.10", true);
  const Ours ours;
  for (auto _ : state) {
    Watch watch;
    watch.heard(End::A, *invite, kAlice, ours);
    benchmark::DoNotOptimize(watch);
  }
}
BENCHMARK(HearAnInvite);

void SearchAnInvite(benchmark::State& state) {
  const Ours ours;
  Watch watch;
  watch.heard(End::A, *parsed("INVITE sip:1000@border.example SIP/2.0", "INVITE", "alice", "192.0.2.10", true), kAlice,
              ours);
  for (auto _ : state) benchmark::DoNotOptimize(watch.leaks_in(End::B, kInvite));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kInvite.size()));
}
BENCHMARK(SearchAnInvite);

// INVITE, 180, 200, ACK, BYE, 200 heard from one side each, and as many said to the other.
void PlainCall(benchmark::State& state) {
  const auto invite = parsed("INVITE sip:1000@border.example SIP/2.0", "INVITE", "alice", "192.0.2.10", true);
  const auto ringing = parsed("SIP/2.0 180 Ringing", "INVITE", "bob", "203.0.113.20", false);
  const auto answer = parsed("SIP/2.0 200 OK", "INVITE", "bob", "203.0.113.20", true);
  const auto ack = parsed("ACK sip:1000@border.example SIP/2.0", "ACK", "alice", "192.0.2.10", false);
  const auto bye = parsed("BYE sip:1000@border.example SIP/2.0", "BYE", "alice", "192.0.2.10", false);
  const auto done = parsed("SIP/2.0 200 OK", "BYE", "bob", "203.0.113.20", false);
  Ours ours;
  ours.add("198.51.100.1");
  ours.add("border.example");
  for (auto _ : state) {
    Watch watch;
    watch.heard(End::A, *invite, kAlice, ours);
    benchmark::DoNotOptimize(watch.leaks_in(End::B, kInvite));
    watch.heard(End::B, *ringing, kBob, ours);
    benchmark::DoNotOptimize(watch.leaks_in(End::A, kBye));
    watch.heard(End::B, *answer, kBob, ours);
    benchmark::DoNotOptimize(watch.leaks_in(End::B, kBye));
    benchmark::DoNotOptimize(watch.leaks_in(End::A, kInvite));
    watch.heard(End::A, *ack, kAlice, ours);
    watch.heard(End::A, *bye, kAlice, ours);
    benchmark::DoNotOptimize(watch.leaks_in(End::A, kBye));
    benchmark::DoNotOptimize(watch.leaks_in(End::B, kBye));
    watch.heard(End::B, *done, kBob, ours);
  }
}
BENCHMARK(PlainCall);

}  // namespace
}  // namespace sbc::leak
