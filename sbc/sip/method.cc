#include "sbc/sip/method.h"

#include <array>

namespace sbc::sip {
namespace {

constexpr std::array<std::string_view, 15> kNames = {"INVITE",    "ACK",    "BYE",     "CANCEL",  "REGISTER",
                                                     "OPTIONS",   "INFO",   "PRACK",   "UPDATE",  "REFER",
                                                     "SUBSCRIBE", "NOTIFY", "MESSAGE", "PUBLISH", ""};
static_assert(kNames.size() == static_cast<std::size_t>(Method::Other) + 1);

Method if_named(std::string_view token, Method method) {
  return token == kNames[static_cast<std::size_t>(method)] ? method : Method::Other;
}

}  // namespace

Method method_from(std::string_view token) {
  switch (token.size()) {
    case 3:
      return token[0] == 'A' ? if_named(token, Method::Ack) : if_named(token, Method::Bye);
    case 4:
      return if_named(token, Method::Info);
    case 5:
      return token[0] == 'P' ? if_named(token, Method::Prack) : if_named(token, Method::Refer);
    case 6:
      switch (token[0]) {
        case 'I':
          return if_named(token, Method::Invite);
        case 'C':
          return if_named(token, Method::Cancel);
        case 'U':
          return if_named(token, Method::Update);
        default:
          return if_named(token, Method::Notify);
      }
    case 7:
      switch (token[0]) {
        case 'O':
          return if_named(token, Method::Options);
        case 'M':
          return if_named(token, Method::Message);
        default:
          return if_named(token, Method::Publish);
      }
    case 8:
      return if_named(token, Method::Register);
    case 9:
      return if_named(token, Method::Subscribe);
    default:
      return Method::Other;
  }
}

std::string_view name_of(Method method) {
  return kNames[static_cast<std::size_t>(method)];
}

}  // namespace sbc::sip
