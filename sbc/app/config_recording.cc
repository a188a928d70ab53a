#include "media-relay/base/text.h"

#include "sbc/app/config_parts.h"

namespace sbc::app {

policy::Recording read_recording(settings::Table& peer) {
  auto table = peer.table("record");
  policy::Recording out;
  if (!table.present()) return out;
  out.wav = table.boolean("wav", false);
  out.pcap = table.boolean("pcap", false);
  out.siprec = table.text("siprec", "");
  out.required = table.boolean("required", false);
  out.control = table.boolean("control", false);
  out.early = table.boolean("early", false);
  out.announcement = read_sound(table, "announcement");
  if (out.early && !out.to_files()) table.fail("early", "expected wav = true or pcap = true beside it");
  if (out.wanted()) return out;
  for (const auto& [key, set] :
       {std::pair("required", out.required), std::pair("announcement", !out.announcement.empty())})
    if (set) table.fail(key, "expected wav = true, pcap = true or siprec beside it");
  return out;
}

void check_recorders(settings::Table root, const Config& config) {
  for (const char* kind : {"realm", "trunk"})
    for (auto& [name, table] : root.named_tables(kind)) {
      auto record = table.table("record");
      if (!record.present()) continue;
      const std::string servers = record.text("siprec", "");
      if (servers.empty()) continue;
      for (const auto& trunk : trunks_of(*config.routes, servers))
        if (config.routes->trunk(trunk) == nullptr)
          record.fail("siprec", "expected a trunk or group, got \"" + base::printable(trunk) + "\"");
    }
}

}  // namespace sbc::app
