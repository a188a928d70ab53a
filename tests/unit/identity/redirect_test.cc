#include "sbc/identity/redirect.h"

#include "sample.h"

namespace sbc::identity {
namespace {

using test::invite;
using Values = std::vector<std::string>;

const RedirectTarget kTrusted{.host = "b.example", .user = "5551234", .trusted = true};
const RedirectTarget kUntrusted{.host = "b.example", .user = "5551234"};

// trap 81: the order turns around, indexes and reasons are made anew.
TEST(Redirect, DiversionBecomesHistoryInfo) {  // RFC 7544 5, 7.1
  const auto message = invite(
      "Diversion: <sip:carol@10.1.1.2>;reason=user-busy;counter=1;privacy=off\r\n"
      "Diversion: <sip:bob@10.1.1.1>;reason=unconditional;counter=1;privacy=full\r\n");
  EXPECT_EQ(history_values(redirects_of(*message), kTrusted),
            (Values{"<sip:bob@b.example?Privacy=history>;index=1", "<sip:carol@b.example;cause=302>;index=1.1;mp=1",
                    "<sip:5551234@b.example;cause=486>;index=1.1.1;mp=1.1"}));
}

TEST(Redirect, HistoryInfoBecomesDiversion) {  // RFC 7544 6
  const auto message = invite(
      "History-Info: <sip:bob@10.1.1.1?Privacy=history>;index=1, <sip:carol@10.1.1.2;cause=302>;index=1.1;mp=1\r\n"
      "History-Info: <sip:dave@10.1.1.3;cause=408>;index=1.1.1;mp=1.1\r\n");
  EXPECT_EQ(diversion_values(redirects_of(*message), kTrusted),
            (Values{"<sip:carol@b.example>;reason=no-answer;counter=1;privacy=off",
                    "<sip:bob@b.example>;reason=unconditional;counter=1;privacy=full"}));
}

TEST(Redirect, EntriesThatAreNoForwardingAreNoDiversion) {
  const auto message = invite("History-Info: <sip:bob@10.1.1.1>;index=1, <sip:bob@10.1.1.2>;index=1.1;rc=1\r\n");
  EXPECT_TRUE(redirects_of(*message).empty());
}

TEST(Redirect, WithoutMpTheEntryBeforeIsTheOneThatForwarded) {
  const auto message = invite("History-Info: <sip:bob@10.1.1.1>;index=1,<sip:carol@10.1.1.2;cause=486>;index=1.1\r\n");
  EXPECT_EQ(diversion_values(redirects_of(*message), kTrusted),
            Values{"<sip:bob@b.example>;reason=user-busy;counter=1;privacy=off"});
}

TEST(Redirect, ThereAndBackIsTheSame) {
  const std::string lines =
      "Diversion: <sip:carol@b.example>;reason=no-answer;counter=1;privacy=off\r\n"
      "Diversion: <sip:bob@b.example>;reason=user-busy;counter=1;privacy=full\r\n";
  const auto first = redirects_of(*invite(lines));
  std::string history;
  for (const auto& value : history_values(first, kTrusted)) history += "History-Info: " + value + "\r\n";
  EXPECT_EQ(diversion_values(redirects_of(*invite(history)), kTrusted), diversion_values(first, kTrusted));
}

TEST(Redirect, ACounterBecomesPlaceholders) {
  const auto message = invite("Diversion: <sip:bob@10.1.1.1>;reason=unconditional;counter=2\r\n");
  EXPECT_EQ(history_values(redirects_of(*message), kTrusted),
            (Values{"<sip:unknown@unknown.invalid>;index=1", "<sip:bob@b.example;cause=404>;index=1.1;mp=1",
                    "<sip:5551234@b.example;cause=302>;index=1.1.1;mp=1.1"}));
}

TEST(Redirect, HiddenEntriesAreAnonymousForTheUntrusted) {
  const auto redirects = redirects_of(*invite(
      "Diversion: <sip:carol@10.1.1.2>;reason=user-busy\r\nDiversion: <sip:bob@x>;reason=away;privacy=full\r\n"));
  EXPECT_EQ(diversion_values(redirects, kUntrusted),
            (Values{"<sip:carol@b.example>;reason=user-busy;counter=1;privacy=off",
                    "<sip:anonymous@anonymous.invalid>;reason=away;counter=1;privacy=full"}));
}

TEST(Redirect, ATelUriBecomesSipWhereItNeedsParameters) {
  const auto redirects = redirects_of(*invite("Diversion: <tel:+431>;reason=user-busy\r\n"));
  EXPECT_EQ(diversion_values(redirects, kTrusted), Values{"<tel:+431>;reason=user-busy;counter=1;privacy=off"});
  EXPECT_EQ(history_values(redirects, kTrusted),
            (Values{"<sip:+431@b.example>;index=1", "<sip:5551234@b.example;cause=486>;index=1.1;mp=1"}));
}

TEST(Redirect, TheListIsBounded) {
  std::string lines;
  for (int i = 0; i < 40; ++i) lines += "Diversion: <sip:u" + std::to_string(i) + "@x>;reason=away;counter=900\r\n";
  const auto redirects = redirects_of(*invite(lines));
  EXPECT_EQ(redirects.size(), 10U);
  EXPECT_LE(history_values(redirects, kTrusted).size(), 41U);
}

}  // namespace
}  // namespace sbc::identity
