#include "sbc/app/config_parts.h"

namespace sbc::app {

policy::Recording read_recording(settings::Table& peer) {
  auto table = peer.table("record");
  policy::Recording out;
  if (!table.present()) return out;
  out.wav = table.boolean("wav", false);
  out.pcap = table.boolean("pcap", false);
  out.required = table.boolean("required", false);
  out.control = table.boolean("control", false);
  if (out.required && !out.wanted()) table.fail("required", "expected wav = true or pcap = true beside it");
  return out;
}

}  // namespace sbc::app
