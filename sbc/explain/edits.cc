#include "sbc/explain/edits.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/explain/reasons.h"
#include "sbc/json/value.h"
#include "sbc/sip/header_id.h"

namespace sbc::explain {
namespace {

using Lines = std::vector<std::string_view>;

// Cells of the table below; descriptions beyond it are compared line by line from the front.
constexpr std::size_t kMaxCells = std::size_t{1} << 17;

bool is_fold(std::string_view line) {
  return !line.empty() && base::is_blank(line.front());
}

struct Parts {
  Lines head;  // start line and headers
  Lines body;  // from the blank line on
};

Parts parts_of(std::string_view message) {
  const Lines lines = lines_of(message);
  const auto blank = std::ranges::find(lines, std::string_view());
  return {Lines(lines.begin(), blank), Lines(blank, lines.end())};
}

// Headers: one of the same text is kept wherever it stood, another one of the same name was changed.
void edit_head(const Lines& from, const Lines& to, const Reasons& reasons, std::vector<Edit>& out) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<bool> used(from.size(), false);
  std::vector<std::size_t> sources(to.size(), kNone);
  const auto take = [&](std::size_t i, auto&& fits) {
    for (std::size_t j = 1; j < from.size() && sources[i] == kNone; ++j)
      if (!used[j] && fits(from[j])) sources[i] = j;
    if (sources[i] != kNone) used[sources[i]] = true;
  };
  if (!from.empty() && !to.empty()) {
    sources[0] = 0;
    used[0] = true;
  }
  for (std::size_t i = 1; i < to.size(); ++i) take(i, [&](std::string_view line) { return line == to[i]; });
  for (std::size_t i = 1; i < to.size(); ++i)
    take(i, [&](std::string_view line) { return !is_fold(line) && header_key(line) == header_key(to[i]); });
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (sources[i] == kNone) {
      out.push_back({Edit::Kind::Add, 0, std::string(to[i]), why_header(to[i], Edit::Kind::Add, reasons)});
    } else if (from[sources[i]] == to[i]) {
      out.push_back({.kind = Edit::Kind::Keep, .line = sources[i]});
    } else {
      const std::string why = i == 0 ? why_start_line(reasons) : why_header(to[i], Edit::Kind::Change, reasons);
      out.push_back({Edit::Kind::Change, sources[i], std::string(to[i]), why});
    }
  }
  for (std::size_t j = 0; j < from.size(); ++j)
    if (!used[j]) out.push_back({Edit::Kind::Drop, j, {}, why_header(from[j], Edit::Kind::Drop, reasons)});
}

// Which lines of both are the same ones, in order: a longest common subsequence.
std::vector<std::pair<std::size_t, std::size_t>> common(const Lines& from, const Lines& to) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  const std::size_t width = to.size() + 1;
  if ((from.size() + 1) * width > kMaxCells) {
    for (std::size_t i = 0; i < std::min(from.size(), to.size()) && from[i] == to[i]; ++i) pairs.emplace_back(i, i);
    return pairs;
  }
  std::vector<std::uint16_t> longest((from.size() + 1) * width, 0);
  for (std::size_t i = from.size(); i-- > 0;)
    for (std::size_t j = to.size(); j-- > 0;)
      longest[i * width + j] = from[i] == to[j] ? static_cast<std::uint16_t>(longest[(i + 1) * width + j + 1] + 1)
                                                : std::max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
  for (std::size_t i = 0, j = 0; i < from.size() && j < to.size();) {
    if (from[i] == to[j]) {
      pairs.emplace_back(i++, j++);
    } else if (longest[(i + 1) * width + j] >= longest[i * width + j + 1]) {
      ++i;
    } else {
      ++j;
    }
  }
  return pairs;
}

struct Gap {
  std::size_t from, from_end, to, to_end;
};

// Between two lines that stayed: a line of the same kind was changed, the others came or went.
void edit_gap(const Lines& from, const Lines& to, Gap gap, std::size_t offset, std::vector<Edit>& out) {
  for (; gap.to < gap.to_end; ++gap.to) {
    std::size_t same = gap.from;
    while (same < gap.from_end && sdp_key(from[same]) != sdp_key(to[gap.to])) ++same;
    const std::string text(to[gap.to]);
    if (same == gap.from_end) {
      out.push_back({Edit::Kind::Add, 0, text, why_sdp(text)});
      continue;
    }
    for (; gap.from < same; ++gap.from)
      out.push_back({Edit::Kind::Drop, offset + gap.from, {}, why_sdp(from[gap.from])});
    out.push_back({Edit::Kind::Change, offset + gap.from++, text, why_sdp(text)});
  }
  for (; gap.from < gap.from_end; ++gap.from)
    out.push_back({Edit::Kind::Drop, offset + gap.from, {}, why_sdp(from[gap.from])});
}

