// Which flows are recorded. A recording that cannot be, or fails, never fails its session: the controller is told, and
// decides.

#include <utility>

#include "media-relay/session/sessions.h"
#include "media-relay/session/translate.h"

namespace session {
namespace {

// Of the same files.
bool is_same(const control::Record& a, const control::Record& b) {
  return a.name == b.name && a.pcap == b.pcap && a.wav == b.wav;
}

Record order_of(std::uint64_t recording, std::uint32_t flow, const control::Record& wanted) {
  Record out{recording, wanted.name + "-" + std::to_string(flow), wanted.pcap, wanted.wav, {}};
  for (const control::AudioFormat& f : wanted.from_a) out.formats[0].push_back(audio_of(f));
  for (const control::AudioFormat& f : wanted.from_b) out.formats[1].push_back(audio_of(f));
  return out;
}

}  // namespace

std::optional<std::string> Sessions::update_recording(FlowHandle handle, const control::FlowSpec& wanted,
                                                      Actions& out) {
  FlowRecord& record = *flows_.find(handle);
  const base::Rare<control::Record> before = std::exchange(record.recorded, wanted.record);
  if (before && wanted.record && is_same(*before, *wanted.record)) {
    // What has failed stays so until another name is given: a disk that is full is not asked at each change.
    if (record.recording != 0 && *before != *wanted.record)
      out.push_back(order_of(record.recording, wanted.index, *wanted.record));
    return std::nullopt;
  }
  end_recording(record, out);
  if (!wanted.record) return std::nullopt;
  if (recordings_.size() >= config_.max_recordings) {
    ++counters_.recordings_refused;
    if (config_.max_recordings == 0) return "the relay has no recording.directory";
    return "all " + std::to_string(config_.max_recordings) + " recordings are taken";
  }
  record.recording = ++last_recording_;
  recordings_.emplace(record.recording, handle);
  out.push_back(order_of(record.recording, wanted.index, *wanted.record));
  return std::nullopt;
}

void Sessions::end_recording(FlowRecord& record, Actions& out) {
  if (record.recording == 0) return;
  out.push_back(EndRecording{record.recording});
  recordings_.erase(std::exchange(record.recording, 0));
}

void Sessions::on_recording_ended(std::uint64_t recording, const std::string& failure, Actions& out) {
  const auto found = recordings_.find(recording);
  if (found == recordings_.end()) return;  // it was to end
  FlowRecord* record = flows_.find(found->second);
  recordings_.erase(found);
  if (record == nullptr) return;
  record->recording = 0;
  ++counters_.recordings_failed;
  if (const Session* session = sessions_.find(record->session))
    tell_recording_stopped(*session, record->index, failure, out);
}

void Sessions::tell_recording_stopped(const Session& session, std::uint32_t flow, const std::string& reason,
                                      Actions& out) {
  out.push_back(Note{"not recorded: " + reason, {}, session.id});
  if (const Controller* controller = controllers_.find(session.owner))
    tell(*controller, control::EventKind::RecordingStopped, control::RecordingStopped{session.id, flow, reason}, out);
}

}  // namespace session
