#include "media-relay/codec/dtmf.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <new>
#include <numbers>

#include "media-relay/codec/spandsp.h"

namespace codec {

struct DtmfDetector::State {
  State() : dtmf(dtmf_rx_init(nullptr, nullptr, nullptr)) {
    if (dtmf == nullptr) throw std::bad_alloc();
    dtmf_rx_set_realtime_callback(dtmf, &State::on_change, this);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { dtmf_rx_free(dtmf); }

  static void on_change(void* self, int code, int level, int) {
    const auto* state = static_cast<const State*>(self);
    if (state->out != nullptr) state->out->push_back({static_cast<char>(code), code == 0 ? 0 : level});
  }

  dtmf_rx_state_t* dtmf;
  std::vector<Change>* out = nullptr;  // while listening
};

DtmfDetector::DtmfDetector() : state_(std::make_unique<State>()) {}
DtmfDetector::~DtmfDetector() = default;
DtmfDetector::DtmfDetector(DtmfDetector&&) noexcept = default;
DtmfDetector& DtmfDetector::operator=(DtmfDetector&&) noexcept = default;

void DtmfDetector::listen(std::span<const Sample> audio, std::vector<Change>& out) {
  state_->out = &out;
  dtmf_rx(state_->dtmf, audio.data(), static_cast<int>(audio.size()));
  state_->out = nullptr;
}

namespace {

constexpr std::array<double, 4> kLow{697, 770, 852, 941};
constexpr std::array<double, 4> kHigh{1209, 1336, 1477, 1633};
constexpr std::string_view kPad = "123A456B789C*0#D";
// A full sine is 3.14 dBm0 (ITU-T G.711, table 5: A-law), and has this amplitude here.
constexpr double kFullSine = 32767;
constexpr double kFullSineDbm0 = 3.14;

}  // namespace

std::optional<DtmfTone> DtmfTone::of(char key, int level_dbm0) {
  const std::size_t at = kPad.find(key);
  if (key == 0 || at == std::string_view::npos) return std::nullopt;
  // Two tones together must not clip.
  const double level = std::min(level_dbm0, -4);
  return DtmfTone(kLow[at / 4], kHigh[at % 4], kFullSine * std::pow(10, (level - kFullSineDbm0) / 20));
}

DtmfTone::DtmfTone(double low, double high, double amplitude) : amplitude_(amplitude) {
  const auto step = [](Pointer& p, double frequency) {
    const double angle = 2 * std::numbers::pi * frequency / 8000;
    p.cosine = std::cos(angle);
    p.sine = std::sin(angle);
  };
  step(low_, low);
  step(high_, high);
}

double DtmfTone::Pointer::turn() {
  const double out = y;
  const double turned = x * cosine - y * sine;
  y = x * sine + y * cosine;
  x = turned;
  return out;
}

void DtmfTone::fill(std::span<Sample> out) {
  for (Sample& sample : out) sample = static_cast<Sample>(std::lround(amplitude_ * (low_.turn() + high_.turn())));
}

}  // namespace codec
