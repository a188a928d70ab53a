#include "sbc/call/call.h"

#include <utility>

#include "sbc/call/change_progress.h"
#include "sbc/call/held_request.h"
#include "sbc/call/key_watch.h"
#include "sbc/call/output.h"
#include "sbc/call/recording_session.h"
#include "sbc/call/rivals.h"
#include "sbc/call/seats.h"

namespace sbc::call {

Call::Call(sdp::OriginIdentity identity_a) : media(std::move(identity_a)) {}
Call::Call(Call&&) noexcept = default;
Call& Call::operator=(Call&&) noexcept = default;
Call::~Call() = default;

Note note_about(const Call& call, Note::Level level, std::string text) {
  return {.level = level, .call = call.session, .session_id = call.record.session_id, .text = std::move(text)};
}

}  // namespace sbc::call
