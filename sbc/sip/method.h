#pragma once
// SIP methods (RFC 3261 7.1 and its extensions). Methods are case-sensitive tokens.

#include <cstdint>
#include <string_view>

namespace sbc::sip {

enum class Method : std::uint8_t {
  Invite,
  Ack,
  Bye,
  Cancel,
  Register,
  Options,
  Info,
  Prack,
  Update,
  Refer,
  Subscribe,
  Notify,
  Message,
  Publish,
  Other,  // a token that is none of the above; its text is kept by whoever holds the message
};

Method method_from(std::string_view token);
std::string_view name_of(Method method);  // "INVITE"...; "" for Other

}  // namespace sbc::sip
