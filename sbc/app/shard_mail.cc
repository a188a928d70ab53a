// Between shards: which one a message belongs to, and what goes from one to another.

#include <map>

#include "media-relay/base/hash.h"

#include "sbc/app/named_dialogs.h"
#include "sbc/app/shard.h"
#include "sbc/sip/values.h"

namespace sbc::app {
namespace {

// Messages that wait for one shard: a tenth of a second of work at full load.
constexpr std::size_t kMailbox = 8192;

}  // namespace

// A stranger with one valid tag could aim everything at one shard: what it does not get to is dropped, as a socket
// would.
bool Shard::post_mail(loop::Task task) {
  if (mailbox_.fetch_add(1, std::memory_order_relaxed) >= kMailbox) {
    mailbox_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  loop_.post([this, task = std::move(task)]() mutable {
    mailbox_.fetch_sub(1, std::memory_order_relaxed);
    metrics_->mailbox_in.add();
    task();
  });
  return true;
}

bool Shard::hand_over(sip::MessagePtr message, sip::Source source) {
  return post_mail([this, message = std::move(message), source]() mutable { take(std::move(message), source); });
}

// What becomes of a response whose connection is gone is decided here, where the connection was.
bool Shard::hand_over_send(const sip::Hop& hop, base::SharedBytes bytes, const ForeignSends::Origin& origin) {
  return post_mail(
      [this, hop, bytes = std::move(bytes), origin]() mutable { send(hop, std::move(bytes), foreign_.note(origin)); });
}

bool Shard::on_foreign_send(std::uint8_t shard, const sip::Hop& hop, const base::SharedBytes& bytes,
                            std::uint64_t token) {
  if (shard >= shared_.shards.size() || shard == index_) return false;
  if (shared_.shards[shard]->hand_over_send(hop, bytes, {.shard = index_, .token = token})) return true;
  metrics_->mailbox_dropped.add();
  return false;
}

// By whichever of the tags is ours; the dialog may have left the shard that gave it.
std::optional<std::uint8_t> Shard::shard_of_dialog(const call::NamedDialog& named) const {
  std::optional<std::uint8_t> shard;
  for (const std::string* tag : {&named.to_tag, &named.from_tag}) {
    if (!shard) shard = shared_.signposts.find(*tag);
    if (!shard) shard = minter_.shard_of(*tag);
  }
  return shard && *shard < shared_.shards.size() ? shard : std::nullopt;
}

// An INVITE that names a dialog (RFC 3891, 3911, 4538) goes where that call is; its CANCEL, which names no dialog,
// follows.
std::optional<std::uint8_t> Shard::entered_shard(const sip::Message& invite) {
  for (const auto id : {sip::HeaderId::Replaces, sip::HeaderId::Join, sip::HeaderId::TargetDialog}) {
    const auto value = invite.find(id);
    if (!value) continue;
    const auto named = id == sip::HeaderId::TargetDialog ? call::named_dialog(*value, "local-tag", "remote-tag")
                                                         : call::named_dialog(*value);
    if (!named) continue;
    // Either tag may be ours: a Replaces may name the other end's dialog (takeover.cc).
    const auto shard = shard_of_dialog(*named);
    if (!shard) continue;
    if (!shared_.signposts.put_attempt(std::string(invite.call_id()), *shard)) limits_.add(limit::Reached::Attempts);
    return shard;
  }
  return std::nullopt;
}

// An INVITE that still has the Via of one of ours goes where that one is (call/loop.h), and so does its CANCEL.
std::optional<std::uint8_t> Shard::returned_shard(const sip::Message& invite) {
  std::optional<std::uint8_t> shard;
  sip::for_each_value(invite, sip::HeaderId::Via, [&](std::string_view value) {
    const auto via = sip::parse_via(value);
    if (via) shard = minter_.shard_of(via->branch);
    return !shard;
  });
  if (!shard || *shard >= shared_.shards.size()) return std::nullopt;
  if (!shared_.signposts.put_attempt(std::string(invite.call_id()), *shard)) limits_.add(limit::Reached::Attempts);
  return shard;
}

// A REFER or SUBSCRIBE outside of calls goes where the call is that it is about (RFC 4538), or that the target of the
// REFER is to enter.
std::optional<std::uint8_t> Shard::referred_shard(const sip::Message& request) const {
  const auto about = request.find(sip::HeaderId::TargetDialog);
  auto named = about ? call::named_dialog(*about, "local-tag", "remote-tag") : std::nullopt;
  if (const auto target = call::read_refer_to(request); target && !named)
    named = target->replaces ? target->replaces : target->join;
  return named ? shard_of_dialog(*named) : std::nullopt;
}

// Which shard has, or gets, the state for a message: responses and requests inside dialogs carry it in what we minted;
// everything else goes by Call-ID, so that all requests of one attempt meet.
std::uint8_t Shard::owner_of(const sip::Message& message) {
  const std::size_t count = shared_.shards.size();
  if (count == 1) return 0;
  if (message.is_response()) {
    const auto shard = minter_.shard_of(message.top_via().branch);
    return shard && *shard < count ? *shard : index_;
  }
  const bool inside = !message.to_tag().empty();
  if (!inside && message.method() == sip::Method::Invite) {
    if (const auto shard = entered_shard(message)) return *shard;
    if (const auto shard = returned_shard(message)) return *shard;
  }
  if (!inside && (message.method() == sip::Method::Refer || message.method() == sip::Method::Subscribe)) {
    if (const auto shard = referred_shard(message)) return *shard;
  }
  if (const auto shard = shared_.signposts.find(inside ? message.to_tag() : message.call_id())) return *shard;
  if (inside) {
    if (const auto shard = minter_.shard_of(message.to_tag()); shard && *shard < count) return *shard;
  }
  return static_cast<std::uint8_t>(base::StringHash{}(message.call_id()) % count);
}

// --- names of dialogs ---------------------------------------------------------------------------------------------

// A request that names dialogs of other shards' calls waits for what those call them on the other side.
bool Shard::asks_for_names(const sip::MessagePtr& message, const sip::Source& source) {
  if (shared_.shards.size() == 1 || !message->is_request()) return false;
  std::map<std::uint8_t, std::vector<body::DialogIds>> wanted;
  for (auto& named : dialogs_named_in(*message, limits_)) {
    for (const std::string* tag : {&named.remote_tag, &named.local_tag}) {
      auto shard = shared_.signposts.find(*tag);
      if (!shard) shard = minter_.shard_of(*tag);
      if (!shard || *shard == index_ || *shard >= shared_.shards.size()) continue;
      wanted[*shard].push_back(std::move(named));
      break;
    }
  }
  if (wanted.empty()) return false;
  const auto number = held_.hold({message, source}, wanted.size(), loop_.now());
  if (!number) {
    metrics_->names_unasked.add();
    return false;
  }
  for (auto& [shard, named] : wanted) {
    Shard& owner = *shared_.shards[shard];
    const bool posted = owner.post_mail([&owner, asked = std::move(named), asker = index_, number = *number] {
      owner.tell_names(asked, asker, number);
    });
    if (!posted) metrics_->mailbox_dropped.add();
  }
  arm_timer();
  return true;
}

void Shard::tell_names(const std::vector<body::DialogIds>& named, std::uint8_t asker, std::uint32_t number) {
  Names names;
  for (const auto& ids : named)
    if (auto pair = calls_.pair_of(ids)) names.emplace_back(ids, *std::move(pair));
  Shard& shard = *shared_.shards[asker];
  const bool posted = shard.post_mail(
      [&shard, names = std::move(names), number]() mutable { shard.learn_names(std::move(names), number); });
  if (!posted) metrics_->mailbox_dropped.add();
}

void Shard::learn_names(Names names, std::uint32_t number) {
  for (auto& [ids, pair] : names) calls_.learn(ids, std::move(pair));
  if (auto held = held_.answered(number)) read(std::move(held->message), held->source);
}

// --- legs -------------------------------------------------------------------------------------------------------

void Shard::ask_for_leg(const call::LegWanted& wanted) {
  // It may have left the shard that gave it its tag.
  auto shard = shared_.signposts.find(wanted.named.to_tag);
  if (!shard) shard = shared_.signposts.find(wanted.named.from_tag);
  if (!shard) shard = wanted.shard;
  if (*shard == index_) return calls_.on_leg(wanted, std::unexpected(481), loop_.now(), out_);
  if (*shard < shared_.shards.size()) {
    Shard& owner = *shared_.shards[*shard];
    if (owner.post_mail([&owner, wanted, asker = index_] { owner.give_leg(wanted, asker); })) return;
    metrics_->mailbox_dropped.add();
  }
  calls_.on_leg(wanted, std::unexpected(503), loop_.now(), out_);
}

void Shard::give_leg(const call::LegWanted& wanted, std::uint8_t asker) {
  using Moved = std::expected<call::MovedLeg, int>;
  const auto moved = std::make_shared<Moved>(std::unexpected(503));
  if (shared_.signposts.size() < Signposts::kMost) {
    *moved = calls_.give_leg(wanted, loop_.now(), out_);
  } else {
    limits_.add(limit::Reached::Signposts);
  }
  if (*moved) (void)shared_.signposts.put((*moved)->leg.dialog->local_tag(), asker);
  Shard& shard = *shared_.shards[asker];
  const bool posted = shard.post_mail([&shard, wanted, moved] {
    shard.calls_.on_leg(wanted, std::move(*moved), shard.loop_.now(), shard.out_);
    shard.carry_out();
  });
  if (!posted) {
    metrics_->mailbox_dropped.add();
    calls_.on_leg({}, std::move(*moved), loop_.now(), out_);
  }
  carry_out();
}

}  // namespace sbc::app
