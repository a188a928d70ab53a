#pragma once
// A parsed SIP message: views into one owned buffer. Made by the parser only, immutable and pinned in memory after
// that, so that views and references into it live as long as its MessagePtr.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sbc/sip/cseq.h"
#include "sbc/sip/header_id.h"
#include "sbc/sip/inline_vector.h"
#include "sbc/sip/method.h"
#include "sbc/sip/name_addr.h"
#include "sbc/sip/uri.h"
#include "sbc/sip/via.h"

namespace sbc::sip {

struct HeaderField {
  HeaderId id = HeaderId::Other;
  std::string_view name;   // as written, possibly a compact form
  std::string_view value;  // trimmed; each byte of a fold (CR, LF) is a blank; never contains CR or LF
};

class Message {
 public:
  class Key {  // only the parser makes messages
    friend class Parser;
    Key() = default;
  };
  explicit Message(Key) {}
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  bool is_request() const { return status_ == 0; }
  bool is_response() const { return status_ != 0; }

  Method method() const { return method_; }  // of a response: from its CSeq
  std::string_view method_text() const { return method_text_; }
  std::string_view request_uri_text() const { return request_uri_.text; }
  const Uri& request_uri() const { return request_uri_; }  // empty for responses
  int status() const { return status_; }                   // 100..699; 0 for requests
  int status_class() const { return status_ / 100; }
  std::string_view reason_phrase() const { return reason_phrase_; }

  std::span<const HeaderField> headers() const { return headers_.span(); }
  std::optional<std::string_view> find(HeaderId id) const;            // first in order
  std::optional<std::string_view> find(std::string_view name) const;  // any case; full or compact form
  std::size_t count(HeaderId id) const;                               // header fields, not values
  std::string_view body() const { return body_; }
  std::string_view bytes() const { return bytes_; }

  // Decoded and checked by the parser. When the parser reported an error they may be empty (see ParseResult).
  const Via& top_via() const { return top_via_; }
  std::string_view call_id() const { return call_id_; }
  CSeq cseq() const { return cseq_; }
  const NameAddr& from() const { return from_; }
  const NameAddr& to() const { return to_; }
  std::string_view from_tag() const { return from_tag_; }  // "" when absent
  std::string_view to_tag() const { return to_tag_; }      // "" when absent
  std::optional<std::uint32_t> max_forwards() const { return max_forwards_; }

  // Content-Length disagreed slightly with the datagram and the datagram was believed (an ALG on the way).
  bool body_length_repaired() const { return body_length_repaired_; }

 private:
  friend class Parser;

  // Enough for what phones and trunks send; more fields cost one allocation.
  static constexpr std::size_t kInlineHeaders = 24;

  std::string bytes_;
  InlineVector<HeaderField, kInlineHeaders> headers_;
  Method method_ = Method::Other;
  bool body_length_repaired_ = false;
  int status_ = 0;
  std::string_view method_text_;
  std::string_view reason_phrase_;
  Uri request_uri_;
  Via top_via_;
  NameAddr from_;
  NameAddr to_;
  CSeq cseq_;
  std::string_view call_id_;
  std::string_view from_tag_;
  std::string_view to_tag_;
  std::optional<std::uint32_t> max_forwards_;
  std::string_view body_;
};

using MessagePtr = std::shared_ptr<const Message>;

}  // namespace sbc::sip
