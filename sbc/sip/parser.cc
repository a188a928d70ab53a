#include "sbc/sip/parser.h"

#include <bitset>
#include <cstring>

#include "media-relay/base/text.h"

#include "sbc/sip/field_reader.h"
#include "sbc/sip/grammar.h"
#include "sbc/sip/values.h"

namespace sbc::sip {

// One parse. Goes on after an error as long as it makes sense, because an error has to be answered and the answer
// copies header fields; keeps the first error.
class Parser {
 public:
  Parser(const Limits& limits, Framing framing)
      : limits_(limits), framing_(framing), message_(std::make_shared<Message>(Message::Key{})) {}

  ParseResult run(std::string bytes);

 private:
  bool take_start_line(FieldReader& reader);
  void take_status_line(std::string_view line);
  bool take_request_line(std::string_view line);
  void take_request_uri(std::string_view text);
  void take_fields(FieldReader& reader);
  void take_single(const HeaderField& field);
  void take_contact(std::string_view value);
  void take_name_addr(HeaderId id, NameAddr& out, std::string_view value);
  void take_via(std::string_view value);
  void take_call_id(std::string_view value);
  void take_cseq(std::string_view value);
  void take_content_length(std::string_view value);
  void take_body(std::string_view rest);
  std::size_t datagram_body_size(std::string_view rest, std::size_t declared);
  void check_required();
  void check_method();
  ParseResult result();

  // Keeps the first error only; the name and the detail are put together only then.
  void fail(int status, HeaderId header, const Error& error) { fail(status, canonical_name(header), error.text()); }
  void fail(int status, std::string_view header, std::string_view text);