// `offset`: where the body begins in the caller's INVITE.
void edit_body(const Lines& from, const Lines& to, std::size_t offset, std::vector<Edit>& out) {
  auto pairs = common(from, to);
  pairs.emplace_back(from.size(), to.size());
  Gap gap{0, 0, 0, 0};
  for (const auto& [i, j] : pairs) {
    gap.from_end = i;
    gap.to_end = j;
    edit_gap(from, to, gap, offset, out);
    if (i < from.size()) out.push_back({.kind = Edit::Kind::Keep, .line = offset + i});
    gap = {i + 1, 0, j + 1, 0};
  }
}

}  // namespace

std::string_view name_of(Edit::Kind kind) {
  switch (kind) {
    case Edit::Kind::Keep:
      return "keep";
    case Edit::Kind::Change:
      return "change";
    case Edit::Kind::Add:
      return "add";
    case Edit::Kind::Drop:
      return "drop";
  }
  return "";
}

std::vector<std::string_view> lines_of(std::string_view message) {
  std::vector<std::string_view> lines;
  while (true) {
    const auto end = message.find("\r\n");
    lines.push_back(message.substr(0, end));
    if (end == std::string_view::npos) return lines;
    message.remove_prefix(end + 2);
  }
}

std::string masked_line(std::string_view line) {
  // RFC 4568 9.2, RFC 8839 5.4, RFC 4567 3.1
  constexpr std::array<std::string_view, 3> kKeys{"inline:", "ice-pwd:", "key-mgmt:mikey "};
  std::string out;
  out.reserve(line.size());
  while (!line.empty()) {
    if ((out.empty() || out.back() == '\n') && line.starts_with("k=")) {  // RFC 4566 5.12
      out.append("k=***");
      line.remove_prefix(std::min(line.find_first_of("\r\n"), line.size()));
      continue;
    }
    const auto key =
        std::ranges::find_if(kKeys, [line](auto k) { return base::equals_ignoring_case(line.substr(0, k.size()), k); });
    if (key == kKeys.end()) {
      out.push_back(line.front());
      line.remove_prefix(1);
      continue;
    }
    out.append(line.substr(0, key->size())).append("***");
    line.remove_prefix(std::min(line.find_first_of(" \t\r\n;", key->size()), line.size()));
  }
  return out;
}

// Lines may end without a CR here: what is hidden must not depend on it.
std::string masked(std::string_view message) {
  std::string out;
  out.reserve(message.size());
  bool secret = false;
  while (!message.empty()) {
    const auto end = message.find('\n');
    const std::string_view line = message.substr(0, end == std::string_view::npos ? end : end + 1);
    const auto text = line.substr(0, line.find_first_of("\r\n"));
    if (text.empty()) break;  // the body follows
    message.remove_prefix(line.size());
    if (!is_fold(text)) {
      const auto id = sip::header_id_from(header_name(text));
      secret = id == sip::HeaderId::Authorization || id == sip::HeaderId::ProxyAuthorization;
      out.append(secret ? text.substr(0, text.find(':')) : text);
      if (secret) out.append(": ***");
    } else {
      out.append(secret ? " ***" : text);
    }
    out.append(line.substr(text.size()));
  }
  out.append(masked_line(message));
  if (json::is_utf8(out)) return out;
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return out;
}

std::vector<Edit> added(std::string_view egress, std::string_view why) {
  std::vector<Edit> out;
  for (const auto line : lines_of(egress))
    out.push_back({.kind = Edit::Kind::Add, .line = 0, .text = std::string(line), .why = std::string(why)});
  return out;
}

std::vector<Edit> edits(std::string_view ingress, std::string_view egress, const Reasons& reasons) {
  std::vector<Edit> out;
  const Parts from = parts_of(ingress);
  const Parts to = parts_of(egress);
  edit_head(from.head, to.head, reasons, out);
  edit_body(from.body, to.body, from.head.size(), out);
  return out;
}

}  // namespace sbc::explain
