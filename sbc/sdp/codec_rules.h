#pragma once
// Rules for codecs: which ones a side may use, in which order, and how long packets shall be.
//
// Rules name codecs as SDP does ("PCMA", "opus"; codec_names()) and hold for m-lines of the kind that a codec belongs
// to: a list without a video codec says nothing of video. What only accompanies a codec follows it: rtx and RED go with
// the format that they carry (apt= of RFC 4588, RFC 2198 5), telephone-event and CN stay where a codec with their clock
// does (RFC 3389 5.1 has it for CN), whatever `allow` has; `deny` removes them as well.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sbc::sdp {

struct CodecRules {
  std::vector<std::string> allow = {};  // these and no others; empty: all
  std::vector<std::string> deny = {};   // not these; also "video", "text" or "image": no such m-line at all
  std::vector<std::string> order = {};  // these first, in this order
  std::vector<std::string> force = {};  // the first of these that is there, and no other codec
  // The side may be spoken to in these though the other side does not have them: the relay transcodes
  // (sdp/transcoding.h). Of transcoded_names(); as good as in `allow`.
  std::vector<std::string> transcode = {};
  std::uint32_t ptime = 0;  // milliseconds (RFC 8866 6.4); 0: as it is
  std::uint32_t maxptime = 0;

  bool restricts() const { return !allow.empty() || !deny.empty() || !force.empty(); }
  bool empty() const { return !restricts() && order.empty() && transcode.empty() && ptime == 0 && maxptime == 0; }
  friend bool operator==(const CodecRules&, const CodecRules&) = default;
};
using CodecRulesPtr = std::shared_ptr<const CodecRules>;  // null: no rules

// What rules may name: codecs, and in `deny` kinds of m-lines too.
const std::vector<std::string>& codec_names();
const std::vector<std::string>& denied_names();
// ... and in `transcode`.
const std::vector<std::string>& transcoded_names();
// The name as codec_names() or denied_names() has it; names are compared without regard to case.
std::optional<std::string_view> name_among(const std::vector<std::string>& names, std::string_view name);

}  // namespace sbc::sdp
