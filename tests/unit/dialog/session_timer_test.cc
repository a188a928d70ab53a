// RFC 4028 5 to 10: the session timer, as client and as server.

#include "sbc/dialog/session_timer.h"

#include <gtest/gtest.h>

#include "sbc/dialog/limits.h"
#include "sbc/sip/parser.h"

namespace sbc::dialog {
namespace {

using base::Instant;
using base::seconds;
using Due = SessionTimer::Due;

constexpr Instant kStart{base::hours(1)};
constexpr SessionWish kWish{.interval = 1800, .min = 90, .refresh = false};
constexpr SessionWish kNone{.interval = 0, .min = 90, .refresh = false};
constexpr SessionWish kOurs{.interval = 1800, .min = 90, .refresh = true};

sip::MessagePtr message_of(const std::string& first_line, const std::string& extra) {
  auto result = sip::parse(first_line +
                           "\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nMax-Forwards: 70\r\nTo: <sip:b@h>;tag=t\r\n"
                           "From: <sip:a@h>;tag=f\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\n" +
                           extra + "Content-Length: 0\r\n\r\n");
  EXPECT_TRUE(result.ok()) << (result.error ? result.error->text : "no message");
  return result.message;
}
sip::MessagePtr request(const std::string& extra) {
  return message_of("INVITE sip:b@h SIP/2.0", extra);
}
sip::MessagePtr response(int status, const std::string& extra) {
  return message_of("SIP/2.0 " + std::to_string(status) + " Text", extra);
}

TEST(SessionTimerTest, ReadsBothHeaders) {
  struct Row {
    std::string text;
    std::optional<std::uint32_t> interval;
    std::optional<Refresher> refresher;
  };
  const Row rows[] = {
      {"Session-Expires: 1800\r\n", 1800, {}},
      {"x: 120 ; refresher = UAC\r\n", 120, Refresher::Uac},
      {"Session-Expires: 120;foo=bar;refresher=uas\r\n", 120, Refresher::Uas},
      {"Session-Expires: 120;refresher=nobody\r\n", 120, {}},
      {"Session-Expires: soon\r\n", {}, {}},
      {"", {}, {}},
  };
  for (const auto& row : rows) {
    const auto read = session_expires_of(*request(row.text));
    ASSERT_EQ(read.has_value(), row.interval.has_value()) << row.text;
    if (!read) continue;
    EXPECT_EQ(read->interval, *row.interval) << row.text;
    EXPECT_EQ(read->refresher, row.refresher) << row.text;
  }
  EXPECT_EQ(min_se_of(*request("Min-SE: 120;x=y\r\n")), 120U);
  EXPECT_EQ(min_se_of(*request("Min-SE: much\r\n")), std::nullopt);
}

TEST(SessionTimerTest, EveryRequestSaysSupportedAndAsksOnlyWhenAskedTo) {
  EXPECT_EQ(SessionTimer(kNone).request_lines(), "Supported: timer\r\n");
  EXPECT_EQ(SessionTimer(kWish).request_lines(), "Supported: timer\r\nSession-Expires: 1800\r\n")
      << "7.1: the choice of the refresher stays open";
  EXPECT_EQ(SessionTimer(kOurs).request_lines(), "Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\n");
}

TEST(SessionTimerTest, A2xxSaysIntervalAndRefresher) {
  struct Row {
    SessionWish wish;
    std::string answer;
    std::uint32_t interval;
    bool ours;
  };
  const Row rows[] = {
      {kWish, "Require: timer\r\nSession-Expires: 600;refresher=uac\r\n", 600, true},
      {kWish, "Require: timer\r\nSession-Expires: 600;refresher=uas\r\n", 600, false},
      {kWish, "Session-Expires: 600\r\n", 600, true},
      {kWish, "", 1800, true},  // 7.2: it does not know timers, so who wants one refreshes
      {kNone, "", 0, false},
      {kNone, "Session-Expires: 600;refresher=uas\r\n", 600, false},               // 7.2: also when none was asked for
      {kWish, "Session-Expires: 2;refresher=uac\r\n", kMinSessionInterval, true},  // 11.1
  };
  for (const auto& row : rows) {
    SessionTimer timer(row.wish);
    timer.accepted(*response(200, row.answer), kStart);
    EXPECT_EQ(timer.interval(), row.interval) << row.answer;
    EXPECT_EQ(timer.refreshed_by_us(), row.ours) << row.answer;
  }
}

TEST(SessionTimerTest, A2xxWithoutItTurnsATimerOffThatWeNeverWanted) {
  SessionTimer timer(kNone);
  timer.accepted(*response(200, "Session-Expires: 600;refresher=uac\r\n"), kStart);
  timer.accepted(*response(200, ""), kStart);
  EXPECT_FALSE(timer.active());
  EXPECT_EQ(timer.next_deadline(), base::kNever);
}

// RFC 4028 9, table 2. trap 76: the refresher is relative to that transaction's roles.
TEST(SessionTimerTest, ServersAnswerAsTable2Says) {
  struct Row {
    SessionWish wish;
    std::string asked;
    std::string answer;
    bool require;
    bool ours;
  };
  const Row rows[] = {
      {kWish, "Session-Expires: 1200\r\n", "1200;refresher=uas", false, true},
      {kWish, "Session-Expires: 1200;refresher=uas\r\n", "1200;refresher=uas", false, true},
      {kWish, "Supported: timer\r\nSession-Expires: 1200\r\n", "1200;refresher=uac", true, false},
      {kOurs, "Supported: timer\r\nSession-Expires: 1200\r\n", "1200;refresher=uas", true, true},
      {kOurs, "Supported: timer\r\nSession-Expires: 1200;refresher=uac\r\n", "1200;refresher=uac", true, false},
      {kWish, "Supported: timer\r\nSession-Expires: 1200;refresher=uas\r\n", "1200;refresher=uas", true, true},
      {kWish, "Require: timer\r\nSession-Expires: 1200\r\n", "1200;refresher=uac", true, false},
      // 9: reduced, never increased, never below Min-SE or 90 s.
      {kWish, "Supported: timer\r\nSession-Expires: 3600\r\n", "1800;refresher=uac", true, false},
      {kWish, "Supported: timer\r\nSession-Expires: 3600\r\nMin-SE: 2400\r\n", "2400;refresher=uac", true, false},
      {kNone, "Supported: timer\r\nSession-Expires: 3600\r\n", "3600;refresher=uac", true, false},
      // 9: not asked for.
      {kWish, "Supported: timer\r\n", "1800;refresher=uac", true, false},
      {kWish, "Supported: timer\r\nMin-SE: 3000\r\n", "3000;refresher=uac", true, false},
      {kWish, "", "1800;refresher=uas", false, true},
      {kNone, "Supported: timer\r\n", "", false, false},
      {kNone, "", "", false, false},
      // Too short, from one that must not get 422.
      {kWish, "Session-Expires: 5\r\n", "", false, false},
  };
  for (const auto& row : rows) {
    SessionTimer timer(row.wish);
    const auto answer = timer.answer(*request(row.asked), kStart);
    EXPECT_EQ(answer.session_expires, row.answer) << row.asked;
    EXPECT_EQ(answer.require_timer, row.require) << row.asked;
    EXPECT_EQ(timer.refreshed_by_us(), row.ours) << row.asked;
    EXPECT_EQ(timer.active(), !row.answer.empty()) << row.asked;
  }
}

TEST(SessionTimerTest, TooShortIsRefusedOnlyForClientsThatKnow422) {
  const SessionWish wish{.interval = 1800, .min = 120, .refresh = false};
  EXPECT_FALSE(SessionTimer::acceptable(*request("Supported: timer\r\nSession-Expires: 119\r\n"), wish));
  EXPECT_TRUE(SessionTimer::acceptable(*request("Supported: timer\r\nSession-Expires: 120\r\n"), wish));
  EXPECT_TRUE(SessionTimer::acceptable(*request("Session-Expires: 119\r\n"), wish));
  EXPECT_TRUE(SessionTimer::acceptable(*request("Supported: timer\r\n"), wish));
  const SessionWish low{.interval = 0, .min = 10, .refresh = false};
  EXPECT_FALSE(SessionTimer::acceptable(*request("Supported: timer\r\nSession-Expires: 89\r\n"), low))
      << "9: the minimum is never below 90 s";
}

TEST(SessionTimerTest, A422RaisesTheIntervalAndIsFollowedAFewTimes) {
  SessionTimer timer(kWish);
  EXPECT_TRUE(timer.too_small(*response(422, "Min-SE: 2000\r\n")));
  EXPECT_EQ(timer.request_lines(), "Supported: timer\r\nSession-Expires: 2000\r\nMin-SE: 2000\r\n");
  EXPECT_FALSE(timer.too_small(*response(422, "Min-SE: 2000\r\n"))) << "the same again would be refused again";
  EXPECT_FALSE(timer.too_small(*response(422, "")));
  EXPECT_FALSE(timer.too_small(*response(422, "Min-SE: 4000000000\r\n")));
  EXPECT_TRUE(timer.too_small(*response(422, "Min-SE: 2100\r\n")));
  EXPECT_TRUE(timer.too_small(*response(422, "Min-SE: 2200\r\n")));
  EXPECT_FALSE(timer.too_small(*response(422, "Min-SE: 2300\r\n"))) << "kMaxIntervalTries";
  EXPECT_FALSE(SessionTimer(kNone).too_small(*response(422, "Min-SE: 100\r\n"))) << "we asked for nothing";
}

// 7.4
TEST(SessionTimerTest, LaterRequestsRepeatIntervalRolesAndMinSe) {
  SessionTimer timer(kWish);
  timer.accepted(*response(200, "Session-Expires: 600;refresher=uac\r\n"), kStart);
  EXPECT_EQ(timer.request_lines(), "Supported: timer\r\nSession-Expires: 600;refresher=uac\r\n");
  timer.accepted(*response(200, "Session-Expires: 600;refresher=uas\r\n"), kStart);
  EXPECT_EQ(timer.request_lines(), "Supported: timer\r\nSession-Expires: 600;refresher=uas\r\n");
  // The peer refreshes as client, so in its transaction it is the uac; in our next one it is the uas.
  EXPECT_EQ(timer.answer(*request("Supported: timer\r\nSession-Expires: 600;refresher=uac\r\nMin-SE: 700\r\n"), kStart)
                .session_expires,
            "600;refresher=uac");
  EXPECT_EQ(timer.request_lines(), "Supported: timer\r\nSession-Expires: 700;refresher=uas\r\nMin-SE: 700\r\n");
}

TEST(SessionTimerTest, RefreshesAfterHalfTheIntervalAndExpiresWithoutAnAnswer) {
  SessionTimer timer(kWish);
  timer.accepted(*response(200, "Session-Expires: 600;refresher=uac\r\n"), kStart);
  EXPECT_EQ(timer.next_deadline(), kStart + seconds(300));
  EXPECT_EQ(timer.on_deadline(kStart + seconds(299)), Due::Nothing);
  EXPECT_EQ(timer.on_deadline(kStart + seconds(300)), Due::Refresh);
  timer.postpone(kStart + seconds(310));
  EXPECT_EQ(timer.on_deadline(kStart + seconds(310)), Due::Refresh);
  EXPECT_EQ(timer.next_deadline(), kStart + seconds(600 - 32)) << "10: only a 2xx extends the session";
  EXPECT_EQ(timer.on_deadline(kStart + seconds(568)), Due::Expire);
  EXPECT_EQ(timer.next_deadline(), base::kNever) << "once";
}

TEST(SessionTimerTest, WaitsForThePeerUntilTheIntervalLess32sOrAThird) {
  for (const auto& [interval, wait] : {std::pair{600, 568}, std::pair{96, 64}, std::pair{90, 60}}) {
    SessionTimer timer(kWish);
    timer.accepted(*response(200, "Session-Expires: " + std::to_string(interval) + ";refresher=uas\r\n"), kStart);
    EXPECT_EQ(timer.next_deadline(), kStart + seconds(wait)) << interval;
    timer.postpone(kStart + seconds(1));
    EXPECT_EQ(timer.next_deadline(), kStart + seconds(wait)) << "nothing of ours to postpone";
    EXPECT_EQ(timer.on_deadline(kStart + seconds(wait)), Due::Expire);
  }
}

}  // namespace
}  // namespace sbc::dialog
