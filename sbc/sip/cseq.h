#pragma once
// CSeq (RFC 3261 20.16) and RAck (RFC 3262 7.2).

#include <cstdint>
#include <expected>
#include <string_view>

#include "sbc/sip/error.h"
#include "sbc/sip/method.h"

namespace sbc::sip {

struct CSeq {
  std::uint32_t number = 0;  // RFC 3261 8.1.1.5 asks for < 2^31 from the sender; up to 2^32-1 is accepted
  Method method = Method::Other;
  std::string_view method_text;
};

std::expected<CSeq, Error> parse_cseq(std::string_view text);

struct RAck {
  std::uint32_t response_number = 0;
  CSeq cseq;
};

std::expected<RAck, Error> parse_rack(std::string_view text);

}  // namespace sbc::sip
