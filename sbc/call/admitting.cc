// What the policy says of a call as a whole: the class that it is admitted in, and what its record says besides.

#include "sbc/call/machine.h"
#include "sbc/call/seats.h"
#include "sbc/policy/cdr.h"

namespace sbc::call {

// Whether there is room for one more call of that class. Calls for help, and those that come first (RFC 4412), count,
// but are never refused.
bool Machine::admit(const std::string& call_class) {
  Occupancy* occupancy = core_.advisor.occupancy();
  if (call_class.empty() || occupancy == nullptr) return true;
  if (!call_.seats) call_.seats = std::make_unique<Seats>();
  Occupancy::Seat& seat = call_.seats->in_class;
  if (seat.name() == call_class) return true;
  // A class that a reload has taken out of the configuration since has no limit any more.
  const auto limit = core_.settings->classes.find(call_class);
  if (call_.first || limit == core_.settings->classes.end()) {
    seat = occupancy->take(Occupancy::Of::Class, call_class);
  } else if (auto taken = occupancy->take(Occupancy::Of::Class, call_class, limit->second)) {
    seat = *std::move(taken);
  } else {
    note(Note::Level::Info, "refused: there is no room for another call of class " + call_class);
    return false;
  }
  call_.record.call_class = call_class;
  return true;
}

void Machine::refuse_class() {
  call_.record.call_class = call_.decision.call_class;
  const std::string seconds = std::to_string(core_.settings->busy_retry_after);
  const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
  respond_caller(503, retry);
  finished(EndCause::Limit, EndedBy::Border);
  end();
}

void Machine::write_into_record(const std::vector<policy::CdrField>& fields) {
  const std::size_t left_out = policy::merge(call_.record.cdr, fields);
  if (left_out != 0)
    note(Note::Level::Warning, std::to_string(left_out) + " fields of the policy do not fit into the record");
}

}  // namespace sbc::call
