#pragma once
// Where in a message of ours something stands, and how to take it out.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sbc::leak {

struct Place {
  enum class Where : std::uint8_t { StartLine, Header, Sdp, Body, kCount };
  Where where = Where::StartLine;
  // Of the header, the letter of the SDP line, or the type of the part; a view into the message.
  std::string_view name;
  // The whole line with its CRLF, the whole body, or, of a body of several parts with a description among them, the
  // part with the delimiter before it.
  std::size_t begin = 0;
  std::size_t end = 0;
};
inline constexpr std::size_t kPlaces = static_cast<std::size_t>(Place::Where::kCount);
const char* name_of(Place::Where where);  // "header"

// `message` is one that we wrote: no folds, no compact forms.
Place place_of(std::string_view message, std::size_t at);

// Whether the message is as good without it: not the start line, not a header that every message has or that moves it
// and its dialog, not a line of a description that a reader needs (RFC 8866 5), alone or among other parts.
bool removable(const Place& place);

// The message without these places, all of them removable; Content-Length is made right, and a body that is gone takes
// the headers that describe it along.
std::string without(std::string_view message, std::vector<Place> places);

}  // namespace sbc::leak
