#pragma once
// A header of a response by its id.

#include <string>
#include <utility>

#include "sbc/register/identity.h"
#include "sbc/sip/message.h"

namespace sbc::registrar {

inline OwnedHeader owned_header(sip::HeaderId id, std::string value) {
  return {std::string(sip::canonical_name(id)), std::move(value)};
}

}  // namespace sbc::registrar
