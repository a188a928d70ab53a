#include "sbc/call/consumed_body.h"

#include <array>
#include <span>

#include "sbc/body/handling.h"

namespace sbc::call {

std::optional<std::string> refused_body_of(const sip::Message& request) {
  static constexpr std::array<std::string_view, 1> kSession = {"application/sdp"};
  const bool offers = request.method() == sip::Method::Update || request.method() == sip::Method::Prack;
  return body::not_understood(
      {.type = request.find(sip::HeaderId::ContentType).value_or(""),
       .disposition = request.find(sip::HeaderId::ContentDisposition).value_or(""),
       .encoding = request.find(sip::HeaderId::ContentEncoding).value_or(""),
       .text = request.body()},
      offers ? std::span<const std::string_view>(kSession) : std::span<const std::string_view>());
}

}  // namespace sbc::call
