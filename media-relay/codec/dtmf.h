#pragma once
// Keys as tones in the audio (ITU-T Q.23, Q.24), at 8000 samples in a second.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "media-relay/codec/format.h"

namespace codec {

inline constexpr std::string_view kDtmfKeys = "0123456789*#ABCD";  // in the order of RFC 4733 3.2's event codes

class DtmfDetector {
 public:
  struct Change {
    char key = 0;        // 0: the tone is over
    int level_dbm0 = 0;  // of the tone that began
    friend bool operator==(const Change&, const Change&) = default;
  };

  DtmfDetector();
  ~DtmfDetector();
  DtmfDetector(DtmfDetector&&) noexcept;
  DtmfDetector& operator=(DtmfDetector&&) noexcept;

  // Appends where tones began and ended. A tone is known after about 25 ms of it, and is over after as much without it.
  void listen(std::span<const Sample> audio, std::vector<Change>& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The two tones of a key, going on from call to call.
class DtmfTone {
 public:
  // nullopt: no key. The level is that of each of the two tones; -8 to -10 dBm0 is what telephones send.
  static std::optional<DtmfTone> of(char key, int level_dbm0 = -9);
  void fill(std::span<Sample> out);

 private:
  DtmfTone(double low, double high, double amplitude);

  // Turning pointers: one multiplication a sample, no sine.
  struct Pointer {
    double x = 1, y = 0, cosine = 1, sine = 0;
    double turn();
  };
  Pointer low_, high_;
  double amplitude_;
};

}  // namespace codec
