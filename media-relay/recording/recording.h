#pragma once
// The files of one flow that is recorded. Used on the writer's thread.

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/flow/packet_tap.h"
#include "media-relay/recording/pcap_file.h"
#include "media-relay/recording/track.h"
#include "media-relay/recording/wav_file.h"

namespace recording {

// What is wanted of one flow.
struct Order {
  std::uint64_t id = 0;  // never used twice
  std::string name;      // of the files, without directory and extension; checked by the protocol
  bool pcap = false;
  bool wav = false;
  // By side; audio in other formats is silence in the WAV file.
  std::array<std::vector<Format>, 2> formats;
};

class Recording {
 public:
  // Error: why no file could be made; there is none then.
  static std::expected<std::unique_ptr<Recording>, std::string> open(const std::string& directory, const Order& order,
                                                                     base::Instant now);

  void set_formats(const Order& order);
  // `epoch`: what is added to the instant for the time of day.
  void take(const flow::Heard& heard, base::Duration epoch);
  // Writes what is due. Error: why not; the recording is to be ended.
  std::expected<void, std::string> attend(base::Instant now);
  // Writes the rest and gives the files their names. Error: what was lost; what could be kept is.
  std::expected<void, std::string> finish(base::Instant now);

  const std::vector<std::string>& files() const { return files_; }  // that are finished
  std::uint64_t packets() const { return packets_; }

 private:
  Recording() = default;
  struct Wav {
    PartFile file;
    Mixdown mix;
    std::array<Track, kChannels> tracks;
  };
  std::expected<void, std::string> write_wav(base::Instant now, std::int64_t until);

  std::optional<PartFile> pcap_;
  std::optional<Wav> wav_;
  std::optional<base::Instant> began_;  // with the first packet
  std::uint64_t packets_ = 0;
  bool broken_ = false;  // a write has failed: there may be half a packet at the end
  std::vector<std::string> files_;
};

}  // namespace recording
