#include "sbc/relay_client/relay_pool.h"

#include <algorithm>

namespace sbc::relay_client {
namespace {

std::optional<Full> full_of(const control::Reply& reply) {
  const auto* error = std::get_if<control::Error>(&reply);
  if (error == nullptr) return std::nullopt;
  if (error->code == control::ErrorCode::NoPorts) return Full::NoPorts;
  if (error->code == control::ErrorCode::SessionLimit) return Full::SessionLimit;
  if (error->code == control::ErrorCode::Draining) return Full::Draining;
  // It has died or hangs. Should it have opened the session all the same, the link closes it.
  if (error->code == control::ErrorCode::LinkDown || error->code == control::ErrorCode::Timeout) return Full::NoAnswer;
  return std::nullopt;
}

}  // namespace

class RelayPool::Ear final : public Delegate {
 public:
  Ear(RelayPool& pool, RelayIndex index) : pool_(pool), index_(index) {}
  void on_relay_reply(control::RelayReply reply) override { pool_.on_reply(index_, std::move(reply)); }
  void on_relay_event(control::RelayEvent event) override { pool_.delegate_.on_relay_event(std::move(event)); }
  bool is_live(const control::SessionId& id) override { return pool_.delegate_.is_live(id); }
  void on_relay_state(const std::string& relay, LinkState state) override {
    // One that drained before this end came to it.
    if (state == LinkState::Up && pool_.links_[index_]->draining()) pool_.on_draining(index_);
    pool_.delegate_.on_relay_state(relay, state);
  }
  void on_relay_draining(const std::string& relay, base::Duration within) override {
    pool_.on_draining(index_);
    pool_.delegate_.on_relay_draining(relay, within);
  }

 private:
  RelayPool& pool_;
  const RelayIndex index_;
};

RelayPool::RelayPool(loop::EventLoop& loop, std::vector<LinkOptions> relays, Delegate& delegate, base::Random& random)
    : loop_(loop), delegate_(delegate), rounds_(relays.size()), shed_timer_(loop, [this] { shed(); }) {
  for (LinkOptions& options : relays) {
    ears_.push_back(std::make_unique<Ear>(*this, static_cast<RelayIndex>(ears_.size())));
    links_.push_back(std::make_unique<RelayLink>(loop, std::move(options), *ears_.back(), random));
  }
}

RelayPool::~RelayPool() = default;

void RelayPool::start() {
  for (const auto& link : links_) link->start();
}

std::optional<RelayIndex> RelayPool::pick(const control::SessionSpec& spec, const std::vector<RelayIndex>& tried) {
  std::optional<RelayIndex> best;
  // Each time from another one, so that equals take turns.
  ++turn_;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const auto at = static_cast<RelayIndex>((turn_ + i) % links_.size());
    const RelayLink& one = *links_[at];
    if (!one.accepting() || !one.serves(spec) || std::ranges::find(tried, at) != tried.end()) continue;
    if (!best || is_less(one.load(), links_[*best]->load())) best = at;
  }
  return best;
}

std::optional<std::uint64_t> RelayPool::open(std::uint64_t owner, control::Open command) {
  const auto relay = pick(command.spec, {});
  if (!relay) return std::nullopt;
  const std::uint64_t number = ++last_number_;
  ask(*relay, {.number = number, .owner = owner, .command = std::move(command), .tried = {}});
  return number;
}

void RelayPool::ask(RelayIndex relay, Opening opening) {
  relay_of_[opening.command.id] = relay;
  opening.tried.push_back(relay);
  control::Open kept{opening.command.id, {}};
  if (opening.tried.size() < links_.size()) kept = opening.command;
  const std::uint64_t request = links_[relay]->open(opening.owner, std::move(opening.command));
  opening.command = std::move(kept);
  openings_.insert_or_assign({relay, request}, std::move(opening));
}

void RelayPool::on_reply(RelayIndex from, control::RelayReply reply) {
  const auto found = openings_.find({from, reply.request});
  reply.request = 0;
  if (found == openings_.end()) return delegate_.on_relay_reply(std::move(reply));
  Opening opening = std::move(found->second);
  openings_.erase(found);
  if (const auto full = full_of(reply.reply)) {
    ++refusals_[static_cast<std::size_t>(*full)];
    // Nobody else is asked for a session that was given up meanwhile.
    const auto wanted = relay_of_.find(opening.command.id);
    const bool goes_on = wanted != relay_of_.end() && wanted->second == from && opening.tried.size() < links_.size();
    const auto next = goes_on ? pick(opening.command.spec, opening.tried) : std::nullopt;
    if (next) return ask(*next, std::move(opening));
  }
  reply.request = opening.number;
  delegate_.on_relay_reply(std::move(reply));
}

void RelayPool::modify(std::uint64_t owner, control::Modify command) {
  if (const auto found = relay_of_.find(command.id); found != relay_of_.end())
    links_[found->second]->modify(owner, std::move(command));
}

void RelayPool::close(std::uint64_t owner, control::Close command) {
  const auto found = relay_of_.find(command.id);
  if (found == relay_of_.end()) return;
  const RelayIndex relay = found->second;
  relay_of_.erase(found);
  links_[relay]->close(owner, std::move(command));
}

void RelayPool::send_digits(control::SendDigits command) {
  if (const auto found = relay_of_.find(command.id); found != relay_of_.end())
    links_[found->second]->send_digits(std::move(command));
}

std::size_t RelayPool::healthy() const {
  return static_cast<std::size_t>(std::ranges::count_if(links_, [](const auto& link) { return link->accepting(); }));
}

}  // namespace sbc::relay_client
