#include "sbc/call/mapped_ids.h"

#include "media-relay/base/hash.h"
#include "media-relay/base/text.h"

#include "sbc/call/dialog_pairs.h"

namespace sbc::call {

std::optional<DialogRef> find_dialog(const Core& core, std::string_view call_id, std::string_view one_tag,
                                     std::string_view other_tag) {
  const auto same = [](std::string_view asked, const std::string& known) { return asked.empty() || asked == known; };
  for (const auto& [ours, theirs] : {std::pair(one_tag, other_tag), std::pair(other_tag, one_tag)}) {
    const auto found = core.dialogs.find(ours);
    if (found == core.dialogs.end()) continue;
    const Call* call = core.calls.find(found->second.call);
    if (call == nullptr) continue;
    const auto& dialog = call->leg(found->second.side).dialog;
    if (dialog && dialog->call_id() == call_id && dialog->local_tag() == ours && same(theirs, dialog->remote_tag()))
      return found->second;
  }
  return std::nullopt;
}

std::optional<NamedLeg> find_leg(const Core& core, std::string_view call_id, std::string_view ours,
                                 std::string_view theirs) {
  const auto found = core.dialogs.find(ours);
  const Call* call = found != core.dialogs.end() ? core.calls.find(found->second.call) : nullptr;
  if (call == nullptr) return std::nullopt;
  const Side side = found->second.side;
  const auto named = [&](std::string_view id, std::string_view local, std::string_view remote) {
    return id == call_id && local == ours && (theirs.empty() || theirs == remote);
  };
  if (const auto& dialog = call->leg(side).dialog) {
    if (!named(dialog->call_id(), dialog->local_tag(), dialog->remote_tag())) return std::nullopt;
    return NamedLeg{.at = found->second};
  }
  const std::string_view caller = call->invite->from_tag();
  for (const Fork& fork : call->forks) {
    const bool this_one = side == Side::A ? named(call->invite->call_id(), fork.tag, caller)
                                          : fork.b && named(fork.b->call_id(), fork.attempt, fork.remote_tag);
    if (this_one) return NamedLeg{.at = found->second, .fork = &fork, .early = true};
  }
  if (side == Side::A && named(call->invite->call_id(), call->local_tag_a, caller))
    return NamedLeg{.at = found->second, .early = true};
  return std::nullopt;
}

std::optional<body::DialogIds> MappedIds::other_side(std::string_view call_id, std::string_view local_tag,
                                                     std::string_view remote_tag) {
  auto pair = pair_of(core_, {std::string(call_id), std::string(local_tag), std::string(remote_tag)});
  // Only between the two realms that talk here: a third one's dialogs are nobody's business.
  if (!pair || pair->named.realm != call_.leg(from_).realm || pair->across.realm != call_.leg(other(from_)).realm)
    return std::nullopt;
  return std::move(pair->across.ids);  // the sender's own end is what the other side knows as our end (trap 77)
}

std::string MappedIds::public_uri(const sip::Uri& uri) {
  if (uri.scheme == sip::Uri::Scheme::Tel) return std::string(uri.text.substr(0, uri.text.find(';')));
  const Leg& to = call_.leg(other(from_));
  if (uri.user.empty()) return {};
  const auto domain = core_.settings->domains.find(to.realm);
  const std::string& host =
      domain != core_.settings->domains.end() ? domain->second : core_.settings->faces.at(to.hop.listener).host;
  return "sip:" + std::string(uri.user) + "@" + host;
}

// Keyed with the call's own name, which no peer is told.
std::string MappedIds::opaque(std::string_view id) {
  const base::HashKey key{base::siphash({1, 2}, call_.session), base::siphash({3, 4}, call_.session)};
  const std::uint64_t value = base::siphash(key, id);
  std::string text;
  for (int shift = 0; shift < 64; shift += 4) text += "0123456789abcdef"[value >> shift & 15];
  return text;
}

}  // namespace sbc::call
