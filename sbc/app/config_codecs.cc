#include "media-relay/base/text.h"

#include "sbc/app/config_parts.h"
#include "sbc/sdp/codec_rules.h"
#include "sbc/sdp/limits.h"

namespace sbc::app {
namespace {

std::vector<std::string> names(settings::Table& table, const char* key, const std::vector<std::string>& valid) {
  std::vector<std::string> out;
  for (const auto& text : table.texts(key)) {
    const auto name = sdp::name_among(valid, text);
    if (name) {
      out.emplace_back(*name);
    } else {
      table.fail(key, "expected a codec, got \"" + base::printable(text) + "\"", text, valid);
    }
  }
  return out;
}

}  // namespace

sdp::CodecRulesPtr read_codecs(settings::Table& peer) {
  auto table = peer.table("codecs");
  if (!table.present()) return nullptr;
  sdp::CodecRules rules;
  rules.allow = names(table, "allow", sdp::codec_names());
  rules.deny = names(table, "deny", sdp::denied_names());
  rules.order = names(table, "order", sdp::codec_names());
  rules.force = names(table, "force", sdp::codec_names());
  rules.transcode = names(table, "transcode", sdp::transcoded_names());
  const settings::IntegerRange range{sdp::kMinPacketTime, sdp::kMaxPacketTime};
  rules.ptime = static_cast<std::uint32_t>(table.maybe_integer("ptime", range).value_or(0));
  rules.maxptime = static_cast<std::uint32_t>(table.maybe_integer("maxptime", range).value_or(0));
  if (rules.ptime != 0 && rules.maxptime != 0 && rules.ptime > rules.maxptime)
    table.fail("ptime", "expected no more than maxptime, " + std::to_string(rules.maxptime) + ", got " +
                            std::to_string(rules.ptime));
  return std::make_shared<const sdp::CodecRules>(std::move(rules));
}

}  // namespace sbc::app
