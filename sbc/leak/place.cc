#include "sbc/leak/place.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

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
      place = {.where = Place::Where::Body, .name = {}, .begin = body, .end = message.size()};
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
  const bool bodiless = std::ranges::any_of(places, [](const Place& p) { return p.where == Place::Where::Body; });

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
