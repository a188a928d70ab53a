#pragma once
// What a message says about whoever sent it, in the words that the guard looks for.
//
// Not a word: user parts, display names, Session-ID and what else crosses by contract; what the request addresses
// (Request-URI, host of To); "anonymous.invalid" (RFC 3323 4.1.1.3), loopback and unspecified addresses, and host names
// of one label, which are ordinary words.

#include <functional>
#include <vector>

#include "sbc/leak/word.h"
#include "sbc/sip/message.h"

namespace sbc::leak {

// Views into the message, in no particular order, possibly repeated. Responses: their Via is that of the request.
void for_each_word(const sip::Message& message, const std::function<void(const Word&)>& take);
// The hosts that a request which opens a dialog is for: they name the other side as this side knows it.
std::vector<std::string_view> addressed_by(const sip::Message& message);

}  // namespace sbc::leak
