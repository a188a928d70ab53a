#include "sbc/sip/cseq.h"

#include "media-relay/base/text.h"

#include "sbc/sip/grammar.h"

namespace sbc::sip {
namespace {

// Reads a number below 2^32 at `at` and moves past it and the blanks after it.
std::expected<std::uint32_t, Error> take_number(std::string_view text, std::size_t& at) {
  const std::size_t start = at;
  while (at < text.size() && base::is_digit(text[at])) ++at;
  const auto number = base::parse_unsigned<std::uint32_t>(text.substr(start, at - start));
  if (!number) return unexpected("number below 2^32", text, start);
  const std::size_t end = at;
  at = grammar::skip_blanks(text, at);
  if (at == end) return unexpected("blank after the number", text, end);
  return *number;
}

std::expected<CSeq, Error> take_cseq(std::string_view text, std::size_t at) {
  const auto number = take_number(text, at);
  if (!number) return std::unexpected(number.error());
  const std::size_t end = grammar::skip(grammar::kToken, text, at);
  if (end == at || end != text.size()) return unexpected("method", text, at);
  const std::string_view method = text.substr(at);
  return CSeq{*number, method_from(method), method};
}

}  // namespace

std::expected<CSeq, Error> parse_cseq(std::string_view text) {
  return take_cseq(text, 0);
}

std::expected<RAck, Error> parse_rack(std::string_view text) {
  std::size_t at = 0;
  const auto number = take_number(text, at);
  if (!number) return std::unexpected(number.error());
  auto cseq = take_cseq(text, at);
  if (!cseq) return std::unexpected(std::move(cseq.error()));
  return RAck{*number, *cseq};
}

}  // namespace sbc::sip
