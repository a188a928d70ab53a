#pragma once
// How one side of a call names things, told to the other side: dialogs by the identifiers of the other leg, users
// behind our host. For bodies (sbc/body) and for Replaces, Target-Dialog and Join.

#include <optional>
#include <string>
#include <string_view>

#include "sbc/body/identifiers.h"
#include "sbc/call/core.h"

namespace sbc::call {

// A dialog of ours by the identifiers with which one of its ends names it: one tag is ours, the other one the peer's.
// An empty tag is not compared. nullopt: no dialog of ours is called so.
std::optional<DialogRef> find_dialog(const Core& core, std::string_view call_id, std::string_view one_tag,
                                     std::string_view other_tag);

// The same, early dialogs too: the leg that has it, and its fork. `ours` is our own tag in it.
struct NamedLeg {
  DialogRef at;
  const Fork* fork = nullptr;  // null: it is established, or the caller's before anybody has rung
  bool early = false;
};
std::optional<NamedLeg> find_leg(const Core& core, std::string_view call_id, std::string_view ours,
                                 std::string_view theirs);

class MappedIds final : public body::Identifiers {
 public:
  // From the leg `from` of the call to the other one. Both references outlive the object.
  MappedIds(const Core& core, const Call& call, Side from) : core_(core), call_(call), from_(from) {}

  std::optional<body::DialogIds> other_side(std::string_view call_id, std::string_view local_tag,
                                            std::string_view remote_tag) override;
  std::string public_uri(const sip::Uri& uri) override;
  std::string opaque(std::string_view id) override;

 private:
  const Core& core_;
  const Call& call_;
  Side from_;
};

}  // namespace sbc::call
