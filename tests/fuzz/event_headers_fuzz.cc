// rooms: exchange
// Headers of requests outside of calls and of subscriptions, from strangers: nothing breaks, and what crosses from them
// is one line each that is read again as the same.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sbc/exchange/crossing.h"
#include "sbc/sip/breadth.h"
#include "sbc/sip/parser.h"
#include "sbc/sip/retry_after.h"

namespace {

using namespace sbc;

void must(bool held) {
  if (!held) std::abort();
}

bool one_line(std::string_view text) {
  return text.find_first_of("\r\n") == std::string_view::npos;
}

class NoDialogs final : public exchange::Dialogs {
 public:
  std::optional<body::DialogIds> other_side(const body::DialogIds& named, std::string_view) const override {
    if (named.call_id == "unknown") return std::nullopt;
    return body::DialogIds{"far call", "1", "2"};
  }
  std::optional<call::KnownLeg> leg(const body::DialogIds&) const override { return std::nullopt; }
};

sip::MessagePtr read(std::string_view start, std::string_view method, std::string_view headers) {
  return sip::parse(std::string(start) +
                    "\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nMax-Forwards: 70\r\nFrom: <sip:a@h>;tag=1\r\n"
                    "To: <sip:b@h>;tag=2\r\nCall-ID: c\r\nCSeq: 1 " +
                    std::string(method) + "\r\n" + std::string(headers) + "\r\nContent-Length: 0\r\n\r\n")
      .message;
}

void check(const call::HeaderList& headers) {
  for (const auto& [name, value] : headers) must(one_line(name) && one_line(value));
}

void check_subscription(const sip::Message& message) {
  must(one_line(exchange::event_package(message)) && one_line(exchange::event_of_subscriber(message)));
  const auto state = exchange::subscription_state(message);
  must(one_line(state.text) && (!state.terminated || state.text.starts_with("terminated")));
  if (state.text.empty()) return;
  const auto again = read("NOTIFY sip:u@h SIP/2.0", "NOTIFY", "Subscription-State: " + state.text);
  must(again != nullptr);
  const auto same = exchange::subscription_state(*again);
  must(same.text == state.text && same.terminated == state.terminated && same.expires == state.expires);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view headers(reinterpret_cast<const char*>(data), size);
  const NoDialogs dialogs;
  const exchange::Settings settings;
  const auto request = read("NOTIFY sip:u@h SIP/2.0", "NOTIFY", headers);
  const auto refer = read("REFER sip:u@h SIP/2.0", "REFER", headers);
  const auto good = read("SIP/2.0 200 OK", "SUBSCRIBE", headers);
  const auto bad = read("SIP/2.0 489 Bad Event", "SUBSCRIBE", headers);
  const auto brief = read("SIP/2.0 423 Interval Too Brief", "SUBSCRIBE", headers);
  for (const bool trusted : {false, true}) {
    exchange::Crossing crossing({.realm = "core", .domain = "203.0.113.1", .trusted = trusted}, {1, 2}, dialogs,
                                settings);
    if (request != nullptr) {
      check_subscription(*request);
      call::HeaderList list;
      crossing.request_headers(*request, list);
      check(list);
      (void)crossing.accepts_nothing(*request);
      const auto breadth = sip::max_breadth(request.get());
      must(breadth >= 1 && breadth <= 60);
    }
    if (refer != nullptr) {
      const auto list = crossing.refer_headers(*refer);
      if (list) {
        check(*list);
      } else {
        must(list.error() >= 400 && list.error() < 700);
      }
    }
    if (good != nullptr) check(crossing.response_headers(*good));
    for (const auto& failure : {bad, brief}) {
      if (failure == nullptr) continue;
      check(crossing.failure_headers(*failure));
      (void)sip::retry_after(*failure);
    }
  }
  return 0;
}
