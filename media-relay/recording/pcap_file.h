#pragma once
// Packets as wireshark and tcpdump read them: a pcap file (draft-ietf-opsawg-pcap) of bare IP packets (LINKTYPE_RAW),
// with the addresses that each had on its way to the relay. SRTP is opened before it comes here: what is written is in
// clear.

#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "media-relay/base/ip.h"
#include "media-relay/recording/part_file.h"

namespace recording {

struct Datagram {
  base::Endpoint from;
  base::Endpoint to;
  std::span<const std::byte> payload;
  base::Duration time{};  // since the Unix epoch
};

// What stands in front of the first packet.
void begin_pcap(PartFile& file);
void append_pcap(PartFile& file, const Datagram& datagram);
// Of a file that was cut short: leaves whole packets only.
std::expected<void, std::string> mend_pcap(PartFile& file);

}  // namespace recording
