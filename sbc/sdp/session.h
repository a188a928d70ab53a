#pragma once
// A session description (RFC 8866): every line in the order it came, known or not, with typed access to what calls
// need. Made by `parse`, immutable afterwards. All views point into text that the Session shares: they stay valid as
// long as the Session or a copy of it lives.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/shared_bytes.h"

#include "sbc/sdp/attribute.h"
#include "sbc/sdp/direction.h"

namespace sbc::sdp {

// Made by the parser only.
struct Line {
  char type = 0;  // 'v', 'o', 's', ...
  AttributeId attribute = AttributeId::None;
  std::uint16_t name_size = 0;  // of an attribute: bytes before ':'
  std::string_view value;       // everything after '='

  // "a=...": in the text, the value stands right after its type and the '='.
  std::string_view whole() const { return {value.data() - 2, value.size() + 2}; }
  std::string_view attribute_name() const { return value.substr(0, name_size); }
  // What follows the attribute's ':'; "" for a property attribute.
  std::string_view attribute_value() const {
    return name_size < value.size() ? value.substr(name_size + std::size_t{1}) : std::string_view{};
  }
};

// o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address>; kept as text, since the numbers may
// exceed 64 bits and we only ever compare them.
struct Origin {
  std::string_view username, session_id, version, address_type, address;
};

// c=<nettype> <addrtype> <connection-address>.
struct Connection {
  base::IpAddress ip;     // empty when the address is a name
  std::string_view text;  // without "/ttl"
  bool multicast = false;
};

struct Media {
  std::string_view kind;   // "audio", "video", "image", ...
  std::uint16_t port = 0;  // 0: refused, or not in use
  std::uint16_t port_count = 1;
  std::string_view proto;                // "RTP/AVP", ...
  std::string_view formats;              // as written: "0 8 101"
  std::optional<Connection> connection;  // its own c= line, if any
  std::uint32_t first_line = 0;          // index of its m= line in Session::lines
  std::uint32_t line_count = 0;          // with the m= line
};

struct Session {
  base::SharedBytes text;
  std::vector<Line> lines;  // all of them, in order
  Origin origin;
  std::optional<Connection> connection;
  Direction direction = Direction::SendRecv;  // session level (RFC 8866 6.7), the default of every m-line
  std::uint32_t session_line_count = 0;       // lines before the first m= line
  std::vector<Media> media;

  std::span<const Line> session_lines() const { return std::span(lines).first(session_line_count); }
  // The lines of one of this session's media, without its m= line.
  std::span<const Line> lines_of(const Media& m) const {
    return std::span(lines).subspan(m.first_line + std::size_t{1}, m.line_count - std::size_t{1});
  }
  // The connection that counts for `m`: its own, else the session's.
  const Connection* connection_of(const Media& m) const {
    return m.connection ? &*m.connection : (connection ? &*connection : nullptr);
  }
};

using SessionPtr = std::shared_ptr<const Session>;

// The first attribute of the kind among `lines`.
const Line* find(std::span<const Line> lines, AttributeId id);
// The attribute's value at media level; nullopt when absent.
std::optional<std::string_view> attribute(const Session& session, const Media& media, AttributeId id);

// The direction that an attribute stands for; nullopt for any other attribute.
std::optional<Direction> direction_from(AttributeId id);
// The direction as written: media level, else session level, else sendrecv.
Direction written_direction(const Session& session, const Media& media);

// Whether the two describe the same session: all lines equal but v= and o=.
bool same_media(const Session& a, const Session& b);

}  // namespace sbc::sdp
