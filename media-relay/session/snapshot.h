#pragma once
// What a relay that stops leaves to its successor: its sessions, and what each flow has to know to go on. It holds
// keys.
//
//   8 bytes "PRPTSNAP" | layout (8) | length of the body (8) | hash of the body (8) | body       numbers little endian
//
// A body of another layout is not read: a successor of another version may have none of these sessions, and its
// controllers move their calls. The hash finds what was cut off or damaged; whoever may write the file may command the
// relay anyhow.

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/time.h"
#include "media-relay/control/messages.h"
#include "media-relay/flow/ledger.h"

namespace session {

// To be raised with every change of what is carried (`carry` of any class, base/pack.h) or of the values below.
inline constexpr std::uint64_t kSnapshotLayout = 6;

struct SavedHalf {
  std::string network;
  std::uint16_t port = 0;
};
struct SavedFlow {
  std::uint32_t index = 0;
  // Of a checkpoint: where the flow's ledger is, and the epoch that it has to have. What was found there goes to
  // `last`, which is not in the bytes.
  std::uint32_t ledger = 0;
  std::uint64_t epoch = 0;
  std::shared_ptr<const flow::Ledger> last = {};
  std::array<SavedHalf, 2> half;
  std::size_t identity = 0;  // of the snapshot's, counted from 1; 0: none
  std::string state;         // flow::Flow::save
};
struct SavedSession {
  control::SessionId id;
  control::SessionSpec spec;
  base::Instant opened{};
  std::vector<SavedFlow> flows;  // as spec.flows
  std::vector<control::FlowStats> ended;
};
struct SavedController {
  std::string id;
  base::Duration lease{};
  std::vector<SavedSession> sessions;
};
// A pair in quarantine.
struct SavedRest {
  std::string network;
  std::uint16_t port = 0;
  base::Instant until{};
};
struct Snapshot {
  base::WallTime written;
  base::Instant at{};   // the same by the machine's clock
  bool planned = true;  // false: a checkpoint, whose process has died
  std::uint64_t instance = 0;
  std::vector<std::string> identities;  // secure::Identity::saved
  std::vector<SavedController> controllers;
  std::vector<SavedRest> resting;

  Snapshot() = default;
  Snapshot(Snapshot&&) = default;
  Snapshot& operator=(Snapshot&&) = default;
  ~Snapshot();  // wipes
};

// A body with its head in front.
std::string with_head(std::string_view body);
// The text holds keys, too: to be wiped by whoever has it.
std::string encode(Snapshot& snapshot, base::Instant now);
// The same from parts: what `append` has made of sessions, by controller. `snapshot` has all but the controllers.
struct SavedPart {
  std::string controller;
  base::Duration lease{};
  std::uint64_t sessions = 0;
  std::string_view bytes;
};
std::string encode(Snapshot& snapshot, const std::vector<SavedPart>& parts, base::Instant now);
void append(std::string& out, SavedSession& session, base::Instant now);
// Error: what was expected, and what came.
std::expected<Snapshot, std::string> decode(std::string_view bytes, base::Instant now);

}  // namespace session
