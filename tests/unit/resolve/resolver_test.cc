// The resolver against a DNS server of the test's own, on one loop.

#include "sbc/resolve/resolver.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <optional>

#include "media-relay/base/clock.h"

#include "message.h"

namespace sbc::resolve {
namespace {

using sip::Transport;

// Answers by name and type; what is not in the table does not exist; "silent" names get nothing.
class Server {
 public:
  explicit Server(loop::EventLoop& loop) {
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    socklen_t length = sizeof at;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &length);
    endpoint = {.ip = base::IpAddress::v4(INADDR_LOOPBACK), .port = ntohs(at.sin_port)};
    watch_.emplace(loop, fd_, [this](loop::Ready) { serve(); });
    watch_->want({.read = true});
  }
  ~Server() {
    watch_.reset();
    ::close(fd_);
  }
  base::Endpoint endpoint;
  std::map<std::pair<std::string, unsigned>, std::vector<std::string>> records;  // by wire name and type
  std::map<std::pair<std::string, unsigned>, int> asked;
  bool silent = false;
  unsigned rcode = 0;

 private:
  void serve() {
    char bytes[512];
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const auto got = ::recvfrom(fd_, bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (got < 17) return;
    const std::string query(bytes, static_cast<std::size_t>(got));
    const auto end = query.find('\0', 12) + 1;
    const std::pair key(query.substr(12, end - 12), static_cast<unsigned>(static_cast<unsigned char>(query[end]) << 8 |
                                                                          static_cast<unsigned char>(query[end + 1])));
    ++asked[key];
    if (silent) return;
    const auto found = records.find(key);
    const bool known = found != records.end() && rcode == 0;
    const auto wire = message(query.substr(0, 2), query.substr(12, end + 4 - 12),
                              known        ? 0
                              : rcode != 0 ? rcode
                                           : 3,
                              known ? found->second : std::vector<std::string>());
    ::sendto(fd_, wire.data(), wire.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
  }
  int fd_ = -1;
  std::optional<loop::FdWatch> watch_;
};

class ResolverTest : public ::testing::Test {
 protected:
  ResolverTest() {
    realm_.name = "core";
    realm_.listeners = {{.index = 0, .transport = Transport::Udp, .address = *base::Endpoint::parse("10.0.0.1:5060")}};
    settings_.servers = {server_.endpoint};
    settings_.timeout = base::milliseconds(200);
    settings_.tries = 1;
    server_.records[{name("h.test.example"), 1}] = {a("h.test.example", 0x0a090001)};
    server_.records[{name("_sip._udp.test.example"), 33}] = {srv("_sip._udp.test.example", "h.test.example", 5070)};
  }
  Resolver& resolver() {
    if (!resolver_) resolver_.emplace(loop_, settings_, random_);
    return *resolver_;
  }
  void ask(const std::string& host, Resolver::Want want = Resolver::Want::Now) {
    resolver().locate({.host = host}, realm_, want,
                      [this](const route::Located& located) { done_.push_back(located); });
  }
  void run(std::size_t answers) {
    const auto limit = base::monotonic_now() + base::seconds(20);
    while (done_.size() < answers && base::monotonic_now() < limit) loop_.run_once(base::milliseconds(20));
    ASSERT_EQ(done_.size(), answers);
  }
  loop::EventLoop loop_;
  Server server_{loop_};
  Settings settings_;
  base::SeededRandom random_{3};
  route::Realm realm_;
  std::optional<Resolver> resolver_;
  std::vector<route::Located> done_;
};

TEST_F(ResolverTest, FindsThePlacesOfAName) {
  ask("test.example");
  EXPECT_TRUE(done_.empty()) << "it does not wait";
  run(1);
  ASSERT_EQ(done_[0].places.size(), 1U);
  EXPECT_EQ(done_[0].places[0].remote.text(), "10.9.0.1:5070");
  ask("test.example");
  EXPECT_EQ(done_.size(), 2U) << "known now";
  EXPECT_EQ(resolver().counters().hits, 1U);
  EXPECT_EQ(resolver().counters().queries, 3U);
}

TEST_F(ResolverTest, EqualQuestionsAreAskedOnce) {
  for (int i = 0; i < 5; ++i) ask("test.example");
  run(5);
  for (const auto& [key, times] : server_.asked) EXPECT_EQ(times, 1);
  EXPECT_GT(resolver().counters().coalesced, 0U);
}

TEST_F(ResolverTest, WhatDoesNotExistIsRemembered) {
  ask("none.example");
  run(1);
  EXPECT_TRUE(done_[0].places.empty());
  EXPECT_FALSE(done_[0].problem.empty());
  const auto queries = resolver().counters().queries;
  ask("none.example");
  EXPECT_EQ(done_.size(), 2U);
  EXPECT_EQ(resolver().counters().queries, queries);
}

TEST_F(ResolverTest, SilenceIsAnAnswerInTime) {
  server_.silent = true;
  ask("test.example");
  run(1);
  EXPECT_EQ(done_[0].problem, "no DNS server answers");
  EXPECT_EQ(resolver().counters().silent, 1U);
  ask("test.example");
  EXPECT_EQ(done_.size(), 2U) << "the next call does not queue behind the dead server";
}

TEST_F(ResolverTest, AServerThatCannotSayIsAFailure) {
  server_.rcode = 2;
  ask("test.example");
  run(1);
  EXPECT_TRUE(done_[0].places.empty());
  EXPECT_GT(resolver().counters().failed, 0U);
}

TEST_F(ResolverTest, QuestionsAtOnceHaveALimit) {
  settings_.queries = 2;
  server_.silent = true;
  for (int i = 0; i < 3; ++i) ask("n" + std::to_string(i) + ".example");
  EXPECT_EQ(resolver().counters().refused, 1U);
  EXPECT_EQ(done_.size(), 1U);
  run(3);
}

TEST_F(ResolverTest, TheHostsFileGoesFirst) {
  ask("localhost");
  run(1);
  ASSERT_EQ(done_[0].places.size(), 1U);
  EXPECT_EQ(done_[0].places[0].remote.text(), "127.0.0.1:5060");
  EXPECT_TRUE(server_.asked.empty());
}

TEST_F(ResolverTest, NumbersHaveRules) {
  const std::string number = "1.3.4.e164.example";
  server_.records[{name(number), 35}] = {naptr(number, "u", "E2U+sip", "!^.*$!sip:a@b.example!", "")};
  std::vector<route::DnsAnswer> answers;
  const auto enumerate = [&](const std::string& of) {
    resolver().ask({route::Question::Type::Enum, of},
                   [&](const route::DnsAnswer& answer) { answers.push_back(answer); });
  };
  const auto wait_for = [&](std::size_t count) {
    const auto limit = base::monotonic_now() + base::seconds(20);
    while (answers.size() < count && base::monotonic_now() < limit) loop_.run_once(base::milliseconds(20));
    ASSERT_EQ(answers.size(), count);
  };
  enumerate(number);
  enumerate(number);
  EXPECT_TRUE(answers.empty()) << "it does not wait";
  wait_for(2);
  ASSERT_EQ(answers[1].rules.size(), 1U);
  enumerate(number);
  ASSERT_EQ(answers.size(), 3U) << "known now";
  const auto asked = server_.asked;
  EXPECT_EQ(asked.at({name(number), 35}), 1);
  enumerate("2.3.4.e164.example");
  wait_for(4);
  EXPECT_EQ(answers[3].outcome, route::DnsAnswer::Outcome::Nothing);
  server_.silent = true;
  enumerate("3.3.4.e164.example");
  wait_for(5);
  EXPECT_EQ(answers[4].outcome, route::DnsAnswer::Outcome::Silent);
}

TEST_F(ResolverTest, EndingWhileQuestionsAreOutCallsNobody) {
  server_.silent = true;
  ask("test.example");
  resolver_.reset();
  EXPECT_TRUE(done_.empty());
}

TEST_F(ResolverTest, WhoIsToldMayAskAgain) {
  resolver().locate({.host = "test.example"}, realm_, Resolver::Want::Now, [this](const route::Located& located) {
    done_.push_back(located);
    ask("none.example");
  });
  run(2);
  ASSERT_EQ(done_[0].places.size(), 1U) << done_[0].problem;
  EXPECT_EQ(done_[0].places[0].remote.text(), "10.9.0.1:5070");
  EXPECT_TRUE(done_[1].places.empty());
  EXPECT_FALSE(done_[1].problem.empty());
  EXPECT_EQ(resolver().under_way(), 0U);
}

}  // namespace
}  // namespace sbc::resolve
