#include "sbc/sip/name_addr.h"

#include "sbc/sip/grammar.h"

namespace sbc::sip {
namespace {

// The start of the brackets when the value is a name-addr. Unquoted display names should be tokens; whatever cannot be
// mistaken for something else is tolerated, raw UTF-8 above all. A comma could be, so it is not (RFC 4475 3.1.2.15).
std::size_t find_bracket(std::string_view text) {
  const std::size_t at = grammar::skip(grammar::kPlain, text);
  return at < text.size() && text[at] == '<' ? at : std::string_view::npos;
}

Error shifted(Error error, std::size_t by) {
  error.at += by;
  return error;
}

std::optional<Error> check_params(NameAddr& out, std::size_t at) {
  at = grammar::skip_blanks(out.text, at);
  if (at == out.text.size()) return std::nullopt;
  if (out.text[at] != ';') return unexpected("';' or the end", out.text, at).error();
  out.params = grammar::trim_blanks(out.text.substr(at + 1));
  ParamReader reader(out.text.substr(at));
  Param param;
  while (reader.next(param)) {
  }
  if (reader.error()) return shifted(*reader.error(), at);
  return std::nullopt;
}

}  // namespace

std::optional<Error> read_name_addr(std::string_view text, NameAddr& out) {
  out.text = text = grammar::trim_blanks(text);
  std::size_t open = std::string_view::npos;
  if (!text.empty() && text.front() == '"') {
    const std::size_t end = grammar::skip_quoted(text, 0);
    if (end == std::string_view::npos) return unexpected("closing quote", text, 0).error();
    open = grammar::skip_blanks(text, end);
    if (open == text.size() || text[open] != '<') return unexpected("'<' after display name", text, open).error();
    out.display = text.substr(0, end);
  } else {
    open = find_bracket(text);
    if (open != std::string_view::npos) out.display = grammar::trim_blanks(text.substr(0, open));
  }

  std::size_t start = 0;
  std::size_t end = 0;
  std::size_t after = 0;
  if (open != std::string_view::npos) {
    out.bracketed = true;
    start = open + 1;
    end = text.find('>', start);
    if (end == std::string_view::npos) return unexpected("'>' after URI", text, open).error();
    after = end + 1;
  } else {
    end = after = std::min(text.find_first_of("; \t"), text.size());
  }
  out.uri_text = text.substr(start, end - start);
  if (auto error = read_uri(out.uri_text, out.uri)) return shifted(std::move(*error), start);
  // RFC 3261 20: a URI with ',', '?' or ';' must be in brackets. ';' was taken for the start of header parameters.
  if (!out.bracketed && out.uri_text.find_first_of(",?") != std::string_view::npos)
    return unexpected("'<' around a URI with ',' or '?'", text, 0).error();
  return check_params(out, after);
}

std::expected<NameAddr, Error> parse_name_addr(std::string_view text) {
  std::expected<NameAddr, Error> result;
  if (auto error = read_name_addr(text, *result)) return std::unexpected(std::move(*error));
  return result;
}

std::string_view NameAddr::address_text() const {
  if (params.empty()) return text;
  std::string_view head = text.substr(0, static_cast<std::size_t>(params.data() - text.data()));
  head = grammar::trim_blanks(head);
  if (!head.empty() && head.back() == ';') head.remove_suffix(1);
  return grammar::trim_blanks(head);
}

}  // namespace sbc::sip
