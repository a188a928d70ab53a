#include "sbc/app/shard_setup.h"

#include <gtest/gtest.h>

#include "sbc/sip/parser.h"

#include "temp_config.h"

namespace sbc::app {
namespace {

TEST(NetSetup, AllShardsOpenTheSameListenersWithTheSameIndexes) {
  const auto config = load(R"([process]
shards = 2
[realm.access]
media_security = "none"
  [[realm.access.listener]]
  bind = "192.0.2.1:5060"
  [[realm.access.listener]]
  transport = "tcp"
  bind = "192.0.2.1:5061"
[realm.core]
media_security = "none"
  [[realm.core.listener]]
  bind = "10.0.0.1:5060"
[relay.main]
socket = "/s"
[policy]
file = "/p.lua"
[limits]
connections = 33
)");
  ASSERT_NE(config, nullptr);
  for (const std::uint8_t shard : {std::uint8_t{0}, std::uint8_t{1}}) {
    const auto setup = net_setup(*config, shard);
    EXPECT_EQ(setup.shard, shard);
    EXPECT_TRUE(setup.reuse_port);
    EXPECT_EQ(setup.limits.connections, 17U);  // the limit is the process's, each of two shards has its half
    ASSERT_EQ(setup.listeners.size(), 3U);
    for (std::uint16_t i = 0; i < 3; ++i) EXPECT_EQ(setup.listeners[i].index, i);
    EXPECT_EQ(setup.listeners[1].transport, sip::Transport::Tcp);
    EXPECT_EQ(setup.listeners[2].realm, "core");
    const auto links = relay_links(*config, shard);
    ASSERT_EQ(links.size(), 1U);
    EXPECT_EQ(links[0].controller, "sbc-" + std::to_string(shard)) << "each shard has sessions of its own";
  }
}

TEST(NetSetup, OneShardNeedsNoSharedPorts) {
  const auto config = load("[process]\nshards = 1\n" + std::string(kSmall));
  EXPECT_FALSE(net_setup(*config, 0).reuse_port);
}

TEST(CountOut, RequestsByMethodAndResponsesByTheMethodTheyAnswer) {
  admin::ShardMetrics metrics;
  count_out(metrics, "INVITE sip:x SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n");
  count_out(metrics, "SIP/2.0 486 Busy Here\r\nVia: x\r\nCSeq: 7 INVITE\r\n\r\n");
  count_out(metrics, "SIP/2.0 200 OK\r\nCSeq: 7 BYE\r\n\r\n");
  EXPECT_EQ(metrics.requests_out[sip::Method::Invite].value(), 1U);
  const auto responses = [&metrics](sip::Method method, admin::ResponseClass kind) {
    return metrics.responses_out[static_cast<std::size_t>(method)][kind].value();
  };
  EXPECT_EQ(responses(sip::Method::Invite, admin::ResponseClass::C4xx), 1U);
  EXPECT_EQ(responses(sip::Method::Bye, admin::ResponseClass::C2xx), 1U);
}

struct Ending {
  call::EndCause cause;
  std::uint16_t status;
  bool answered;
  admin::CallResult result;
};

TEST(CountRecord, EachEndingIsOneResult) {
  using admin::CallResult;
  using call::EndCause;
  const Ending endings[] = {
      {EndCause::Bye, 200, true, CallResult::Answered},
      {EndCause::MediaTimeout, 200, true, CallResult::Answered},
      {EndCause::Cancel, 487, false, CallResult::Cancelled},
      {EndCause::Rejected, 486, false, CallResult::Busy},
      {EndCause::Rejected, 600, false, CallResult::Busy},
      {EndCause::Rejected, 408, false, CallResult::NoAnswer},
      {EndCause::Rejected, 404, false, CallResult::Rejected},
      {EndCause::Policy, 403, false, CallResult::Refused},
      {EndCause::Limit, 503, false, CallResult::Refused},
      {EndCause::Unreachable, 480, false, CallResult::Unreachable},
      {EndCause::RelayFailure, 503, false, CallResult::Failed},
      {EndCause::BadMedia, 488, false, CallResult::Failed},
  };
  for (const auto& ending : endings) {
    admin::ShardMetrics metrics;
    call::CallRecord record;
    record.cause = ending.cause;
    record.status = ending.status;
    record.answered = ending.answered;
    count_record(metrics, record);
    std::uint64_t all = 0;
    for (unsigned i = 0; i < static_cast<unsigned>(CallResult::kCount); ++i)
      all += metrics.calls[static_cast<CallResult>(i)].value();
    EXPECT_EQ(all, 1U);
    EXPECT_EQ(metrics.calls[ending.result].value(), 1U) << call::name_of(ending.cause) << " " << ending.status;
  }
}

TEST(CountRecord, AChallengeIsNotTheEndOfACall) {
  admin::ShardMetrics metrics;
  call::CallRecord record;
  record.cause = call::EndCause::Policy;
  record.status = 407;
  count_record(metrics, record);
  EXPECT_EQ(metrics.calls[admin::CallResult::Refused].value(), 0U);
}

sip::MessagePtr register_request(const std::string& headers) {
  return sip::parse(
             "REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKx\r\nMax-Forwards: "
             "70\r\nFrom: <sip:a@example.org>;tag=1\r\nTo: <sip:a@example.org>\r\nCall-ID: 1\r\nCSeq: 1 "
             "REGISTER\r\n" +
             headers + "Content-Length: 0\r\n\r\n")
      .message;
}

TEST(RegisterResult, IsReadFromTheRequestAndItsAnswer) {
  using admin::RegisterResult;
  const auto contact = register_request("Contact: <sip:a@192.0.2.7>\r\n");
  EXPECT_EQ(register_result(*contact, 401), RegisterResult::Challenged);
  EXPECT_EQ(register_result(*contact, 403), RegisterResult::Rejected);
  EXPECT_EQ(register_result(*contact, 200), RegisterResult::Registered);
  EXPECT_EQ(register_result(*contact, 200, true), RegisterResult::Refreshed);
  EXPECT_EQ(register_result(*register_request(""), 200), RegisterResult::Queried);
  EXPECT_EQ(register_result(*register_request("Contact: *\r\nExpires: 0\r\n"), 200), RegisterResult::Removed);
  EXPECT_EQ(register_result(*register_request("Contact: <sip:a@192.0.2.7>;expires=0\r\n"), 200),
            RegisterResult::Removed);
  EXPECT_EQ(register_result(*register_request("Contact: <sip:a@192.0.2.7>\r\nExpires: 0\r\n"), 200),
            RegisterResult::Removed);
}

TEST(Copy, CallCountersBecomeTheOperatorsReasons) {
  admin::ShardMetrics metrics;
  call::Counters calls;
  calls.refused_draining = 1;
  calls.refused_limit = 2;
  calls.refused_loop = 3;
  calls.refused_media = 4;
  calls.refused_help = 5;
  copy(calls, {}, {}, metrics);
  EXPECT_EQ(metrics.rejects[admin::RejectReason::Draining].value(), 1U);
  EXPECT_EQ(metrics.rejects[admin::RejectReason::Limit].value(), 2U);
  EXPECT_EQ(metrics.rejects[admin::RejectReason::LoopDetected].value(), 3U);
  EXPECT_EQ(metrics.rejects[admin::RejectReason::Media].value(), 4U);
  EXPECT_EQ(metrics.rejects[admin::RejectReason::Help].value(), 5U);
}

TEST(LevelOf, NotesKeepTheirWeight) {
  EXPECT_EQ(level_of(call::Note::Level::Debug), observe::Level::Debug);
  EXPECT_EQ(level_of(call::Note::Level::Error), observe::Level::Error);
}

}  // namespace
}  // namespace sbc::app
