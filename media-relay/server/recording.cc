// Recordings: what sessions want, to the thread that writes, and what it has to tell.

#include <utility>

#include "media-relay/recording/recorder.h"
#include "media-relay/server/relay.h"

namespace server {

std::expected<void, std::string> Relay::start_recorder() {
  if (!recorder_) return {};
  if (auto ok = recorder_->start(); !ok) return ok;
  if (const auto mended = recorder_->counters().mended.value(); mended > 0)
    log_.warn("recordings that were cut short are readable now", {{"files", mended}});
  recorder_watch_ =
      std::make_unique<loop::FdWatch>(loop_, recorder_->descriptor(), [this](loop::Ready) { on_recordings(); });
  recorder_watch_->want({.read = true, .write = false});
  return {};
}

void Relay::record(session::Record action) {
  if (!recorder_) return;
  recording::Order order{action.recording, std::move(action.name), action.pcap, action.wav, {}};
  for (std::size_t side = 0; side < order.formats.size(); ++side)
    for (const flow::AudioFormat& format : action.formats[side])
      order.formats[side].push_back({format.coding, format.payload_type});
  recorder_->record(std::move(order));
}

void Relay::on_recordings() {
  session::Actions actions;
  for (const recording::Ended& ended : recorder_->drain()) {
    std::string files;
    for (const std::string& file : ended.files) files.append(files.empty() ? "" : " ").append(file);
    if (ended.failure.empty())
      log_.info("recorded", {{"files", files}, {"packets", ended.packets}, {"incomplete", ended.incomplete}});
    else
      log_.error("recording failed", {{"why", ended.failure}, {"files", files}, {"packets", ended.packets}});
    sessions_.on_recording_ended(ended.id, ended.failure, actions);
  }
  carry_out(std::move(actions));
}

// The workers have stopped: nothing is copied any more.
void Relay::stop_recorder() {
  recorder_watch_.reset();
  if (!recorder_) return;
  recorder_->stop();
  for (const recording::Ended& ended : recorder_->drain())
    if (!ended.failure.empty()) log_.error("recording failed", {{"why", ended.failure}, {"packets", ended.packets}});
}

void Relay::register_recording_metrics() {
  const session::Counters& s = sessions_.counters();
  metrics_.counter("relay_recordings_refused_total",
                   "Recordings that were asked for and not begun: no place, or limits", {},
                   [&s] { return static_cast<double>(s.recordings_refused); });
  if (!recorder_) return;
  const recording::Counters& c = recorder_->counters();
  const auto counter = [&](const char* name, const char* help, const base::Counter& source) {
    metrics_.counter(name, help, {}, [&source] { return static_cast<double>(source.value()); });
  };
  metrics_.gauge("relay_recordings", "Flows that are recorded now", {},
                 [&c] { return static_cast<double>(c.open.value()); });
  counter("relay_recordings_finished_total", "Recordings whose files are whole", c.finished);
  counter("relay_recordings_failed_total", "Recordings that could not be begun or were ended by an error", c.failed);
  counter("relay_recorded_packets_total", "Packets written to recordings", c.packets);
  counter("relay_recorded_bytes_total", "Bytes of these packets", c.bytes);
  counter("relay_recording_packets_lost_total", "Packets that recordings lack because the disk did not keep up",
          c.lost);
  counter("relay_recordings_mended_total", "Files left by a crash that were made readable at the start", c.mended);
}

}  // namespace server
