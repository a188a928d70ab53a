#pragma once
// The door through which every message of a call leaves: what the calls say to the transaction layer goes through here,
// and the leak guard looks at it. What the layer makes by itself (100, CANCEL, ACK to a failure, repetitions) is made
// of what it was given, and of the request that came from the same side.

#include <string_view>

#include "sbc/call/leak_guard.h"
#include "sbc/call/media.h"
#include "sbc/transaction/layer.h"

namespace sbc::call {

struct Call;
struct Core;

constexpr leak::End end_of(Side side) {
  return side == Side::A ? leak::End::A : leak::End::B;
}

class Door {
 public:
  // Both outlive the door.
  Door(transaction::Layer& layer, Core& core) : layer_(layer), core_(core) {}

  // As the layer's, with the guard before them.
  transaction::ClientId request(transaction::ClientRequest request, base::Instant now, transaction::Output& out);
  bool respond(transaction::ServerId id, int status, base::SharedBytes bytes, base::Instant now,
               transaction::Output& out);
  // An ACK to a 2xx, which is no transaction.
  void send(const Call& call, const sip::Hop& hop, base::SharedBytes bytes, transaction::Output& out);

  // The layer's own.
  void set_owner(transaction::ServerId id, transaction::Owner owner) { layer_.set_owner(id, owner); }
  const sip::Message* request_of(transaction::ServerId id) const { return layer_.request_of(id); }
  sip::MessagePtr request_ptr(transaction::ServerId id) const { return layer_.request_ptr(id); }
  const sip::Source* source_of(transaction::ServerId id) const { return layer_.source_of(id); }
  void ignore(transaction::ServerId id, base::Instant now) { layer_.ignore(id, now); }
  void cancel(transaction::ClientId invite, std::string_view headers, base::Instant now, transaction::Output& out) {
    layer_.cancel(invite, headers, now, out);
  }
  void abandon(transaction::ClientId id) { layer_.abandon(id); }
  bool is_live(transaction::ClientId id) const { return layer_.is_live(id); }
  transaction::ClientId find_invite(std::string_view branch) const { return layer_.find_invite(branch); }
  transaction::Owner owner_of(transaction::ClientId id) const { return layer_.owner_of(id); }

  // A call begins to be watched, if the settings say so.
  void watch(Call& call) const;
  // A message from a peer of the call, of which `own_tag` is our tag in its dialog.
  void heard(Call& call, std::string_view own_tag, const sip::Message& message, const sip::Source& source);

  LeakGuard& guard() { return guard_; }
  const LeakGuard& guard() const { return guard_; }

 private:
  struct Way {
    Call* call = nullptr;
    Side side = Side::A;
    bool recorder = false;
  };
  Way way_of(std::string_view own_tag, transaction::Owner owner) const;
  // `our_header`: of the one that has our tag.
  base::SharedBytes guarded(std::string_view our_header, transaction::Owner owner, base::SharedBytes bytes);

  transaction::Layer& layer_;
  Core& core_;
  LeakGuard guard_;
};

}  // namespace sbc::call
