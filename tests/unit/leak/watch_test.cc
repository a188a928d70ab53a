#include "sbc/leak/watch.h"

#include <gtest/gtest.h>

#include <set>

#include "sbc/leak/learn.h"
#include "sbc/sip/parser.h"

namespace sbc::leak {
namespace {

const base::IpAddress kSource = *base::IpAddress::parse("198.51.100.7");

sip::MessagePtr parse(std::string text) {
  auto result = sip::parse(std::move(text));
  EXPECT_TRUE(result.ok()) << (result.error ? result.error->text : "");
  return result.message;
}

std::string invite_text(std::string_view name, std::string_view body = {}, std::string_view headers = {}) {
  const std::string n(name);
  return "INVITE sip:1000@border.example SIP/2.0\r\nVia: SIP/2.0/UDP " + n + "-host.example:5060;branch=z9hG4bK" + n +
         "-branch\r\nVia: SIP/2.0/TCP 10.1.1.1;branch=z9hG4bK" + n +
         "-second;received=10.1.1.2\r\nMax-Forwards: 70\r\n" + "From: \"Display of " + n + "\" <sip:user@" + n +
         "-domain.example>;tag=" + n + "-tag\r\nTo: <sip:1000@to-" + n + ".example>\r\nCall-ID: " + n +
         "-call\r\nCSeq: 1 INVITE\r\nContact: <sip:user@[fd00::77]:5060>\r\n" + "Record-Route: <sip:" + n +
         "-route.example;lr>\r\nUser-Agent: " + n + "-phone/1.0\r\n" + std::string(headers) +
         (body.empty() ? "" : "Content-Type: application/sdp\r\n") + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

constexpr std::string_view kSdp =
    "v=0\r\no=alice 123456789012 1 IN IP4 10.1.1.3\r\ns=-\r\nc=IN IP4 10.1.1.4\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
    "a=rtcp:4001 IN IP4 10.1.1.5\r\na=ice-ufrag:abcdefgh\r\na=ice-pwd:0123456789012345678901\r\n"
    "a=candidate:1 1 UDP 1 10.1.1.6 4000 typ srflx raddr 10.1.1.7 rport 4000\r\n"
    "a=candidate:2 1 UDP 1 11112222-3333.local 4000 typ host\r\na=ssrc:77 cname:alice-cname\r\n";

TEST(Learn, KnowsAMessageByItsNetworkItsSoftwareAndItsNamesForTheCall) {
  const auto message = parse(invite_text("alice", kSdp));
  std::set<std::pair<std::string, std::string>> words;
  for_each_word(*message, [&](const Word& word) { words.emplace(name_of(word.kind), word.text); });
  const std::set<std::pair<std::string, std::string>> expected = {{"host", "alice-host.example"},
                                                                  {"branch", "alice-branch"},
                                                                  {"address", "10.1.1.1"},
                                                                  {"address", "10.1.1.2"},
                                                                  {"branch", "alice-second"},
                                                                  {"host", "alice-domain.example"},
                                                                  {"tag", "alice-tag"},
                                                                  {"call_id", "alice-call"},
                                                                  {"address", "fd00::77"},
                                                                  {"host", "alice-route.example"},
                                                                  {"product", "alice-phone/1.0"},
                                                                  {"session", "123456789012"},
                                                                  {"address", "10.1.1.3"},
                                                                  {"address", "10.1.1.4"},
                                                                  {"address", "10.1.1.5"},
                                                                  {"candidate", "abcdefgh"},
                                                                  {"candidate", "0123456789012345678901"},
                                                                  {"address", "10.1.1.6"},
                                                                  {"address", "10.1.1.7"},
                                                                  {"host", "11112222-3333.local"},
                                                                  {"cname", "alice-cname"}};
  EXPECT_EQ(words, expected);
  EXPECT_EQ(addressed_by(*message), (std::vector<std::string_view>{"border.example", "to-alice.example"}));
}

TEST(Learn, WhatEverybodySaysIsNoWord) {
  const auto message = parse(
      "INVITE sip:1@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP localhost;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n"
      "From: <sip:anonymous@anonymous.invalid>;tag=1\r\nTo: <sip:1@127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
      "Contact: <sip:x@127.0.0.1>\r\nUser-Agent: x\r\nContent-Type: application/sdp\r\nContent-Length: 55\r\n\r\n"
      "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n");
  for_each_word(*message, [](const Word& word) { ADD_FAILURE() << name_of(word.kind) << " " << word.text; });
}

class WatchTest : public testing::Test {
 protected:
  WatchTest() { ours.add("border.example"); }

  void alice(std::string_view headers = {}) {
    watch.heard(End::A, *parse(invite_text("alice", kSdp, headers)), kSource, ours);
  }
  std::string leaks(End to, std::string_view message) {
    std::string all;
    for (const Leak& leak : watch.leaks_in(to, message))
      all.append(name_of(leak.kind))
          .append(" in ")
          .append(name_of(leak.place.where))
          .append(leak.place.name)
          .append("; ");
    return all;
  }

  Ours ours;
  Watch watch;
};

constexpr std::string_view kHead =
    "INVITE sip:1000@10.1.1.1 SIP/2.0\r\nVia: SIP/2.0/UDP border.example;branch=z9hG4bKour-own\r\nTo: "
    "<sip:1000@10.1.1.1>\r\nCall-ID: our-call\r\n";

TEST_F(WatchTest, FindsWordsOfTheOtherSideInEveryPlaceOfAMessage) {
  alice();
  const std::string head(kHead);
  EXPECT_EQ(leaks(End::B, head + "\r\n"), "") << "where the request goes is its receiver's";
  EXPECT_EQ(leaks(End::B, head + "X-From: 198.51.100.7\r\n\r\n"), "address in headerX-From; ");
  EXPECT_EQ(leaks(End::B, head + "X: y\r\nCall-Info: <http://alice-host.example/>\r\n\r\n"),
            "host in headerCall-Info; ");
  EXPECT_EQ(leaks(End::B, head + "\r\nv=0\r\na=ssrc:1 cname:alice-cname\r\n"), "cname in sdpa; ");
  EXPECT_EQ(leaks(End::B, head + "\r\nVia: alice-call\r\n"), "call_id in body; ");
  EXPECT_EQ(leaks(End::B, "SIP/2.0 200 Call alice-call\r\nTo: <sip:1@10.1.1.1>\r\n\r\n"),
            "call_id in start_line; address in headerTo; ");
  EXPECT_EQ(leaks(End::A, head + "X-From: 198.51.100.7 alice-call\r\n\r\n"), "") << "its own side";
}

TEST_F(WatchTest, WordsOfTheCalleeAreNotForTheCaller) {
  alice();
  watch.heard(End::B,
              *parse("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP border.example;branch=z9hG4bKour-branch\r\nFrom: "
                     "<sip:1@border.example>;tag=our-tag\r\nTo: <sip:1@x.example>;tag=bobs-tag\r\nCall-ID: "
                     "our-call\r\nCSeq: 1 INVITE\r\nContact: <sip:b@192.0.2.9>\r\nServer: bobs "
                     "PBX\r\nContent-Length: 0\r\n\r\n"),
              *base::IpAddress::parse("192.0.2.8"), ours);
  for (const char* word : {"our-branch", "our-tag", "our-call", "bobs-tag", "192.0.2.9", "192.0.2.8", "bobs PBX"})
    EXPECT_NE(leaks(End::A, std::string("SIP/2.0 200 OK\r\nX: ") + word + "\r\n\r\n"), "") << word;
}

TEST_F(WatchTest, WhatBothSidesSayIsNoSecret) {
  alice();
  const std::string same = "SIP/2.0 200 OK\r\nServer: alice-phone/1.0\r\nX: 198.51.100.7\r\n\r\n";
  EXPECT_EQ(watch.leaks_in(End::B, same).size(), 2U);
  // The callee uses the same software, behind the same address.
  watch.heard(End::B, *parse(invite_text("bob", {}, "X: alice-phone/1.0\r\n")), kSource, ours);
  EXPECT_EQ(leaks(End::B, same), "address in headerX; ") << "its address is not in the message";
  watch.heard(End::B, *parse(invite_text("bob", {}, "X: 198.51.100.7\r\n")), kSource, ours);
  EXPECT_EQ(leaks(End::B, same), "");
  EXPECT_EQ(leaks(End::A, same), "") << "and is not learned as the callee's later";
}

TEST_F(WatchTest, OursIsNoSecret) {
  watch.allow("10.1.1.4");
  alice();
  watch.allow("10.1.1.5");
  const std::string head(kHead);
  EXPECT_EQ(leaks(End::B, head + "X: 10.1.1.4 10.1.1.5 border.example to-alice.example\r\n\r\n"), "");
  EXPECT_EQ(leaks(End::B, head + "X: 10.1.1.6\r\n\r\n"), "address in headerX; ");
}

TEST_F(WatchTest, ALegThatIsHandedOverBringsItsWords) {
  alice();
  Watch second;
  second.adopt(End::B, watch.of(End::A));
  EXPECT_EQ(second.leaks_in(End::A, "SIP/2.0 200 OK\r\nX: alice-call\r\n\r\n").size(), 1U);
  EXPECT_TRUE(second.leaks_in(End::B, "SIP/2.0 200 OK\r\nX: alice-call\r\n\r\n").empty());
}

TEST_F(WatchTest, ScrubTakesOutWhatTheMessageCanDoWithout) {
  alice();
  const std::string message =
      "INVITE sip:1@x SIP/2.0\r\nCall-ID: c\r\nX-A: alice-call\r\nX-B: fine\r\nX-A: alice-tag too\r\nContact: "
      "<sip:10.1.1.1>\r\nContent-Type: application/sdp\r\nContent-Length: 62\r\n\r\nv=0\r\nc=IN IP4 "
      "10.1.1.4\r\na=x:alice-cname\r\n"
      "a=sendrecv\r\n";
  const auto result = scrub(message, watch.leaks_in(End::B, message));
  EXPECT_EQ(result.message,
            "INVITE sip:1@x SIP/2.0\r\nCall-ID: c\r\nX-B: fine\r\nContact: <sip:10.1.1.1>\r\nContent-Type: "
            "application/sdp\r\nContent-Length: 36\r\n\r\nv=0\r\nc=IN IP4 10.1.1.4\r\na=sendrecv\r\n");
  EXPECT_EQ(result.removed, 3U);
  EXPECT_EQ(result.kept, 2U) << "Contact and c=: without them the message is of no use";
}

TEST_F(WatchTest, ScrubTakesABodyWithTheHeadersThatDescribeIt) {
  alice();
  const std::string message =
      "INFO sip:1@x SIP/2.0\r\nCall-ID: c\r\nContent-Type: text/plain\r\nContent-Disposition: render\r\nMIME-Version: "
      "1.0\r\nContent-Length: 24\r\n\r\nalice-call and alice-tag";
  const auto result = scrub(message, watch.leaks_in(End::B, message));
  EXPECT_EQ(result.message, "INFO sip:1@x SIP/2.0\r\nCall-ID: c\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(result.removed, 1U);
  EXPECT_EQ(result.kept, 0U);
}

// trap 83: a description among other parts is what the call is about: parts with a word of the other side go, it stays.
TEST_F(WatchTest, ScrubTakesPartsFromBesideADescription) {
  alice();
  const std::string head = "INVITE sip:1@x SIP/2.0\r\nCall-ID: c\r\nContent-Type: Multipart/Mixed;boundary=\"b\"\r\n";
  const std::string sdp =
      "--b\r\nContent-Type: application/sdp\r\nContent-ID: <10.1.1.3>\r\n\r\nv=0\r\nc=IN IP4 "
      "10.1.1.4\r\na=sendrecv\r\n";
  const std::string place =
      "--b\r\nContent-Type: application/pidf+xml\r\nContent-ID: <1@10.1.1.5>\r\n\r\n<presence/>\r\n";
  const std::string isup = "--b\r\nContent-Type: application/ISUP\r\n\r\nbytes\r\n";
  const auto with_length = [&head](const std::string& body) {
    return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  const std::string message = with_length(sdp + place + isup + "--b--\r\n");
  const auto result = scrub(message, watch.leaky_places(End::B, message));
  EXPECT_EQ(result.message, with_length(sdp + isup + "--b--\r\n"));
  EXPECT_EQ(result.removed, 1U);
  EXPECT_EQ(result.kept, 2U) << "c= and the name of its part";
  const std::string_view passed[] = {"application/pidf+xml"};
  EXPECT_EQ(scrub(message, watch.leaky_places(End::B, message, passed)).message, message);
  // Nobody can tell parts apart without what stands between them.
  const std::string named =
      "INVITE sip:1@x SIP/2.0\r\nContent-Type: multipart/mixed;boundary=alice-call\r\n\r\n"
      "--alice-call\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--alice-call--\r\n";
  EXPECT_EQ(scrub(named, watch.leaky_places(End::B, named)).message, named);
}

TEST_F(WatchTest, EveryPlaceWithALeakIsFoundWhereOnlySomeAreCounted) {
  for (const std::size_t leaks : {kMostHits, kMostHits + 1, 10 * kMostHits}) {
    alice();
    std::string message = "INVITE sip:1@x SIP/2.0\r\nVia: SIP/2.0/UDP x;received=10.1.1.1\r\n";
    for (std::size_t i = 1; i < leaks; ++i) message += "X-A: 1 alice-call\r\n";
    const std::string good = "X-B: fine\r\nContent-Length: 0\r\n\r\n";
    EXPECT_EQ(watch.leaks_in(End::B, message + good).size(), kMostHits);
    EXPECT_EQ(watch.take_overfull(), leaks > kMostHits ? 1U : 0U);
    const auto result = scrub(message + good, watch.leaky_places(End::B, message + good));
    EXPECT_EQ(result.message, "INVITE sip:1@x SIP/2.0\r\nVia: SIP/2.0/UDP x;received=10.1.1.1\r\n" + good);
    EXPECT_EQ(result.removed, leaks - 1);
    EXPECT_EQ(result.kept, 1U);
  }
}

// One place is looked at once, however often the words stand in it.
TEST_F(WatchTest, APlaceFullOfLeaksIsOne) {
  for (std::size_t size = 20; size < 60; ++size) watch.learn(End::A, {Kind::CallId, std::string(size, 'a')}, {});
  const std::string message =
      "INFO sip:1@x SIP/2.0\r\nCall-ID: c\r\nContent-Length: 60000\r\n\r\n" + std::string(60'000, 'a');
  const auto places = watch.leaky_places(End::B, message);
  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places[0].place.where, Place::Where::Body);
}

// What goes where it says, or passes by contract, hides nothing that stands behind it.
TEST_F(WatchTest, PlacesThatPassDoNotEndTheSearch) {
  alice();
  std::string message = "INVITE sip:1@10.1.1.1 SIP/2.0\r\n";
  for (std::size_t i = 0; i < kMostHits; ++i) message += "X-Pass: alice-call\r\nRoute: <sip:10.1.1.1;lr>\r\n";
  message += "X-A: alice-call\r\nContent-Length: 0\r\n\r\n";
  const std::string_view passed[] = {"X-Pass"};
  const auto places = watch.leaky_places(End::B, message, passed);
  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places[0].place.name, "X-A");
}

}  // namespace
}  // namespace sbc::leak
