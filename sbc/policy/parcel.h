#pragma once
// A bundle as one text, for sending it to another process: its main file first, each file as a line with its length and
// name, and then its bytes as they are.

#include <expected>
#include <string>
#include <string_view>

#include "sbc/policy/bundle.h"

namespace sbc::policy {

std::string packed(const Bundle& bundle);

// Within the limits of Bundle::read. Names are relative, below one folder and end with .lua: they are not looked up
// anywhere, but they may be written somewhere. The error says what was expected.
std::expected<Bundle, std::string> unpacked(std::string_view parcel);

}  // namespace sbc::policy
