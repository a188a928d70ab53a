#include "sbc/call/call.h"

#include "sbc/call/recording_session.h"

namespace sbc::call {

Call::Call(sdp::OriginIdentity identity_a) : media(std::move(identity_a)) {}
Call::Call(Call&&) noexcept = default;
Call& Call::operator=(Call&&) noexcept = default;
Call::~Call() = default;

}  // namespace sbc::call
