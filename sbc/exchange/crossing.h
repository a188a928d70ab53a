#pragma once
// What of a message may stand on the other side: headers that are listed, bodies through sbc/body.

#include <string>

#include "media-relay/base/hash.h"

#include "sbc/body/rewrite.h"
#include "sbc/call/header_rules.h"
#include "sbc/exchange/advisor.h"
#include "sbc/sip/message.h"

namespace sbc::exchange {

// The side that a message goes to.
struct Toward {
  std::string_view realm;
  std::string_view domain;  // the host of our URIs there
  bool trusted = false;     // both realms are: bodies that nobody can read cross as they are
};

class Crossing final : public body::Identifiers {
 public:
  Crossing(const Toward& toward, const base::HashKey& key, const Dialogs& dialogs)
      : toward_(toward), key_(key), dialogs_(dialogs) {}

  std::optional<body::DialogIds> other_side(std::string_view call_id, std::string_view local_tag,
                                            std::string_view remote_tag) override;
  std::string public_uri(const sip::Uri& uri) override;
  std::string opaque(std::string_view id) override;

  // The message's body as it may cross.
  body::Result body_of(const sip::Message& message);
  // The headers of a request that cross besides call::passed_headers.
  void request_headers(const sip::Message& request, call::HeaderList& headers);
  // The headers of a final response that cross.
  call::HeaderList response_headers(const sip::Message& response);

 private:
  std::string event(std::string_view value);

  Toward toward_;
  base::HashKey key_;
  const Dialogs& dialogs_;
};

// The package of an Event header, lower case: "dialog" of "dialog;id=7".
std::string event_package(const sip::Message& message);
// Subscription-State with the parameters that RFC 6665 4.1.3 defines, and no others.
struct SubscriptionState {
  std::string text;  // as it may cross; "" when the header is missing
  bool terminated = false;
  std::optional<std::uint32_t> expires;
};
SubscriptionState subscription_state(const sip::Message& notify);

}  // namespace sbc::exchange
