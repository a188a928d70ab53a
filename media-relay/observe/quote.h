#pragma once
// Text of strangers made harmless: valid UTF-8 stays readable; bytes that could end a line, steer a terminal or turn
// the reading direction are escaped. For this room only.

#include <string>
#include <string_view>

namespace observe {

// As is when it is one plain word, otherwise in quotes: "a \"b\" \x1b". Cut at kMostValueBytes.
void append_logfmt_text(std::string& out, std::string_view text);
// A JSON string; bytes that are not UTF-8 become \u00XX. Cut at kMostValueBytes.
void append_json_text(std::string& out, std::string_view text);

}  // namespace observe