  const Limits& limits_;
  Framing framing_;
  std::shared_ptr<Message> message_;
  std::bitset<kHeaderIds> seen_;
  std::optional<std::uint32_t> content_length_;
  std::size_t contacts_ = 0;
  bool star_ = false;
  std::optional<ParseError> error_;
};

void Parser::fail(int status, std::string_view header, std::string_view text) {
  if (error_) return;
  ParseError error;
  error.status = status;
  error.header = header;
  if (!header.empty()) {
    error.text = header;
    error.text += ": ";
  }
  error.text += text;
  error_ = std::move(error);
}

ParseResult Parser::run(std::string bytes) {
  // RFC 3261 7.5: CRLF before the start line are to be ignored.
  std::size_t lead = 0;
  while (lead + 1 < bytes.size() && bytes[lead] == '\r' && bytes[lead + 1] == '\n') lead += 2;
  if (lead != 0) bytes.erase(0, lead);

  Message& message = *message_;
  message.bytes_ = std::move(bytes);
  if (message.bytes_.size() > limits_.message_bytes) {
    fail(513, "",
         "expected at most " + std::to_string(limits_.message_bytes) + " bytes of message, got " +
             std::to_string(message.bytes_.size()));
    return {nullptr, std::move(error_), false};
  }
  const auto ends = framing_ == Framing::Stream ? FieldReader::LineEnds::CrlfOnly : FieldReader::LineEnds::LfToo;
  FieldReader reader(message.bytes_.data(), message.bytes_.size(), ends);
  if (!take_start_line(reader)) {
    fail(0, "", "expected a SIP start line, got \"" + base::printable(message.bytes_, 24) + "\"");
    error_->status = 0;
    return {nullptr, std::move(error_), false};
  }
  take_fields(reader);
  check_required();
  check_method();
  take_body(reader.rest());
  return result();
}

bool Parser::take_start_line(FieldReader& reader) {
  const auto line = reader.line();
  if (!line) return false;
  // RFC 3261 7.1: the version is written in upper case and read in any.
  if (base::equals_ignoring_case(line->substr(0, 4), "SIP/")) {
    take_status_line(*line);
    return true;
  }
  return take_request_line(*line);
}

// Status-Line = SIP-Version SP Status-Code SP Reason-Phrase. The second blank is often forgotten with an empty phrase
// and is not missed (RFC 4475 3.1.1.13).
void Parser::take_status_line(std::string_view line) {
  Message& message = *message_;
  message.status_ = 699;  // a response whose code is not readable yet
  if (!base::equals_ignoring_case(line.substr(0, 8), "SIP/2.0 "))
    return fail(0, "", "expected SIP/2.0 in the status line");
  const std::string_view rest = line.substr(8);
  const auto digits = std::min(rest.find(' '), rest.size());
  const auto status = digits == 3 ? base::parse_unsigned<int>(rest.substr(0, 3)) : std::nullopt;
  if (!status || *status < 100 || *status > 699) {
    return fail(0, "", "expected status code from 100 to 699, got \"" + base::printable(rest, 24) + "\", byte 8");
  }
  message.status_ = *status;
  message.reason_phrase_ = digits < rest.size() ? rest.substr(digits + 1) : std::string_view{};
}

// Request-Line = Method SP Request-URI SP SIP-Version. False: this is no SIP at all, there is nobody to answer.
bool Parser::take_request_line(std::string_view line) {
  Message& message = *message_;
  const std::size_t method_end = grammar::skip(grammar::kToken, line);
  if (method_end == 0 || method_end == line.size() || line[method_end] != ' ') return false;
  message.method_text_ = line.substr(0, method_end);
  message.method_ = method_from(message.method_text_);

  std::string_view rest = line.substr(method_end + 1);
  const std::string_view trimmed = grammar::trim_blanks(rest);
  const std::size_t last = trimmed.rfind(' ');
  if (last == std::string_view::npos || !base::equals_ignoring_case(trimmed.substr(last + 1, 4), "SIP/")) return false;
  const std::string_view version = trimmed.substr(last + 1);
  // RFC 4475 3.1.2.16: first of all the version, the rest of the line may follow other rules.
  if (!base::equals_ignoring_case(version, "SIP/2.0"))
    fail(505, "", "expected SIP/2.0, got \"" + base::printable(version, 24) + "\"");
  // RFC 4475 3.1.2.8 to 3.1.2.10: single blanks between the elements and none at the end.
  if (trimmed.size() != rest.size() || trimmed[last - 1] == ' ')
    fail(400, "", "expected single blanks between method, Request-URI and version");
  take_request_uri(grammar::trim_blanks(trimmed.substr(0, last)));
  return true;
}

void Parser::take_request_uri(std::string_view text) {
  if (text.size() > limits_.request_uri_bytes) {
    return fail(414, "",
                "Request-URI: expected at most " + std::to_string(limits_.request_uri_bytes) + " bytes, got " +
                    std::to_string(text.size()));
  }
  Uri& uri = message_->request_uri_;
  if (const auto error = read_uri(text, uri)) {
    fail(400, "", "Request-URI: " + error->text());
    uri = Uri{};
    return;
  }
  // RFC 3261 19.1.1: headers are not allowed in a Request-URI.
  if (!uri.headers.empty()) fail(400, "", "Request-URI: expected no headers in it, got \"?\"");
}

void Parser::take_fields(FieldReader& reader) {
  HeaderField field;
  for (;;) {
    const auto step = reader.next(field);
    if (step == FieldReader::Step::End) break;
    if (step == FieldReader::Step::Error) {
      // Some simple senders forget the blank line when no body follows; nothing is missing then.
      if (reader.ended_without_blank_line() && framing_ == Framing::Datagram && content_length_ == 0U) break;
      fail(400, canonical_name(field.id).empty() ? field.name : canonical_name(field.id), reader.problem());
      if (!reader.can_go_on()) break;
      continue;
    }
    if (message_->headers_.size() == limits_.header_fields) {
      fail(400, "", "expected at most " + std::to_string(limits_.header_fields) + " header fields");
      continue;
    }
    if (field.value.size() > limits_.header_value_bytes) {
      fail(400, field.name,
           "expected at most " + std::to_string(limits_.header_value_bytes) + " bytes, got " +
               std::to_string(field.value.size()));
    }
    message_->headers_.push_back(field);
    if (field.id == HeaderId::Other) continue;
    const auto index = static_cast<std::size_t>(field.id);
    if (seen_[index] && is_single(field.id)) {
      // RFC 4475 3.3.8, 3.3.9: which of them counts is nothing to guess about.
      fail(400, canonical_name(field.id), "expected one header field of this name, got more");
      continue;
    }
    take_single(field);
    seen_[index] = true;
  }
  if (reader.head_size() > limits_.head_bytes)
    fail(513, "", "expected at most " + std::to_string(limits_.head_bytes) + " bytes before the body");
}

void Parser::take_single(const HeaderField& field) {
  switch (field.id) {
    case HeaderId::Via:
      if (!seen_[static_cast<std::size_t>(HeaderId::Via)]) take_via(field.value);
      return;
    case HeaderId::From:
      take_name_addr(HeaderId::From, message_->from_, field.value);
      message_->from_tag_ = message_->from_.tag();
      return;
    case HeaderId::To:
      take_name_addr(HeaderId::To, message_->to_, field.value);
      message_->to_tag_ = message_->to_.tag();
      return;
    case HeaderId::CallId:
      return take_call_id(field.value);
    case HeaderId::CSeq:
      return take_cseq(field.value);
    case HeaderId::Contact:
      return take_contact(field.value);
    case HeaderId::ContentLength:
      return take_content_length(field.value);
    case HeaderId::MaxForwards: {
      const bool digits = !field.value.empty() && field.value.find_first_not_of("0123456789") == std::string_view::npos;
      if (!digits) return fail(400, HeaderId::MaxForwards, unexpected("number", field.value, 0).error());
      // RFC 4475 3.1.2.4: a value past 255 can be treated as if the field were absent.
      const auto hops = base::parse_unsigned<std::uint32_t>(field.value);
      if (hops && *hops <= 255) message_->max_forwards_ = *hops;
      return;
    }
    default:
      return;
  }
}

void Parser::take_via(std::string_view value) {
  Via& via = message_->top_via_;
  if (const auto error = read_via(value, via)) {
    // With the sent-by known, a malformed rest can still be answered.
    if (via.host.empty()) via = Via{};
    return fail(400, HeaderId::Via, *error);
  }
  // RFC 4475 3.1.2.1: what follows the first value must at least be values.
  if (via.text.size() != value.size()) {
    ValueReader reader(value);
    std::size_t values = 0;
    while (reader.next()) ++values;
    if (values == 1) fail(400, HeaderId::Via, unexpected("value after ','", value, via.text.size() + 1).error());
  }
}

void Parser::take_name_addr(HeaderId id, NameAddr& out, std::string_view value) {
  if (const auto error = read_name_addr(value, out)) {
    fail(400, id, *error);
    out = NameAddr{};
  }
}

void Parser::take_call_id(std::string_view value) {
  const std::size_t bad = grammar::skip(grammar::kWord, value);
  if (value.empty() || bad != value.size()) return fail(400, HeaderId::CallId, unexpected("word", value, bad).error());
  message_->call_id_ = value;
}

void Parser::take_cseq(std::string_view value) {
  const auto cseq = parse_cseq(value);
  if (!cseq) return fail(400, HeaderId::CSeq, cseq.error());
  message_->cseq_ = *cseq;
}

void Parser::take_contact(std::string_view value) {
  ValueReader reader(value);
  const std::size_t before = contacts_;
  while (const auto one = reader.next()) {
    if (++contacts_ > limits_.contact_values)
      return fail(400, "Contact", "expected at most " + std::to_string(limits_.contact_values) + " values");
    star_ = star_ || *one == "*";
    if (star_) {
      if (contacts_ > 1) return fail(400, "Contact", "expected \"*\" alone");
      continue;
    }
    NameAddr address;
    if (auto error = read_name_addr(*one, address)) {
      error->at += static_cast<std::size_t>(one->data() - value.data());
      return fail(400, HeaderId::Contact, *error);
    }
  }
  if (contacts_ == before) fail(400, HeaderId::Contact, unexpected("address", value, 0).error());
}

void Parser::take_content_length(std::string_view value) {
  content_length_ = base::parse_unsigned<std::uint32_t>(value);
  if (!content_length_) fail(400, HeaderId::ContentLength, unexpected("number of bytes", value, 0).error());
}

void Parser::check_required() {
  // RFC 3261 8.1.1; Max-Forwards is left out, RFC 2543 did not know it.
  for (const HeaderId id : {HeaderId::Via, HeaderId::From, HeaderId::To, HeaderId::CallId, HeaderId::CSeq})
    if (!seen_[static_cast<std::size_t>(id)])
      return fail(400, canonical_name(id), "expected this header field, got none");
}

void Parser::check_method() {
  Message& message = *message_;
  if (message.is_response()) {
    message.method_ = message.cseq_.method;
    message.method_text_ = message.cseq_.method_text;
    return;
  }
  if (message.cseq_.method_text.empty() || message.cseq_.method_text == message.method_text_) return;
  // RFC 4475 3.1.2.17 and 3.1.2.18: for a method that nobody knows, 501 says more than 400.
  fail(message.method_ == Method::Other ? 501 : 400, "CSeq",
       "expected method " + base::printable(message.method_text_, 32) + ", got \"" +
           base::printable(message.cseq_.method_text, 32) + "\"");
}

// RFC 3261 18.3.
void Parser::take_body(std::string_view rest) {
  Message& message = *message_;
  std::size_t size = rest.size();
  if (content_length_) {
    if (framing_ == Framing::Datagram) {
      size = datagram_body_size(rest, *content_length_);
    } else if (*content_length_ > rest.size()) {
      fail(400, "Content-Length", "expected the length of the body, got more");
    } else {
      size = *content_length_;
    }
  } else if (framing_ == Framing::Stream && !seen_[static_cast<std::size_t>(HeaderId::ContentLength)]) {
    fail(400, "Content-Length", "expected this header field on a stream, got none");
    size = 0;
  }
  if (size > limits_.body_bytes) {
    fail(413, "",
         "expected at most " + std::to_string(limits_.body_bytes) + " bytes of body, got " + std::to_string(size));
    size = 0;
  }
  message.body_ = rest.substr(0, size);
  // What follows the body in a datagram is noise (RFC 4475 3.1.1.8). Shrinking never moves the bytes.
  message.bytes_.resize(static_cast<std::size_t>(rest.data() - message.bytes_.data()) + size);
}

// A datagram longer than its Content-Length has noise after it, a shorter one is an error; except where the difference
// is what an ALG leaves behind that rewrote an address in the SDP and not the length.
std::size_t Parser::datagram_body_size(std::string_view rest, std::size_t declared) {
  if (declared == rest.size()) return declared;
  const std::size_t difference = declared > rest.size() ? declared - rest.size() : rest.size() - declared;
  const auto type = message_->find(HeaderId::ContentType);
  const bool whole_sdp =
      rest.ends_with('\n') && type && base::equals_ignoring_case(type->substr(0, 15), "application/sdp");
  const bool ends_in_mid_line = declared > rest.size() || (declared > 0 && rest[declared - 1] != '\n');
  if (whole_sdp && ends_in_mid_line && difference <= limits_.body_length_slack) {
    message_->body_length_repaired_ = true;
    return rest.size();
  }
  if (declared < rest.size()) return declared;
  fail(400, "Content-Length",
       "expected at most " + std::to_string(rest.size()) + ", got \"" + std::to_string(declared) + "\"");
  return rest.size();
}

ParseResult Parser::result() {
  if (!error_) {
    const bool answerable = message_->is_request() && message_->method_ != Method::Ack;
    return {std::move(message_), std::nullopt, answerable};
  }
  const auto seen = [this](HeaderId id) { return seen_[static_cast<std::size_t>(id)]; };
  const bool answerable = message_->is_request() && message_->method_ != Method::Ack &&
                          !message_->top_via_.text.empty() && seen(HeaderId::From) && seen(HeaderId::To) &&
                          seen(HeaderId::CallId) && seen(HeaderId::CSeq);
  // RFC 3261 8.1.3.1, 18.3 and 17.1.1.3: malformed responses are dropped, and an ACK is never answered.
  if (message_->is_response() || message_->method_ == Method::Ack) error_->status = 0;
  return {answerable ? MessagePtr(std::move(message_)) : nullptr, std::move(error_), answerable};
}

ParseResult parse(std::string bytes, const Limits& limits, Framing framing) {
  return Parser(limits, framing).run(std::move(bytes));
}

}  // namespace sbc::sip
