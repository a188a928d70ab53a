#include "sbc/http/origin.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "media-relay/base/text.h"

namespace sbc::http {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, FreeText> owned(text);
  return text;
}

bool has_escaped_dot(std::string_view path) {
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1))
    if (base::equals_ignoring_case(path.substr(at, 3), "%2e")) return true;
  return false;
}

bool below(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return false;
  return prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
}

}  // namespace

std::expected<Target, std::string> parse_url(std::string_view text) {
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  const auto wrong = [](std::string why) { return std::unexpected(std::move(why)); };
  if (text.find_first_of("\\\t\r\n ") != std::string_view::npos) return wrong("has a blank or a backslash in it");
  if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) != CURLUE_OK)
    return wrong("is no URL");
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return wrong("begins neither with http:// nor with https://");
  if (!part_of(url.get(), CURLUPART_USER).empty() || !part_of(url.get(), CURLUPART_PASSWORD).empty())
    return wrong("has a user or a password in it");
  if (!part_of(url.get(), CURLUPART_FRAGMENT).empty()) return wrong("has a fragment");
  Target target;
  target.path = part_of(url.get(), CURLUPART_PATH);
  if (has_escaped_dot(target.path)) return wrong("has an escaped dot in its path");
  target.origin = scheme + "://" + base::to_lower(part_of(url.get(), CURLUPART_HOST)) + ":" +
                  part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  target.url = part_of(url.get(), CURLUPART_URL);
  return target;
}

std::expected<AllowList, std::string> AllowList::of(const std::vector<std::string>& prefixes) {
  AllowList list;
  for (const std::string& prefix : prefixes) {
    auto target = parse_url(prefix);
    if (!target) return std::unexpected("\"" + base::printable(prefix) + "\" " + target.error());
    if (prefix.contains('?'))
      return std::unexpected("\"" + base::printable(prefix) + "\" has a query; a prefix ends with its path");
    list.prefixes_.push_back(*std::move(target));
  }
  return list;
}

bool AllowList::allows(const Target& target) const {
  return std::ranges::any_of(prefixes_, [&](const Target& prefix) {
    return target.origin == prefix.origin && below(target.path, prefix.path);
  });
}

}  // namespace sbc::http
