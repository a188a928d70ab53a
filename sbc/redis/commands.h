#pragma once
// Which commands policies may use: those that read, and with `writes` those that change one key. None of them waits,
// runs scripts, walks over all keys or touches the server.

#include <string>
#include <string_view>

namespace sbc::redis {

enum class Kind : std::uint8_t { Never, Read, Write };

// By its name, in any case.
Kind kind_of(std::string_view command);
bool is_allowed(std::string_view command, bool writes);
// Answers a flat list of names and values.
bool gives_pairs(std::string_view command);

}  // namespace sbc::redis
