#pragma once
// A call that a recording server hears (SIPREC).

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "codec_rig.h"

namespace sbc::call::test {

inline void record_by(Rig& rig, const char* servers, bool required = false) {
  change_places(rig, kAsItIs, [&](route::Trunk& trunk) {
    if (trunk.name == "t1") trunk.record = policy::Recording{.siprec = servers, .required = required};
  });
}

inline std::string server_sdp(const Peer& server, int port, std::string_view direction = "recvonly") {
  std::string out = "v=0\r\no=- 9 " + std::to_string(port) + " IN IP4 " + server.ip() + "\r\ns=-\r\nc=IN IP4 " +
                    server.ip() + "\r\nt=0 0\r\n";
  for (int line = 1; line <= 2; ++line)
    out += "m=audio " + std::to_string(port + 2 * line) + " RTP/AVP 0\r\na=" + std::string(direction) +
           "\r\na=label:" + std::to_string(line) + "\r\n";
  return out;
}

inline std::size_t count(std::string_view text, std::string_view word) {
  std::size_t n = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

inline bool says(const sip::MessagePtr& message, std::string_view word) {
  return message != nullptr && message->bytes().find(word) != std::string_view::npos;
}

// A call that bob's trunk wants recorded by dave.
struct Recorded : Rig {
  explicit Recorded(bool required = false) {
    record_by(*this, "far", required);
    connect();
    invite = d.take("INVITE");
  }
  void server_answers() {
    d.answer(200, server_sdp(d, 8000));
    d.clear();
  }
  std::vector<control::FlowSpec> copies() const {
    std::vector<control::FlowSpec> out;
    for (const auto& flow : relay.history.back().flows)
      if (flow.a.copies) out.push_back(flow);
    return out;
  }
  CallRecord end_call() {
    a.bye();
    pass(base::minutes(3));
    EXPECT_EQ(records.size(), 1U);
    expect_idle();
    return records.empty() ? CallRecord{} : records[0];
  }
  sip::MessagePtr invite;
};

}  // namespace sbc::call::test
