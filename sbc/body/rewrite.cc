#include "sbc/body/rewrite.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/body/limits.h"
#include "sbc/body/multipart.h"
#include "sbc/sip/params.h"

namespace sbc::body {
namespace {

Result dropped(Fate fate, std::string why) {
  return {.fate = fate, .type = {}, .text = {}, .why = std::move(why)};
}

Result made(std::string_view type, std::expected<std::string, std::string>&& text) {
  if (!text) return dropped(Fate::Malformed, std::move(text.error()));
  return {.fate = Fate::Rewritten, .type = std::string(type), .text = *std::move(text), .why = {}};
}

// The type with those parameters that say how to read a text, in their order. Others are whatever their sender likes.
std::string readable_type(std::string_view content_type) {
  constexpr std::array kParams = {std::string_view("boundary"), std::string_view("charset"), std::string_view("delsp"),
                                  std::string_view("format"),   std::string_view("start"),   std::string_view("type"),
                                  std::string_view("version")};
  const std::size_t end = content_type.find(';');
  std::string type(base::trim(content_type.substr(0, end)));
  if (end == std::string_view::npos) return type;
  sip::ParamReader reader(content_type.substr(end + 1));
  sip::Param param;
  while (reader.next(param))
    if (std::ranges::find(kParams, base::to_lower(param.name)) != kParams.end()) type.append(";").append(param.text);
  return type;
}

Result passed(std::string_view type, std::string_view text) {
  return {.fate = Fate::Passed, .type = std::string(type), .text = std::string(text), .why = {}};
}

class Rewriter {
 public:
  Rewriter(Identifiers& identifiers, const Rules& rules) : identifiers_(identifiers), rules_(rules) {}

  Result one(std::string_view content_type, std::string_view text, std::size_t depth) {
    const std::string type = bare_type(content_type);
    if (type.starts_with("multipart/")) return multipart(content_type, text, depth);
    if (type == "application/sdp") return sdp(text);
    if (type == "message/sipfrag") {
      auto fragment = rewrite_sipfrag(text);
      return fragment ? made(readable_type(content_type), std::move(fragment))
                      : dropped(Fate::Unwanted, std::move(fragment.error()));
    }
    if (type == "application/dialog-info+xml") return made(type, rewrite_dialog_info(text, identifiers_));
    if (type == "application/reginfo+xml") return made(type, rewrite_reginfo(text, identifiers_));
    if (type == "application/pidf+xml")
      return rules_.keep_location ? passed(content_type, text) : made(type, rewrite_pidf(text, identifiers_));
    if (type == "application/simple-message-summary") return made(type, rewrite_message_summary(text, identifiers_));
    // RFC 8840: candidates are addresses of one leg, and so are their credentials.
    if (type == "application/trickle-ice-sdpfrag") return dropped(Fate::Unwanted, "candidates of the other leg");
    if (type.starts_with("text/") || type == "application/im-iscomposing+xml")
      return passed(readable_type(content_type), text);
    if (rules_.pass_unknown) return passed(content_type, text);
    return dropped(Fate::Unknown, "Content-Type \"" + base::printable(type) + "\" cannot be read here");
  }

 private:
  Result sdp(std::string_view text) {
    auto other = rules_.sdp ? rules_.sdp(text) : std::nullopt;
    if (!other) return dropped(Fate::Unwanted, "SDP has no business here");
    return {.fate = Fate::Rewritten, .type = "application/sdp", .text = *std::move(other), .why = {}};
  }

  Result multipart(std::string_view content_type, std::string_view text, std::size_t depth) {
    if (depth >= kMaxNesting) return dropped(Fate::Malformed, "multipart: nested too deep");
    auto read = read_multipart(content_type, text);
    if (!read) return dropped(Fate::Malformed, std::move(read.error()));
    Multipart out{.boundary = std::move(read->boundary), .parts = {}};
    std::string why;
    Fate worst = Fate::Unwanted;
    for (Part& part : read->parts) {
      Result result = part.plain() ? of(part, depth) : encoded(part);
      if (result.fate == Fate::Required) return result;
      if (!result.crosses()) {
        if (part.required()) return dropped(Fate::Required, std::move(result.why));
        worst = result.fate;
        why = std::move(result.why);
        continue;
      }
      part.text = std::move(result.text);
      set_type(part, result.type);
      out.parts.push_back(std::move(part));
    }
    if (out.parts.empty()) return dropped(worst, std::move(why));
    // One description alone is what everybody can read.
    if (out.parts.size() == 1 && bare_type(out.parts.front().type()) == "application/sdp")
      return {
          .fate = Fate::Rewritten, .type = "application/sdp", .text = std::move(out.parts.front().text), .why = why};
    return {.fate = Fate::Rewritten, .type = readable_type(content_type), .text = write_multipart(out), .why = why};
  }

  // SDP for early media (RFC 3959) or for the eye is not the description of the session.
  Result of(const Part& part, std::size_t depth) {
    if (bare_type(part.type()) == "application/sdp" && part.disposition() != "session")
      return dropped(Fate::Unwanted, "SDP with disposition \"" + base::printable(part.disposition()) + "\"");
    return one(part.type(), part.text, depth + 1);
  }

  // base64 and its kind: nobody looks inside.
  Result encoded(const Part& part) const {
    if (rules_.pass_unknown) return passed(part.type(), part.text);
    return dropped(Fate::Unknown, "Content-Transfer-Encoding of a part");
  }

  // A part that was multipart itself may have become plain SDP.
  static void set_type(Part& part, const std::string& type) {
    for (auto& header : part.headers)
      if (base::equals_ignoring_case(header.name, "Content-Type")) header.value = type;
  }

  Identifiers& identifiers_;
  const Rules& rules_;
};

std::expected<std::optional<std::string_view>, std::string> find_at(std::string_view content_type,
                                                                    std::string_view text, std::size_t depth) {
  if (bare_type(content_type) == "application/sdp") return text;
  if (!is_multipart(content_type)) return std::nullopt;
  if (depth >= kMaxNesting) return std::unexpected("multipart: nested too deep");
  auto read = read_multipart(content_type, text);
  if (!read) return std::unexpected(std::move(read.error()));
  for (const Part& part : read->parts) {
    const bool container = is_multipart(part.type());
    if (!part.plain() || (!container && part.disposition() != "session")) continue;
    auto found = find_at(part.type(), part.read, depth + 1);
    if (!found || *found) return found;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Fate fate) {
  switch (fate) {
    case Fate::Passed:
      return "passed";
    case Fate::Rewritten:
      return "rewritten";
    case Fate::Unknown:
      return "unknown";
    case Fate::Malformed:
      return "malformed";
    case Fate::Unwanted:
      return "unwanted";
    case Fate::Required:
      return "required";
  }
  return "unknown";
}

bool readable(std::string_view bare_type) {
  return bare_type.starts_with("text/") || std::ranges::find(kReadable, bare_type) != std::end(kReadable);
}

Result rewrite(std::string_view content_type, std::string_view text, Identifiers& identifiers, const Rules& rules,
               std::string_view encoding) {
  if (!encoding.empty() && !base::equals_ignoring_case(encoding, "identity"))
    return dropped(Fate::Unknown, "Content-Encoding \"" + base::printable(encoding) + "\"");
  return Rewriter(identifiers, rules).one(content_type, text, 0);
}

std::expected<std::optional<std::string_view>, std::string> find_sdp(std::string_view content_type,
                                                                     std::string_view text) {
  return find_at(content_type, text, 0);
}

}  // namespace sbc::body
