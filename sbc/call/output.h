#pragma once
// What comes out of the calls of a shard: messages, relay commands, records of calls that ended, and notes for the log.

#include <string>
#include <variant>
#include <vector>

#include "media-relay/base/slab.h"
#include "media-relay/control/messages.h"

#include "sbc/call/asking.h"
#include "sbc/call/media.h"
#include "sbc/call/record.h"
#include "sbc/call/refer.h"
#include "sbc/route/table.h"
#include "sbc/transaction/events.h"

namespace sbc::call {

struct Call;

struct RelayCommand {
  std::uint64_t owner = 0;
  std::variant<control::Open, control::Modify, control::Close, control::SendDigits> command;
};

// The places of a host name, for Calls::on_located.
struct Lookup {
  std::uint64_t owner = 0;
  std::uint32_t number = 0;  // of the call's questions: an answer to an older one is dropped; 0: about a leg's dialog
  Side leg = Side::A;
  std::string realm;
  route::NamedHost host;
};

// A second call of a transferor's is another shard's: the leg across from the named dialog is wanted here, for
// Calls::on_leg (attended.cc).
struct LegWanted {
  base::Handle<Call> call;
  std::uint32_t number = 0;
  std::uint8_t shard = 0;
  NamedDialog named;
  std::string realm;  // of that dialog
};

struct Note {
  enum class Level : std::uint8_t { Debug, Info, Warning, Error };
  Level level = Level::Info;
  std::string call;             // Call::session
  std::string session_id = {};  // RFC 7989, as its CDR has it; "" outside of calls
  std::string text;
};

struct Call;
// What is to be known of it, under the names that its CDR has.
Note note_about(const Call& call, Note::Level level, std::string text);

struct Output {
  transaction::Output transaction;
  std::vector<RelayCommand> relay;
  std::vector<Lookup> lookups;
  std::vector<PolicyQuestion> questions;
  std::vector<LegWanted> wanted;
  std::vector<std::string> guests_gone;  // our tags in dialogs that came from another shard, and are over
  std::vector<CallRecord> records;
  std::vector<Note> notes;
};

}  // namespace sbc::call
