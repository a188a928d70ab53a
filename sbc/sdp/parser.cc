#include "sbc/sdp/parser.h"

#include <algorithm>
#include <string>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/sdp/codec.h"

namespace sbc::sdp {

namespace {

constexpr bool is_space(char c) {
  return base::is_blank(c);
}
constexpr bool not_space(char c) {
  return !base::is_blank(c);
}

// RFC 8866 9: FQDN = 4*(alpha-numeric / "-" / "."); shorter names are let through. Digits and dots alone are an
// address gone wrong.
bool is_name(std::string_view text) {
  bool letter = false;
  for (char c : text) {
    if (base::is_alpha(c)) letter = true;
    if (!base::is_alnum(c) && c != '-' && c != '.') return false;
  }
  return letter;
}

class Parser {
 public:
  Parser(std::string_view text, const Limits& limits) : limits_(limits) {
    session_.text = std::make_shared<const std::string>(text);
  }

  std::expected<Session, Error> run() {
    if (session_.text->size() > limits_.bytes)
      return fail(ErrorKind::Limit, "expected at most " + std::to_string(limits_.bytes) + " bytes, got " +
                                        std::to_string(session_.text->size()));
    if (!read_lines() || !check_whole()) return std::unexpected(std::move(error_));
    return std::move(session_);
  }

 private:
  using Outcome = std::expected<Session, Error>;

  Outcome fail(ErrorKind kind, std::string text) {
    refuse(kind, std::move(text));
    return std::unexpected(std::move(error_));
  }
  // Always false, so that readers can return it.
  bool refuse(ErrorKind kind, std::string text) {
    error_.kind = kind;
    error_.text = number_ == 0 ? std::move(text) : "line " + std::to_string(number_) + ": " + text;
    return false;
  }
  bool refuse(std::string_view where, std::string_view expected, std::string_view got) {
    std::string text(where);
    text.append(" expected ").append(expected).append(", got \"").append(base::printable(got)).append("\"");
    return refuse(ErrorKind::Syntax, std::move(text));
  }

  bool read_lines() {
    std::string_view rest = *session_.text;
    session_.lines.reserve(
        std::min(limits_.lines, static_cast<std::size_t>(std::ranges::count(rest, '\n')) + std::size_t{1}));
    session_.media.reserve(2);
    has_nul_ = rest.find('\0') != std::string_view::npos;
    // Some stacks end their bodies with one empty line too many.
    while (!rest.empty() && (rest.back() == '\n' || rest.back() == '\r')) rest.remove_suffix(1);
    if (rest.empty()) return refuse(ErrorKind::Syntax, "expected a session description, got nothing");
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      ++number_;
      if (number_ > limits_.lines)
        return refuse(ErrorKind::Limit, "expected at most " + std::to_string(limits_.lines) + " lines");
      if (!read_line(line)) return false;
    }
    return true;
  }

  bool read_line(std::string_view text) {
    if (text.size() < 2 || text[1] != '=' || !base::is_alpha(text[0])) return refuse("", "<type>=<value>", text);
    if ((has_nul_ && text.find('\0') != std::string_view::npos) || text.find('\r') != std::string_view::npos)
      return refuse("", "no NUL and no bare CR", text);
    Line line{.type = text[0], .attribute = AttributeId::None, .name_size = 0, .value = text.substr(2)};
    if (number_ == 1 && (line.type != 'v' || base::trim(line.value) != "0")) return refuse("", "v=0", text);
    if (line.type == 'a') identify(line);
    // Whoever writes an m-line anew writes what stands in front of its formats, and those end with the line.
    if (line.type == 'm')
      while (!line.value.empty() && is_space(line.value.back())) line.value.remove_suffix(1);
    if (!read_typed(line)) return false;
    session_.lines.push_back(line);
    if (session_.media.empty())
      ++session_.session_line_count;
    else
      ++session_.media.back().line_count;
    return true;
  }

  static void identify(Line& line) {
    const std::size_t colon = line.value.find(':');
    std::string_view name = line.value.substr(0, colon);
    if (colon == std::string_view::npos)
      while (!name.empty() && is_space(name.back())) name.remove_suffix(1);
    line.name_size = static_cast<std::uint16_t>(std::min<std::size_t>(name.size(), UINT16_MAX));
    line.attribute = attribute_from(name);
  }

  bool read_typed(const Line& line) {
    switch (line.type) {
      case 'v':
        return number_ == 1 || refuse("", "one session description", "v=");
      case 'o':
        return read_origin(line.value);
      case 'c':
        return read_connection(line.value);
      case 'm':
        return read_media(line.value);
      case 'a':
        if (session_.media.empty() && !direction_seen_) {
          if (const auto direction = direction_from(line.attribute)) {
            session_.direction = *direction;
            direction_seen_ = true;
          }
        }
        return true;
      default:
        return true;
    }
  }

