#include "media-relay/base/text.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace base {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t replaced = diagonal + (ascii_lower(a[i - 1]) == ascii_lower(b[j - 1]) ? 0 : 1);
      row[j] = std::min({replaced, above + 1, row[j - 1] + 1});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string to_lower(std::string_view s) {
  std::string out(s);
  std::transform(out.begin(), out.end(), out.begin(), ascii_lower);
  return out;
}

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto u = static_cast<unsigned char>(c);
    out += kDigits[u >> 4];
    out += kDigits[u & 15];
  }
  return out;
}

std::string printable(std::string_view s, std::size_t most) {
  std::string out;
  for (const char c : s.substr(0, most)) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '\\' || c == '"') {
      out += '\\';
      out += c;
    } else if (u >= 0x20 && u < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += to_hex(std::string_view(&c, 1));
    }
  }
  if (s.size() > most) out += "...";
  return out;
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> options) {
  std::optional<std::string_view> best;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const auto option : options) {
    const std::size_t distance = edit_distance(word, option);
    if (distance < least) {
      least = distance;
      best = option;
    }
  }
  const std::size_t allowed = std::max<std::size_t>(2, word.size() / 3);
  return least <= allowed ? best : std::nullopt;
}

}  // namespace base
