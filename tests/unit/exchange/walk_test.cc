// Random walks: requests, answers, notifications, repetitions, silence and lost connections in any order. Whatever
// happens, each request has one final answer at most, nothing of one side reaches the other, and in the end nothing is
// left.

#include <map>
#include <tuple>

#include "stage.h"

namespace sbc::exchange {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Walk : public Stage {
 protected:
  template <typename T>
  const T& any(const std::vector<T>& of) {
    return of[dice->below(of.size())];
  }

  void step() {
    switch (dice->below(12)) {
      case 0:
        return say(request(any<std::string>({"MESSAGE", "OPTIONS", "PUBLISH", "FROBNICATE"}), "Event: dialog\r\n"));
      case 1:
      case 2: {
        auto text = dice->below(3) == 0 ? request("REFER", "Refer-To: <sip:carol@border.example>\r\n" +
                                                               any<std::string>({"", "Refer-Sub: false\r\n"}))
                                        : subscribe({}, any<int>({0, 60, 600}));
        text.replace(text.find("secret@"), 6, "c" + std::to_string(number));
        return say(text);
      }
      case 3:
      case 4:
      case 5:
        if (!ours.empty()) answer(any(ours));
        return;
      case 6:
        if (!dialogs_of_alice.empty()) {
          const auto& [call_id, tag] = any(dialogs_of_alice);
          auto text = subscribe(tag, any<int>({0, 60, 600}));
          text.replace(text.find("secret@192.0.2.10"), 17, call_id);
          if (dice->below(3) == 0) text.replace(text.find("dialog;id=7"), 11, "refer");
          say(text);
        }
        return;
      case 7:
      case 8:
        if (!subscribes.empty()) {
          const Sent& opened = any(subscribes);
          auto text = notify(
              opened, any<std::string>({"b1", "b2", "b3"}),
              any<std::string>({"active;expires=60", "pending", "active;expires=600", "terminated;reason=timeout"}),
              ++cseq_of_b);
          if (opened.line().starts_with("REFER ")) text.replace(text.find("Event: dialog"), 13, "Event: refer");
          say(text, kFirst);
        }
        return;
      case 9:
        if (!said.empty()) {
          const auto again = any(said);
          inject(again.text, again.to);
        }
        return;
      case 10:
        pass(any<base::Duration>({base::milliseconds(300), base::seconds(5), base::seconds(40), base::minutes(5)}));
        return;
      default:
        if (!tokens.empty()) {
          layer.on_transport_error(any(tokens), now, out.transaction);
          pump();
        }
        return;
    }
  }

  void say(const std::string& text, const char* from = kAlice) {
    said.push_back({from, text});
    inject(text, from);
  }

  void answer(const Sent& to) {
    const int status = any<int>({200, 200, 200, 202, 302, 401, 404, 408, 423, 481, 489, 500, 503, 603});
    std::string extra = status < 300 ? "Expires: 60\r\nContact: <sip:x@" + to.to + ">\r\n" : "";
    if (status < 300 && dice->below(3) == 0) extra += "Refer-Sub: false\r\n";
    const std::string text = response(to, status, extra, any<std::string>({"b1", "b2"}));
    said.push_back({to.to, text});
    inject(text, to.to.c_str());
  }

  // What came out since the last look.
  void look() {
    for (const auto& s : taken()) {
      const bool to_alice = s.to == kAlice;
      EXPECT_THAT(s.text, Not(HasSubstr(to_alice ? "203.0.113." : "192.0.2."))) << "to " << s.to;
      const std::string line = s.line();
      const std::string tag = tag_of(field(s.text, to_alice && !line.starts_with("SIP/2.0 ") ? "From" : "To"));
      if (!line.starts_with("SIP/2.0 ")) {
        ours.push_back(s);
        if ((line.starts_with("SUBSCRIBE ") || line.starts_with("REFER ")) && tag.empty()) subscribes.push_back(s);
      } else if (line[8] != '1') {
        // While its transaction lives a request is answered the same again; what comes after that is another one.
        auto& [known, when] = finals[field(s.text, "Via") + field(s.text, "CSeq")];
        if (known.empty() || now - when > base::seconds(32)) std::tie(known, when) = std::pair(s.text, now);
        EXPECT_EQ(known, s.text);
      }
      if (to_alice && !tag.empty()) dialogs_of_alice.emplace_back(field(s.text, "Call-ID"), tag);
    }
  }

  std::unique_ptr<base::SeededRandom> dice;
  std::vector<Sent> ours;        // requests that we sent
  std::vector<Sent> subscribes;  // those that open a subscription
  std::vector<Sent> said;        // to us; `to` is who
  std::vector<std::pair<std::string, std::string>> dialogs_of_alice;
  std::map<std::string, std::pair<std::string, base::Instant>> finals;
  int cseq_of_b = 0;
};

TEST_F(Walk, EndsWithNothingLeft) {
  advisor.trunks = {"t1", "t2"};
  for (std::uint64_t seed = 1; seed <= 25 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    dice = std::make_unique<base::SeededRandom>(seed);
    ours.clear();
    subscribes.clear();
    said.clear();
    tokens.clear();
    dialogs_of_alice.clear();
    for (int i = 0; i < 80; ++i) {
      step();
      look();
    }
    pass(base::hours(27));
    look();
    EXPECT_EQ(exchange->flights(), 0U);
    EXPECT_EQ(exchange->subscriptions(), 0U);
    EXPECT_EQ(exchange->tags(), 0U);
    EXPECT_EQ(layer.server_count(), 0U);
    EXPECT_EQ(layer.client_count(), 0U);
  }
}

}  // namespace
}  // namespace sbc::exchange