  // Read from the right: user names with spaces in them are seen in the field.
  bool read_origin(std::string_view value) {
    if (origin_seen_ || !session_.media.empty()) return refuse("o=:", "one, before the first m=", value);
    origin_seen_ = true;
    std::string_view rest = base::trim(value);
    std::string_view fields[5];
    for (int i = 4; i >= 0; --i) {
      const std::size_t space = rest.find_last_of(" \t");
      if (space == std::string_view::npos) return refuse("o=:", "six fields", value);
      fields[i] = rest.substr(space + 1);
      rest = base::trim(rest.substr(0, space));
    }
    if (rest.empty()) return refuse("o=:", "six fields", value);
    session_.origin = {.username = rest,
                       .session_id = fields[0],
                       .version = fields[1],
                       .address_type = fields[3],
                       .address = fields[4]};
    return true;
  }

  bool read_connection(std::string_view value) {
    base::TextCursor cursor(base::trim(value));
    const std::string_view network = cursor.take_while(not_space);
    cursor.skip_blanks();
    const std::string_view type = cursor.take_while(not_space);
    cursor.skip_blanks();
    const bool v6 = base::equals_ignoring_case(type, "IP6");
    if (!base::equals_ignoring_case(network, "IN") || (!v6 && !base::equals_ignoring_case(type, "IP4")))
      return refuse("c=:", "IN IP4 or IN IP6", value);
    Connection connection;
    connection.text = cursor.take_while([](char c) { return not_space(c) && c != '/'; });
    if (!cursor.at_end() && cursor.peek() != '/') return refuse("c=:", "one address", value);
    if (const auto ip = base::IpAddress::parse(connection.text)) {
      // An IPv4-mapped address is written as IPv6 and held as IPv4.
      if (v6 != (connection.text.find(':') != std::string_view::npos))
        return refuse("c=:", v6 ? "an IPv6 address" : "an IPv4 address", connection.text);
      connection.ip = *ip;
      connection.multicast = ip->is_multicast();
    } else if (!is_name(connection.text)) {
      return refuse("c=:", "an address", connection.text);
    }
    // Several c= lines mean layered multicast (RFC 8866 5.7), which calls do not use: the first one counts.
    auto& place = session_.media.empty() ? session_.connection : session_.media.back().connection;
    if (!place) place = connection;
    return true;
  }

  bool read_media(std::string_view value) {
    if (!origin_seen_) return refuse("m=:", "o= first", value);
    if (session_.media.size() == limits_.media)
      return refuse(ErrorKind::Limit, "m=: expected at most " + std::to_string(limits_.media) + " m-lines");
    base::TextCursor cursor(base::trim(value));
    Media media;
    media.kind = cursor.take_while(not_space);
    cursor.skip_blanks();
    const std::string_view port = cursor.take_while([](char c) { return not_space(c) && c != '/'; });
    std::string_view count = "1";
    if (cursor.take('/')) count = cursor.take_while(not_space);
    cursor.skip_blanks();
    media.proto = cursor.take_while(not_space);
    cursor.skip_blanks();
    media.formats = cursor.rest();
    const auto port_number = base::parse_unsigned<std::uint16_t>(port);
    if (media.kind.empty() || !port_number) return refuse("m=:", "a port", port);
    const auto ports = base::parse_unsigned<std::uint16_t>(count);
    if (!ports || *ports == 0) return refuse("m=:", "a number of ports", count);
    if (media.proto.empty()) return refuse("m=:", "a transport", value);
    media.port = *port_number;
    media.port_count = *ports;
    media.first_line = static_cast<std::uint32_t>(session_.lines.size());
    if (!check_formats(media)) return false;
    session_.media.push_back(media);
    return true;
  }

  bool check_formats(const Media& media) {
    const bool rtp = media.proto == "RTP/AVP" || media.proto == "RTP/AVPF";
    std::size_t formats = 0;
    std::string_view bad;
    for_each_format(media, [&](std::string_view format) {
      ++formats;
      const auto type = base::parse_unsigned<std::uint8_t>(format);
      if (rtp && (!type || *type > 127)) bad = format;
    });
    if (formats > limits_.formats)
      return refuse(ErrorKind::Limit, "m=: expected at most " + std::to_string(limits_.formats) + " formats");
    if (media.port == 0) return true;  // a refused line: its formats mean nothing (RFC 3264 6)
    if (!bad.empty()) return refuse("m=:", "a payload type", bad);
    return formats != 0 || refuse("m=:", "a format", "");
  }

  bool check_whole() {
    number_ = 0;
    if (!origin_seen_) return refuse(ErrorKind::Syntax, "expected an o= line, got none");
    // RFC 8866 5.7: c= at session level or in every media description.
    for (const Media& media : session_.media)
      if (media.port != 0 && session_.connection_of(media) == nullptr)
        return refuse(ErrorKind::Syntax, "m=: expected a c= line for it, got none");
    return true;
  }

  const Limits& limits_;
  Session session_;
  Error error_;
  std::size_t number_ = 0;  // of the line being read, from 1; 0: the description as a whole
  bool has_nul_ = false;
  bool origin_seen_ = false;
  bool direction_seen_ = false;
};

}  // namespace

std::expected<Session, Error> parse(std::string_view text, const Limits& limits) {
  return Parser(text, limits).run();
}

std::expected<SessionPtr, Error> parse_shared(std::string_view text, const Limits& limits) {
  auto session = parse(text, limits);
  if (!session) return std::unexpected(std::move(session.error()));
  return std::make_shared<const Session>(*std::move(session));
}

}  // namespace sbc::sdp
