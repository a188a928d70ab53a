#pragma once
// Reads captures: pcap (with microseconds or nanoseconds) and pcapng, in either byte order
// (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/replay/packet.h"

namespace sbc::replay {

class PcapReader {
 public:
  // Whether a file that begins so is one.
  static bool begins(std::string_view bytes);

  // `bytes`: the whole file, which outlives the reader and what it gives.
  explicit PcapReader(std::string_view bytes);

  // nullopt: the end, or what comes cannot be read (error).
  std::optional<Record> next();
  // "" at a good end. A file that is cut inside of a record says so.
  const std::string& error() const { return error_; }

 private:
  struct Interface {
    std::uint32_t link = 0;
    std::uint64_t units = 1'000'000;  // of its clock, in a second
  };
  struct Block {
    std::uint32_t type = 0;
    std::string_view body;
  };

  void begin_pcap();
  std::optional<Record> next_of_pcap();
  std::optional<Record> next_of_ng();
  std::optional<Block> next_block();
  std::optional<Record> packet_of(const Block& block);
  bool begin_section();
  void add_interface(std::string_view body);
  std::uint64_t number(std::string_view& from, std::size_t size);
  std::optional<Record> fail(std::string why);

  std::string_view all_;
  std::string_view rest_;
  bool ng_ = false;
  bool big_ = false;
  std::vector<Interface> interfaces_;
  std::string error_;
};

}  // namespace sbc::replay
