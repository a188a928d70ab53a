#pragma once
// What a rewriter asks about the identifiers that it finds: whoever knows the dialogs and domains of both sides
// answers.

#include <optional>
#include <string>
#include <string_view>

#include "sbc/sip/uri.h"

namespace sbc::body {

// A dialog as one of its ends names it.
struct DialogIds {
  std::string call_id;
  std::string local_tag;
  std::string remote_tag;
  friend bool operator==(const DialogIds&, const DialogIds&) = default;
};

class Identifiers {
 public:
  virtual ~Identifiers() = default;
  // The sender's side names a dialog so; what does the receiver's side call it? "Local" is the end that the body speaks
  // of. A tag that the body does not give is "". nullopt: no dialog across this border, or none that the receiver's
  // side may know of; the identifiers are removed.
  virtual std::optional<DialogIds> other_side(std::string_view call_id, std::string_view local_tag,
                                              std::string_view remote_tag) = 0;
  // The URI as the receiver's side may see it, "" to remove it. Called for sip:, sips:, tel: and pres: URIs.
  virtual std::string public_uri(const sip::Uri& uri) = 0;
  // Stands for an identifier that must stay the same from document to document and say nothing about its sender.
  virtual std::string opaque(std::string_view id) = 0;
};

}  // namespace sbc::body
