#include "sbc/auth/parameters.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/auth/limits.h"

namespace sbc::auth {
namespace {

bool is_token(char c) {  // RFC 3261 25.1
  return base::is_alnum(c) || std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 ? c != '\t' : byte == 0x7f;
}

// Unquoted values: wider than token, because phones leave the quotes off nonces and URIs. Never what ends a value.
bool is_bare(char c) {
  return !is_control(c) && !base::is_blank(c) && c != ',' && c != '"' && c != '\\';
}

std::unexpected<std::string> refuse(std::string_view expected, std::string_view got, std::size_t at) {
  std::string text = "Digest: expected ";
  text += expected;
  if (got.empty()) {
    text += ", got the end";
  } else {
    text += ", got \"";
    text += base::printable(got, 20);
    text += '"';
  }
  text += ", byte ";
  base::append_number(text, at);
  return std::unexpected(std::move(text));
}

std::expected<std::string, std::string> take_quoted(base::TextCursor& cursor) {
  std::string value;
  const std::size_t start = cursor.position();
  cursor.take('"');
  for (;;) {
    if (cursor.at_end())
      return refuse("closing quote of the string from byte " + std::to_string(start), {}, cursor.position());
    char c = cursor.peek();
    if (c == '"') break;
    if (c == '\\') {
      cursor.advance(1);
      if (cursor.at_end()) continue;
      c = cursor.peek();
    }
    if (is_control(c)) return refuse("no control byte in a quoted string", cursor.rest(), cursor.position());
    if (value.size() == kMaxParameterBytes) return refuse("at most 2048 bytes in a value", {}, cursor.position());
    value.push_back(c);
    cursor.advance(1);
  }
  cursor.take('"');
  return value;
}

std::expected<Parameter, std::string> take_parameter(base::TextCursor& cursor) {
  Parameter parameter;
  const std::size_t start = cursor.position();
  const std::string_view name = cursor.take_while(is_token);
  if (name.empty()) return refuse("parameter name", cursor.rest(), start);
  parameter.name = base::to_lower(name);
  cursor.skip_blanks();
  if (!cursor.take('=')) return refuse("'=' after \"" + parameter.name + "\"", cursor.rest(), cursor.position());
  cursor.skip_blanks();
  if (cursor.peek() == '"') {
    auto value = take_quoted(cursor);
    if (!value) return std::unexpected(std::move(value.error()));
    parameter.value = std::move(*value);
    parameter.quoted = true;
    return parameter;
  }
  const std::string_view value = cursor.take_while(is_bare);
  if (value.empty()) return refuse("value of \"" + parameter.name + "\"", cursor.rest(), cursor.position());
  if (value.size() > kMaxParameterBytes) return refuse("at most 2048 bytes in a value", value, cursor.position());
  parameter.value = value;
  return parameter;
}

}  // namespace

const std::string* Parameters::find(std::string_view lower_name) const {
  const auto found = std::ranges::find(list, lower_name, &Parameter::name);
  return found == list.end() ? nullptr : &found->value;
}

std::expected<Parameters, std::string> parse_parameters(std::string_view header_value) {
  if (header_value.size() > kMaxHeaderBytes) return refuse("at most 4096 bytes", {}, kMaxHeaderBytes);
  Parameters out;
  base::TextCursor cursor(header_value);
  cursor.skip_blanks();
  out.scheme = cursor.take_while(is_token);
  if (out.scheme.empty()) return refuse("scheme", cursor.rest(), cursor.position());
  if (!cursor.at_end() && !base::is_blank(cursor.peek()))
    return refuse("blank after the scheme", cursor.rest(), cursor.position());
  for (;;) {
    cursor.skip_blanks();
    if (cursor.at_end()) return out;
    if (cursor.take(',')) continue;  // an empty list element means nothing (RFC 7230 7)
    const std::size_t start = cursor.position();
    auto parameter = take_parameter(cursor);
    if (!parameter) return std::unexpected(std::move(parameter.error()));
    if (out.find(parameter->name) != nullptr)
      return refuse("\"" + parameter->name + "\" only once", cursor.rest(), start);
    if (out.list.size() == kMaxParameters) return refuse("at most 32 parameters", cursor.rest(), start);
    out.list.push_back(std::move(*parameter));
    cursor.skip_blanks();
    if (!cursor.at_end() && cursor.peek() != ',') return refuse("','", cursor.rest(), cursor.position());
  }
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (is_control(c)) continue;  // such a byte cannot be written, and would split the header
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

}  // namespace sbc::auth
