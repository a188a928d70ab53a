#include "sbc/admin/admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "media-relay/loop/stream.h"

namespace sbc::admin {
namespace {

using testing::HasSubstr;

TEST(Expose, SumsShardsUnderTheDocumentedNames) {
  observe::Metrics metrics;
  std::array<ShardMetrics, 2> shards;
  for (const ShardMetrics& shard : shards) expose(metrics, shard);
  for (ShardMetrics& shard : shards) {
    shard.calls[CallResult::Answered].add();
    shard.calls_active.add(2);
    shard.setup_seconds.observe(0.03);
    shard.rejects[RejectReason::PolicyError].add();
    shard.requests_in[sip::Method::Invite].add();
    shard.requests_out[sip::Method::Other].add();
    shard.count_response_in(sip::Method::Invite, 486);
    shard.count_response_out(sip::Method::Register, 200);
    shard.policy_time(PolicyHandler::OnInvite).observe(0.0002);
    shard.policy_errors[PolicyHandler::OnEnd].add();
    shard.transactions[TransactionCount::AcksMissing].set(3);
    shard.server_transactions.set(4);
    shard.registrations[RegisterResult::Challenged].add();
    shard.relay_connected.set(1);
  }
  const std::string text = metrics.render();
  for (const char* line : {
           "parapet_calls_total{result=\"answered\"} 2",
           "parapet_calls_active 4",
           "parapet_call_setup_seconds_count 2",
           "parapet_call_setup_seconds_bucket{le=\"0.025\"} 0",
           "parapet_call_setup_seconds_bucket{le=\"0.05\"} 2",
           "parapet_rejects_total{reason=\"policy_error\"} 2",
           "parapet_requests_total{direction=\"in\",method=\"INVITE\"} 2",
           "parapet_requests_total{direction=\"out\",method=\"other\"} 2",
           "parapet_responses_total{class=\"4xx\",direction=\"in\",method=\"INVITE\"} 2",
           "parapet_responses_total{class=\"2xx\",direction=\"out\",method=\"REGISTER\"} 2",
           "parapet_policy_seconds_count{handler=\"on_invite\"} 2",
           "parapet_policy_errors_total{handler=\"on_end\"} 2",
           "parapet_transaction_events_total{event=\"acks_missing\"} 6",
           "parapet_transactions{side=\"server\"} 8",
           "parapet_registrations_total{result=\"challenged\"} 2",
           "parapet_relay_links_connected 2",
       })
    EXPECT_THAT(text, HasSubstr(std::string("\n") + line + "\n"));
}

TEST(Expose, TellsTransportsAndEveryDropReason) {
  observe::Metrics metrics;
  net::Counters counters;
  expose(metrics, counters);
  expose_build(metrics, "1.2.3");
  counters.udp_in_messages.add(5);
  counters.drop(net::Drop::UdpNotSip).add(7);
  const std::string text = metrics.render();
  EXPECT_THAT(text, HasSubstr("parapet_transport_messages_total{direction=\"in\",transport=\"udp\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("parapet_transport_drops_total{reason=\"udp_not_sip\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("parapet_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("unknown")));
}

template <typename Enum>
void expect_distinct_names() {
  std::set<std::string> names;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Enum::kCount); ++i) names.insert(name_of(static_cast<Enum>(i)));
  EXPECT_EQ(static_cast<std::size_t>(Enum::kCount), names.size());
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(Names, AreDistinct) {
  expect_distinct_names<CallResult>();
  expect_distinct_names<RejectReason>();
  expect_distinct_names<PolicyHandler>();
  const ShardMetrics metrics;
  for (const auto& seconds : metrics.policy_seconds) EXPECT_FALSE(seconds.bounds().empty());
  expect_distinct_names<PolicyWait>();
  expect_distinct_names<HttpLookup>();
  expect_distinct_names<StoreLookup>();
  expect_distinct_names<EnumResult>();
  expect_distinct_names<DnsResult>();
  expect_distinct_names<RegisterResult>();
  expect_distinct_names<ResponseClass>();
  expect_distinct_names<TransactionCount>();
  expect_distinct_names<net::Drop>();
}

TEST(Names, EveryStatusHasAClass) {
  EXPECT_EQ(ResponseClass::C1xx, class_of(100));
  EXPECT_EQ(ResponseClass::C2xx, class_of(299));
  EXPECT_EQ(ResponseClass::C6xx, class_of(699));
  EXPECT_EQ(ResponseClass::C1xx, class_of(0));
  EXPECT_EQ(ResponseClass::C6xx, class_of(9999));
  EXPECT_EQ(ResponseClass::C1xx, class_of(-100));
}

struct Client : loop::Stream::Delegate {
  void on_bytes(loop::Stream&, std::string_view bytes) override { received += bytes; }
  void on_closed(loop::Stream&, loop::Stream::CloseReason) override { closed = true; }
  std::string received;
  bool closed = false;
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    const auto where = server_.listen(*base::Endpoint::parse("127.0.0.1:0"));
    EXPECT_TRUE(where.has_value());
    where_ = *where;
  }
  std::string get(const std::string& path) {
    Client client;
    auto stream = loop::Stream::connect_tcp(loop_, where_, {}, client);
    (*stream)->write("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 1000 && !client.closed; ++i) loop_.run_once(base::milliseconds(20));
    return client.received;
  }
  loop::EventLoop loop_;
  observe::Metrics metrics_;
  bool relay_ = false;
  bool draining_ = false;
  Server server_{loop_, metrics_, {{"relay", [this] { return relay_; }}, {"draining", [this] { return !draining_; }}}};
  base::Endpoint where_;
};

TEST_F(ServerTest, ServesMetricsInPrometheusTextFormat) {
  base::Counter counter;
  metrics_.counter("x_total", "X.", {}, counter);
  const std::string answer = get("/metrics");
  EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n# HELP x_total X.\n# TYPE x_total counter\nx_total 0\n"));
}

TEST_F(ServerTest, IsHealthyWhileItTurns) {
  EXPECT_THAT(get("/healthz"), testing::StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ServerTest, IsReadyOnlyWhenEveryCheckIs) {
  EXPECT_THAT(get("/readyz"), testing::AllOf(testing::StartsWith("HTTP/1.1 503 "),
                                             testing::EndsWith("relay: not ready\ndraining: ok\n")));
  relay_ = true;
  EXPECT_THAT(get("/readyz"), testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  draining_ = true;
  EXPECT_THAT(get("/readyz"), testing::StartsWith("HTTP/1.1 503 "));
}

}  // namespace
}  // namespace sbc::admin
