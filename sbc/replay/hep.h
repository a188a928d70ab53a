#pragma once
// Reads HEP version 3 (the HEP/EEP encapsulation, revision 12): a file of packets, one after the other, as a capture
// agent sends them. Chunks of other vendors, and those that are not needed, are passed over.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sbc/replay/packet.h"

namespace sbc::replay {

class HepReader {
 public:
  static bool begins(std::string_view bytes) { return bytes.starts_with("HEP3"); }

  // `bytes`: the whole file, which outlives the reader and what it gives.
  explicit HepReader(std::string_view bytes) : all_(bytes), rest_(bytes) {}

  // The next packet that carries SIP; nullopt: the end, or what comes cannot be read (error).
  std::optional<Packet> next();
  const std::string& error() const { return error_; }

 private:
  std::optional<Packet> read(std::string_view chunks);
  std::nullopt_t fail(const char* why);

  std::string_view all_;
  std::string_view rest_;
  std::string error_;
};

}  // namespace sbc::replay
