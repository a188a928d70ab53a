// Canaries where a call has more places for them: in ACK, PRACK and UPDATE of either party, in 199, among the parts of
// a body, and all of it between sides that trust each other, where only words about people and the call may cross.

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "canaries.h"
#include "early.h"
#include "places.h"

namespace sbc::call::test {
namespace {

const std::string kAble = "Supported: 100rel, 199\r\nAllow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE\r\n";

// What those who trust each other are told, by contract (identity.h), is about people and places; where it names hosts,
// they are ours.
const Places kToldToFriends = {
    {"P-Asserted-Identity: \"Anton\" <sip:+4311@#.invalid;#=1>", Fate::Rewritten},
    {"Diversion: <sip:anton@#.invalid;#=1>;reason=user-busy;screen=\"#\";x-#=1", Fate::Rewritten},
    {"History-Info: <sip:berta@#.invalid;#=1?Reason=#>;index=1;x-#=1", Fate::Rewritten},
    {"History-Info: <sip:caesar@#.invalid;cause=486>;index=1.1;mp=1", Fate::Rewritten},
};

struct Manner {
  std::set<std::string> trusted = {};  // realms
  bool parts = false;                  // bodies have several
  route::Redirects redirects = route::Redirects::Drop;
  bool by_history = true;  // both headers say who forwarded; otherwise Diversion alone

  bool friends() const { return trusted.size() == 2; }
  Places headers(std::initializer_list<std::string_view> except) const {
    Places places = without(kHeaders, except);
    if (trusted.empty()) return places;
    places =
        without(places, {"P-Asserted-Identity", "Diversion", "History-Info", "Resource-Priority", "Geolocation: "});
    const Places told = by_history ? kToldToFriends : without(kToldToFriends, {"History-Info"});
    places.insert(places.end(), told.begin(), told.end());
    return places;
  }
  Places requests() const { return headers({"Retry-After"}); }
  Places in_dialog() const { return headers({"Retry-After", "Record-Route"}); }
  Places responses() const { return headers({"Via"}); }

  // A description, perhaps among other parts. These cross between those who trust each other, and nowhere else.
  std::string body(Aviary& of, int port) const {
    const std::string description = of.description(port);
    if (!parts) return description;
    std::string text = of.plant({{"# before the first part", Fate::Rewritten}}, "preamble") + "--b1\r\n";
    text += of.plant({{"Content-Type: application/sdp;#=1", Fate::Rewritten},
                      {"Content-Description: #", Fate::Rewritten},
                      {"X-#: #", Fate::Rewritten}},
                     "SDP's part");
    text += "\r\n" + description + "\r\n--b1\r\n";
    if (friends()) {
      text += "Content-Type: application/ISUP;version=itu\r\n";
    } else {
      text += of.plant({{"Content-Type: application/x-#", Fate::Rewritten}, {"Content-ID: <#@#.invalid>"}}, "a part");
    }
    text += "Content-Disposition: signal;handling=optional\r\n\r\n" +
            (friends() ? "isup" : of.plant({{"#"}}, "a part")) + "\r\n--b1--\r\n";
    return text + of.plant({{"# after the last part", Fate::Rewritten}}, "epilogue");
  }
  std::string type() const {
    return parts ? "Content-Type: multipart/mixed;boundary=b1\r\n" : "Content-Type: application/sdp\r\n";
  }
};

// Everything that can be said in one call: reliable responses, UPDATE before the answer and after it, changes of either
// party with and without an offer, each with canaries wherever there is room.
class Talk {
 public:
  Talk(Rig& rig, Aviary& a, Aviary& b, const Manner& manner) : rig_(rig), a_(a), b_(b), manner_(manner) {}

  void early() {
    rig_.a.invite({.body = manner_.body(a_, 4000),
                   .content_type = manner_.parts ? "multipart/mixed;boundary=b1" : "application/sdp",
                   .headers = kAble + a_.plant(manner_.requests(), "INVITE")});
    invite_ = rig_.b.take("INVITE");
    ASSERT_NE(invite_, nullptr) << rig_.said_to(rig_.a).back();
    rig_.b.answer_to(invite_, 180, {}, b_.plant(manner_.responses(), "180 of a fork"), "other-fork");
    rig_.b.answer_to(invite_, 199, {}, b_.plant(manner_.responses(), "199 of a fork"), "other-fork");
    EXPECT_TRUE(rig_.a.has("199"));
    rig_.a.clear();
    rig_.b.answer(183, manner_.body(b_, 6000), reliable(1) + manner_.type() + b_.plant(manner_.responses(), "183"));
    answer(rig_.b, b_, "PRACK", {});
    const auto progress = rig_.a.take("183");
    ASSERT_NE(progress, nullptr);
    rig_.a.request("PRACK", {}, rack(*progress) + a_.plant(manner_.in_dialog(), "PRACK"));
    EXPECT_TRUE(rig_.a.has("200 PRACK"));
    say(rig_.a, a_, "UPDATE", 4002);
    answer(rig_.b, b_, "UPDATE", manner_.body(b_, 6002));
    say_early(rig_.b, invite_, "tag-of-bob", "UPDATE", 900, manner_.body(b_, 6004),
              manner_.type() + b_.plant(manner_.in_dialog(), "UPDATE"));
    answer(rig_.a, a_, "UPDATE", manner_.body(a_, 4004));
    rig_.b.answer(200, {}, kAble + b_.plant(manner_.responses(), "200"));
    rig_.a.ack({}, a_.plant(manner_.in_dialog(), "ACK"));
    ASSERT_EQ(rig_.calls.connected(), 1U);
  }

