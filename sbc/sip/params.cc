#include "sbc/sip/params.h"

#include "media-relay/base/text.h"

#include "sbc/sip/grammar.h"

namespace sbc::sip {

void ParamReader::skip_blanks() {
  at_ = grammar::skip_blanks(text_, at_);
}

bool ParamReader::fail(std::string_view expected) {
  error_ = unexpected(expected, text_, at_).error();
  at_ = text_.size();
  return false;
}

bool ParamReader::take_quoted() {
  const std::size_t end = grammar::skip_quoted(text_, at_);
  if (end == std::string_view::npos) return fail("closing quote");
  at_ = end;
  return true;
}

bool ParamReader::next(Param& out) {
  if (error_) return false;
  skip_blanks();
  if (at_ == text_.size()) return false;
  if (text_[at_] == ';') {
    ++at_;
    skip_blanks();
  } else if (!first_) {
    return fail("';'");
  }
  first_ = false;

  const std::size_t start = at_;
  at_ = grammar::skip(grammar::kToken, text_, at_);
  if (at_ == start) return fail("parameter name");
  out.name = text_.substr(start, at_ - start);
  out.value = {};
  out.has_value = false;
  std::size_t end = at_;
  skip_blanks();
  if (at_ < text_.size() && text_[at_] == '=') {
    ++at_;
    skip_blanks();
    const std::size_t value_start = at_;
    if (at_ < text_.size() && text_[at_] == '"') {
      if (!take_quoted()) return false;
    } else {
      at_ = grammar::skip(grammar::kParamValue, text_, at_);
    }
    out.value = text_.substr(value_start, at_ - value_start);
    out.has_value = true;  // "name=" with nothing after it is tolerated; several stacks write it
    end = at_;
  }
  out.text = text_.substr(start, end - start);
  return true;
}

std::optional<std::string_view> find_param(std::string_view params, std::string_view name) {
  ParamReader reader(params);
  Param param;
  while (reader.next(param))
    if (base::equals_ignoring_case(param.name, name)) return param.value;
  return std::nullopt;
}

std::string unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  text = text.substr(1, text.size() - 2);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

std::string quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    const auto u = static_cast<unsigned char>(c);
    out += (u < 0x20 && c != '\t') || u == 0x7f ? ' ' : c;
  }
  out += '"';
  return out;
}

}  // namespace sbc::sip
