#pragma once
// What of a message may stand on the other side: headers that are listed, bodies through sbc/body.

#include <expected>
#include <string>

#include "media-relay/base/hash.h"

#include "sbc/body/rewrite.h"
#include "sbc/call/header_rules.h"
#include "sbc/exchange/advisor.h"
#include "sbc/exchange/settings.h"
#include "sbc/sip/message.h"

namespace sbc::exchange {

// The side that a message goes to.
struct Toward {
  std::string realm;
  std::string domain;    // the host of our URIs there
  bool trusted = false;  // both sides are: bodies that nobody can read cross as they are
  std::string trunk{};   // "" none
  std::string from{};    // realm of the sender
};

class Crossing final : public body::Identifiers {
 public:
  Crossing(Toward toward, const base::HashKey& key, const Dialogs& dialogs, const Settings& settings)
      : toward_(std::move(toward)), key_(key), dialogs_(dialogs), settings_(settings) {}

  std::optional<body::DialogIds> other_side(std::string_view call_id, std::string_view local_tag,
                                            std::string_view remote_tag) override;
  std::string public_uri(const sip::Uri& uri) override;
  std::string opaque(std::string_view id) override;

  // The message's body as it may cross.
  body::Result body_of(const sip::Message& message);
  // Whether it says what it accepts, and nothing of that could cross.
  bool accepts_nothing(const sip::Message& message) const;
  // The headers of a request that cross besides call::passed_headers. `event` stands for the one that the sender wrote.
  void request_headers(const sip::Message& request, call::HeaderList& headers, std::string_view event = {});
  // Those that make a REFER: what they name, in the words of that side (refer.cc). Error: the status that the REFER
  // gets.
  std::expected<call::HeaderList, int> refer_headers(const sip::Message& refer);
  // The headers of a 2xx that cross.
  call::HeaderList response_headers(const sip::Message& response) const;
  // Those of a failure, without Retry-After.
  call::HeaderList failure_headers(const sip::Message& response) const;

 private:
  std::string event(std::string_view value);
  std::expected<std::string, int> refer_to(const sip::Message& refer);
  std::string target_dialog(std::string_view value) const;
  std::string accepted(const sip::Message& message, bool sdp) const;
  std::string known_events(const sip::Message& message) const;

  Toward toward_;
  base::HashKey key_;
  const Dialogs& dialogs_;
  const Settings& settings_;
};

// The package of an Event header, lower case: "dialog" of "dialog;id=7".
std::string event_package(const sip::Message& message);
// What a subscriber expects to read in its NOTIFYs: package and id (RFC 6665 8.2.1).
std::string event_of_subscriber(const sip::Message& subscribe);

// Subscription-State as it may cross (RFC 6665 4.1.3): words that the RFC knows and numbers, nothing else.
struct SubscriptionState {
  std::string text;  // "" when the header is missing or names no state
  bool terminated = false;
  std::optional<std::uint32_t> expires;
};
SubscriptionState subscription_state(const sip::Message& notify);

}  // namespace sbc::exchange
