#pragma once
// A message that is hardly ever looked at again, kept as text. A parsed message is some two kilobytes larger than its
// bytes, and a call may last for hours.

#include <limits>
#include <string>
#include <utility>

#include "sbc/sip/message.h"
#include "sbc/sip/parser.h"

namespace sbc::call {

class StowedMessage {
 public:
  StowedMessage& operator=(sip::MessagePtr message) {
    message_ = std::move(message);
    text_.clear();
    return *this;
  }

  // It was read once, so it can be read again.
  const sip::MessagePtr& get() const {
    if (!message_ && !text_.empty()) message_ = sip::parse(std::exchange(text_, {}), kAnySize).message;
    return message_;
  }
  const sip::Message& operator*() const { return *get(); }
  const sip::Message* operator->() const { return get().get(); }

  bool stowed() const { return !message_; }
  // From now on as text, until somebody looks.
  void stow() {
    if (!message_) return;
    text_ = message_->bytes();
    message_.reset();
  }

 private:
  static constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();
  static constexpr sip::Limits kAnySize{.message_bytes = kAny,
                                        .head_bytes = kAny,
                                        .header_fields = kAny,
                                        .header_value_bytes = kAny,
                                        .request_uri_bytes = kAny,
                                        .body_bytes = kAny,
                                        .contact_values = kAny,
                                        .body_length_slack = kAny};

  mutable sip::MessagePtr message_;
  mutable std::string text_;
};

}  // namespace sbc::call
