#pragma once
// A layer on a stage: a manual clock, messages from text, and everything the layer said, taken step by step.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "media-relay/base/random.h"

#include "sbc/sip/minter.h"
#include "sbc/sip/parser.h"
#include "sbc/sip/response.h"
#include "sbc/sip/writer.h"
#include "sbc/transaction/layer.h"

namespace sbc::transaction {

using base::milliseconds;
using base::seconds;

inline sip::MessagePtr message_of(std::string text) {
  sip::ParseResult result = sip::parse(std::move(text));
  EXPECT_TRUE(result.ok()) << (result.error ? result.error->text : "no message");
  return result.message;
}

struct RequestText {
  std::string method = "INVITE";
  std::string uri = "sip:bob@border.example.net";
  std::string sent_by = "192.0.2.10:5060";
  std::string branch = "z9hG4bKcaller1";
  std::string via_params = ";rport";
  std::string transport = "UDP";
  std::string from_tag = "alice-tag";
  std::string to_tag = {};
  std::string call_id = "call-1";
  int cseq = 1;
  std::string extra = {};  // header lines

  std::string text() const {
    std::string out = method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/" + transport + " " + sent_by;
    if (!branch.empty()) out += ";branch=" + branch;
    out += via_params + "\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.org>";
    if (!from_tag.empty()) out += ";tag=" + from_tag;
    out += "\r\nTo: <sip:bob@example.org>";
    if (!to_tag.empty()) out += ";tag=" + to_tag;
    out += "\r\nCall-ID: " + call_id + "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n" + extra +
           "Contact: <sip:alice@192.0.2.10>\r\nContent-Length: 0\r\n\r\n";
    return out;
  }
};

class Stage {
 public:
  explicit Stage(const Config& config = {}, std::uint64_t seed = 1) : random(seed), layer(config, minter, random) {}

  static sip::Source source(sip::Transport transport = sip::Transport::Udp) {
    sip::Source s;
    s.hop.transport = transport;
    s.hop.remote = *base::Endpoint::parse("192.0.2.10:5060");
    if (transport != sip::Transport::Udp) s.hop.connection.value = 77;
    s.local = *base::Endpoint::parse("198.51.100.1:5060");
    return s;
  }

  void deliver(const std::string& text, const sip::Source& from = source()) {
    layer.on_message(message_of(text), from, now, out);
  }
  void deliver(const RequestText& request, const sip::Source& from = source()) { deliver(request.text(), from); }

  // Lets time pass, stopping at each deadline as an event loop would.
  void pass(base::Duration d) {
    const base::Instant end = now + d;
    while (layer.next_deadline() <= end) {
      now = std::max(now, layer.next_deadline());
      layer.on_deadline(now, out);
    }
    now = end;
  }

  // The instants, counted from now, at which something is sent within `d`; `only`: what its first line starts with.
  std::vector<base::Duration> instants_of_sends(base::Duration d, std::string_view only = {}) {
    const base::Instant start = now;
    std::vector<base::Duration> instants;
    sends();
    while (layer.next_deadline() <= start + d) {
      now = std::max(now, layer.next_deadline());
      layer.on_deadline(now, out);
      for (const Send& send : sends())
        if (send.bytes->starts_with(only)) instants.push_back(now - start);
    }
    now = start + d;
    return instants;
  }

  std::vector<Send> sends() { return std::exchange(out.sends, {}); }
  std::vector<Event> events() { return std::exchange(out.events, {}); }

  // First lines of everything sent since the last look, and of every event since then.
  std::vector<std::string> lines() {
    std::vector<std::string> result;
    for (const Send& send : sends()) result.push_back(send.bytes->substr(0, send.bytes->find("\r\n")));
    return result;
  }

  template <typename T>
  T only() {
    std::vector<Event> all = events();
    EXPECT_EQ(all.size(), 1U);
    if (all.size() != 1 || !std::holds_alternative<T>(all[0])) {
      ADD_FAILURE() << "expected one event of another kind";
      return T{};
    }
    return std::get<T>(std::move(all[0]));
  }

  bool respond(ServerId id, int status, std::string_view tag = "our-tag") {
    const sip::MessagePtr request = layer.request_ptr(id);
    const sip::Source* from = layer.source_of(id);
    if (request == nullptr) return layer.respond(id, status, base::share("SIP/2.0 200 Late\r\n\r\n"), now, out);
    return layer.respond(id, status, base::share(sip::build_response(*request, status, tag, *from)), now, out);
  }

  ServerId arrive(const RequestText& request, const sip::Source& from = source()) {
    deliver(request, from);
    return only<RequestArrived>().transaction;
  }

  // Sends a request of ours; its text is kept in `last_request`.
  ClientId start(sip::Method method, sip::Transport transport = sip::Transport::Udp, std::string_view route = {},
                 Owner owner = 42) {
    branch = minter.branch(random);
    last_request.clear();
    sip::Writer writer(last_request);
    writer.request_line(method, "sip:carol@203.0.113.5");
    writer.header("Via",
                  "SIP/2.0/" + std::string(sip::name_of(transport)) + " 198.51.100.1;branch=" + branch + ";rport");
    writer.header("Max-Forwards", "70");
    if (!route.empty()) writer.raw(route);
    writer.header("From", "<sip:us@border.example.net>;tag=local-tag");
    writer.header("To", "<sip:carol@example.com>");
    writer.header("Call-ID", "leg-b");
    writer.header("CSeq", "7 " + std::string(sip::name_of(method)));
    writer.header("Require", "nothing");
    writer.finish("application/sdp", "v=0\r\n");
    ClientRequest request;
    request.method = method;
    request.branch = branch;
    request.hop.transport = transport;
    request.hop.remote = *base::Endpoint::parse("203.0.113.5:5060");
    request.bytes = base::share(std::string(last_request));
    request.owner = owner;
    return layer.request(request, now, out);
  }

  // A response to the last request of ours (or to the CANCEL of its branch).
  std::string answer(int status, std::string_view method = "INVITE", std::string_view to_tag = "carol-tag") const {
    std::string text = "SIP/2.0 " + std::to_string(status) +
                       " Whatever\r\nVia: SIP/2.0/UDP 198.51.100.1;branch=" + branch +
                       ";rport=5060\r\nFrom: <sip:us@border.example.net>;tag=local-tag\r\nTo: <sip:carol@example.com>";
    if (!to_tag.empty()) text += ";tag=" + std::string(to_tag);
    text += "\r\nCall-ID: leg-b\r\nCSeq: 7 " + std::string(method) +
            "\r\nContact: <sip:carol@203.0.113.5>\r\nContent-Length: 0\r\n\r\n";
    return text;
  }

  base::SeededRandom random;
  sip::Minter minter{{1, 2}, 3};
  base::Instant now{base::hours(1)};
  Output out;
  Layer layer;
  std::string branch;
  std::string last_request;
};

using Lines = std::vector<std::string>;

inline std::vector<base::Duration> in_milliseconds(std::initializer_list<int> values) {
  std::vector<base::Duration> result;
  for (const int value : values) result.push_back(milliseconds(value));
  return result;
}

}  // namespace sbc::transaction
