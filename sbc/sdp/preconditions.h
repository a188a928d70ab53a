#pragma once
// Quality of service preconditions (RFC 3312, RFC 4032) of a leg whose peer uses them while the other leg does not know
// them. They never cross. The border answers for its own side: its resources are there at once, so what an answer says
// of them is that they are met, and it asks to be told when the peer's are (a=conf).

#include <string>

#include "sbc/sdp/session.h"

namespace sbc::sdp {

// An m-line in use has a precondition of strength "mandatory".
bool demands_preconditions(const Session& session);

// One that the border cannot meet by itself: end to end, or of another type than qos. Such an offer is refused with 580
// (RFC 3312 8).
bool has_unmet_precondition(const Session& session);

// The lines of an answer to the offered m-line (RFC 3312 5.2): local and remote, send and recv change places.
void append_precondition_answer(std::string& out, const Session& offer, const Media& offered);

// Whether the two say the same but for o= and the preconditions, which one of them has at least: a peer that only
// reports that its resources are there.
bool same_but_preconditions(const Session& a, const Session& b);

}  // namespace sbc::sdp
