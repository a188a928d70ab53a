#include "sbc/app/record_line.h"

#include <variant>

#include "sbc/call/quality.h"

namespace sbc::app {
namespace {

observe::Field field_of(const policy::CdrField& field) {
  return std::visit([&field](const auto& value) { return observe::Field(field.name, value); }, field.value);
}

}  // namespace

RecordLine::RecordLine(const call::CallRecord& record) {
  const call::CallQuality quality = record.quality.value_or(call::CallQuality{});
  caller_audio_ = call::text_of(quality.from_a());
  callee_audio_ = call::text_of(quality.from_b());
  caller_media_ = call::text_of_others(quality, true);
  callee_media_ = call::text_of_others(quality, false);
  caller_worst_ = call::text_of(record.watch[0]);
  callee_worst_ = call::text_of(record.watch[1]);
  fields_ = {{"call", record.id},
             {"call_id_a", record.call_id_a},
             {"call_id_b", record.call_id_b},
             {"session_id", record.session_id},
             {"from", record.from},
             {"to", record.to},
             {"realm_a", record.realm_a},
             {"trunk_a", record.trunk_a},
             {"realm_b", record.realm_b},
             {"trunk_b", record.trunk_b},
             {"status", record.status},
             {"cause", call::name_of(record.cause)},
             {"by", call::name_of(record.by)},
             {"attempts", record.attempts},
             {"setup", record.setup},
             {"duration", record.duration},
             {"policy", record.where},
             {"class", record.call_class},
             {"silent", record.silent ? call::name_of(*record.silent) : ""},
             {"recording", record.recording},
             {"recorder", record.recorder},
             {"recording_failure", record.recording_failure},
             {"caller_audio", caller_audio_},
             {"callee_audio", callee_audio_},
             {"caller_media", caller_media_},
             {"callee_media", callee_media_},
             {"caller_worst_mos", caller_worst_},
             {"callee_worst_mos", callee_worst_}};
  for (const auto& field : record.cdr) fields_.push_back(field_of(field));
}

}  // namespace sbc::app