  // One party changes the call: with an offer that is answered reliably, without one, and by UPDATE.
  void change(Peer& by, Aviary& its, Peer& of, Aviary& others) {
    by.clear();
    by.reinvite(manner_.body(its, 7000), kAble + manner_.type() + its.plant(manner_.in_dialog(), "re-INVITE"));
    ASSERT_EQ(of.pending_invites(), 1U);
    of.answer(183, manner_.body(others, 7002), reliable(3) + manner_.type() + others.plant(manner_.responses(), "183"));
    answer(of, others, "PRACK", {});
    const auto progress = by.take("183");
    ASSERT_NE(progress, nullptr);
    by.request("PRACK", {}, rack(*progress) + its.plant(manner_.in_dialog(), "PRACK"));
    of.answer(200, {}, kAble + others.plant(manner_.responses(), "200"));
    EXPECT_TRUE(by.has("200 INVITE"));
    by.ack({}, its.plant(manner_.in_dialog(), "ACK"));

    by.reinvite({}, kAble + its.plant(manner_.in_dialog(), "re-INVITE without an offer"));
    ASSERT_EQ(of.pending_invites(), 1U);
    of.answer(200, manner_.body(others, 7004), kAble + manner_.type() + others.plant(manner_.responses(), "200"));
    by.ack(manner_.body(its, 7006), manner_.type() + its.plant(manner_.in_dialog(), "ACK with an answer"));
    EXPECT_FALSE(of.take("ACK") == nullptr);

    say(by, its, "UPDATE", 7008);
    answer(of, others, "UPDATE", manner_.body(others, 7010));
    EXPECT_TRUE(by.has("200 UPDATE"));
  }

 private:
  void say(Peer& peer, Aviary& its, const char* method, int port) {
    peer.request(method, manner_.body(its, port), manner_.type() + its.plant(manner_.in_dialog(), method));
  }
  void answer(Peer& peer, Aviary& its, const char* method, const std::string& body) {
    const auto request = peer.take(method);
    ASSERT_NE(request, nullptr) << method << " to " << peer.name();
    const std::string type = body.empty() ? std::string() : manner_.type();
    peer.answer_to(request, 200, body, type + its.plant(manner_.responses(), method));
  }

  Rig& rig_;
  Aviary& a_;
  Aviary& b_;
  const Manner& manner_;
  sip::MessagePtr invite_;
};

// The callee's side hears everything that it may; the result is what it was sent.
std::string expect_silence(const Manner& manner) {
  Rig rig;
  change_places(
      rig,
      [&manner](route::Realm& realm) {
        realm.redirects = manner.redirects;
        if (manner.trusted.contains(realm.name)) realm.trust = route::Trust::Trusted;
      },
      kAsItIs);
  Aviary a("a", rig.a.endpoint());
  Aviary b("b", rig.b.endpoint());
  Talk talk(rig, a, b, manner);
  talk.early();
  talk.change(rig.b, b, rig.a, a);
  talk.change(rig.a, a, rig.b, b);
  rig.b.request("BYE", {}, b.plant(manner.in_dialog(), "BYE"));
  rig.pass(base::minutes(3));
  a.expect_none_in(rig.said_to(rig.b), "the callee");
  b.expect_none_in(rig.said_to(rig.a), "the caller");
  EXPECT_GT(a.positions() + b.positions(), 2000U);
  rig.expect_idle();
  std::string heard;
  for (const auto& message : rig.said_to(rig.b)) heard += message;
  return heard;
}

const std::set<std::string> kFriends = {"access", "core"};

TEST(CanariesOfBothParties, NoneComesOutOfAckPrackUpdateAnd199) {
  expect_silence({});
}

TEST(CanariesOfBothParties, NoneComesOutFromAmongTheParts) {  // trap 83
  expect_silence({.parts = true});
}

TEST(CanariesBetweenFriends, OnlyWhatIsAboutPeopleComesOut) {  // trap 80
  using Form = route::Redirects;
  for (const Form form : {Form::Drop, Form::Diversion, Form::HistoryInfo}) {
    for (const bool by_history : {true, false}) {
      const auto heard = expect_silence({.trusted = kFriends, .redirects = form, .by_history = by_history});
      EXPECT_TRUE(heard.contains("P-Asserted-Identity: \"Anton\" <sip:+4311@203.0.113.1>"));
      EXPECT_EQ(heard.contains(by_history ? "<sip:berta@" : "<sip:anton@"), form != Form::Drop);
    }
  }
}

TEST(CanariesBetweenFriends, WhoIsTrustedAloneSaysNoMore) {  // trap 80
  for (const char* realm : {"access", "core"}) {
    const auto heard = expect_silence({.trusted = {realm}, .redirects = route::Redirects::HistoryInfo});
    EXPECT_EQ(heard.contains("<sip:+4311@"), realm == std::string("access")) << "a stranger's claim";
  }
}

TEST(CanariesBetweenFriends, OtherPartsComeOutAndNothingOfTheDescriptions) {  // trap 83
  EXPECT_TRUE(expect_silence({.trusted = kFriends, .parts = true}).contains("\r\n\r\nisup\r\n--"));
}

}  // namespace
}  // namespace sbc::call::test
