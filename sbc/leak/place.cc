#include "sbc/leak/place.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/sip/params.h"

namespace sbc::leak {
namespace {

constexpr std::string_view kEndOfHeaders = "\r\n\r\n";

std::size_t end_of_line(std::string_view text, std::size_t at) {
  const auto end = text.find('\n', at);
  return end == std::string_view::npos ? text.size() : end + 1;
}

std::size_t body_at(std::string_view message) {
  const auto end = message.find(kEndOfHeaders);
  return end == std::string_view::npos ? message.size() : end + kEndOfHeaders.size();
}

// RFC 3261 8.1.1 and what dialogs, PRACK, events and timers cannot do without.
constexpr std::array kNeeded = std::to_array<std::string_view>({
    "Via",
    "From",
    "To",
    "Call-ID",
    "CSeq",
    "Contact",
    "Max-Forwards",
    "Route",
    "Record-Route",
    "Content-Length",
    "Event",
    "Content-Type",
    "Subscription-State",
    "Session-Expires",
    "Min-SE",
    "Expires",
    "RSeq",
    "RAck",
    "Require",
    "Supported",
    "Allow",
    "Refer-To",
    "Replaces",
    "Authorization",
    "Proxy-Authorization",
    "WWW-Authenticate",
    "Proxy-Authenticate",
    "Retry-After",
    "Info-Package",
});

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::any_of(names, [name](auto other) { return base::equals_ignoring_case(other, name); });
}

bool describes_body(std::string_view name) {
  return base::to_lower(name.substr(0, 8)) == "content-" || base::equals_ignoring_case(name, "MIME-Version");
}

bool has_description(std::string_view text) {
  return base::to_lower(text).contains("application/sdp");
}

// The value of Content-Type among header lines, of a message or of a part; "" when there is none.
std::string_view content_type(std::string_view headers) {
  constexpr std::string_view kName = "Content-Type:";
  for (std::size_t line = 0; line < headers.size(); line = end_of_line(headers, line)) {
    const auto text = headers.substr(line, end_of_line(headers, line) - line);
    if (base::equals_ignoring_case(text.substr(0, kName.size()), kName)) return base::trim(text.substr(kName.size()));
    if (base::trim(text).empty()) break;
  }
  return {};
}

// RFC 2046 5.1.1: what stands before each part; "" when the body has no parts.
std::string delimiter_of(std::string_view head) {
  const auto type = content_type(head);
  if (!base::equals_ignoring_case(type.substr(0, type.find('/')), "multipart")) return {};
  const auto boundary = sip::find_param(type.substr(std::min(type.find(';'), type.size())), "boundary");
  return boundary ? "--" + sip::unquote(*boundary) : std::string();
}

// The next line that begins with the delimiter; the end when there is none.
std::size_t next_delimiter(std::string_view message, std::string_view delimiter, std::size_t from) {
  for (; from < message.size(); from = end_of_line(message, from))
    if (message.substr(from).starts_with(delimiter)) return from;
  return message.size();
}

// A body goes as a whole, unless a description is among its parts: without that there would be no call.
Place place_in_body(std::string_view message, std::size_t body, std::size_t line, std::size_t at) {
  const std::string delimiter = delimiter_of(message.substr(0, body));
  if (delimiter.empty() || !has_description(message.substr(body)))
    return {.where = Place::Where::Body, .name = {}, .begin = body, .end = message.size()};
  std::size_t begin = body;
  std::size_t end = next_delimiter(message, delimiter, body);
  while (end <= at) {
    begin = end;
    end = next_delimiter(message, delimiter, end_of_line(message, end));
  }
  const auto part = message.substr(begin, end - begin);
  const std::size_t inside = part.starts_with(delimiter) ? end_of_line(message, begin) : begin;
  // Delimiters keep the parts apart.
  if (at < inside || has_description(part))
    return {
        .where = Place::Where::Sdp, .name = message.substr(line, 1), .begin = line, .end = end_of_line(message, at)};
  const auto type = content_type(message.substr(inside, end - inside));
  return {.where = Place::Where::Body, .name = base::trim(type.substr(0, type.find(';'))), .begin = begin, .end = end};
}

}  // namespace

const char* name_of(Place::Where where) {
  switch (where) {
    case Place::Where::StartLine:
      return "start_line";
    case Place::Where::Header:
      return "header";
    case Place::Where::Sdp:
      return "sdp";
    case Place::Where::Body:
      return "body";
    case Place::Where::kCount:
      break;
  }
  return "unknown";
}

Place place_of(std::string_view message, std::size_t at) {
  const std::size_t body = body_at(message);
  const auto before = message.rfind('\n', at);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  Place place{.where = Place::Where::Header, .name = {}, .begin = begin, .end = end_of_line(message, at)};
  if (at >= body) {
    if (message.substr(body).starts_with("v=0")) {
      place.where = Place::Where::Sdp;
      place.name = message.substr(begin, 1);
    } else {
      place = place_in_body(message, body, begin, at);
    }
  } else if (begin == 0) {
    place.where = Place::Where::StartLine;
  } else {
    place.name = message.substr(begin, message.find(':', begin) - begin);
  }
  return place;
}

bool removable(const Place& place) {
  switch (place.where) {
    case Place::Where::StartLine:
    case Place::Where::kCount:
      return false;
    case Place::Where::Header:
      return !is_one_of(kNeeded, place.name);
    case Place::Where::Sdp:
      return std::string_view("iuepbkzra").contains(place.name);
    case Place::Where::Body:
      return true;
  }
  return false;
}

std::string without(std::string_view message, std::vector<Place> places) {
  std::ranges::sort(places, {}, &Place::begin);
  const auto last = std::ranges::unique(places, {}, &Place::begin);
  places.erase(last.begin(), last.end());
  const std::size_t body = body_at(message);
  const bool bodiless = std::ranges::any_of(places, [&](const Place& p) {
    return p.where == Place::Where::Body && p.begin == body && p.end == message.size();
  });

  std::string kept_body;
  std::size_t at = body;
  for (const Place& place : places) {
    if (place.begin < body) continue;
    kept_body += message.substr(at, place.begin - at);
    at = place.end;
  }
  kept_body += message.substr(std::min(at, message.size()));

  std::string out;
  out.reserve(message.size());
  for (std::size_t line = 0; line < body;) {
    const std::size_t end = end_of_line(message, line);
    const auto text = message.substr(line, end - line);
    const auto name = text.substr(0, text.find(':'));
    if (base::equals_ignoring_case(name, "Content-Length")) {
      out += "Content-Length: ";
      base::append_number(out, kept_body.size());
      out += "\r\n";
    } else if (std::ranges::find(places, line, &Place::begin) == places.end() &&
               !(bodiless && line != 0 && describes_body(name))) {
      out += text;
    }
    line = end;
  }
  return out + kept_body;
}

}  // namespace sbc::leak
