#include "sbc/explain/ring.h"

#include <algorithm>

namespace sbc::explain {
namespace {

// Of a call with one attempt; more make the list grow.
constexpr std::size_t kUsualSteps = 12;
constexpr std::size_t kStepBytes = sizeof(Step) + 64;

void drop_if_large(base::SharedBytes& bytes) {
  if (bytes && bytes->size() > kMaxMessageBytes) bytes = nullptr;
}

std::size_t size_of(const base::SharedBytes& bytes) {
  return bytes ? bytes->size() : 0;
}

// What a step is taken for; what is too large is left out of it.
struct Weigh {
  std::size_t operator()(Begun& step) const {
    if (step.invite && step.invite->bytes().size() > kMaxMessageBytes) step.invite = nullptr;
    return step.invite ? step.invite->bytes().size() + sizeof(sip::Message) : 0;
  }
  std::size_t operator()(Handled& step) const {
    std::size_t bytes = step.decision.size() + step.error.size();
    for (const auto& read : step.reads) bytes += sizeof(read) + read.what.size() + read.value.size();
    for (const auto& line : step.log) bytes += sizeof(line) + line.text.size();
    return bytes;
  }
  std::size_t operator()(Planned& step) const {
    std::size_t bytes = 0;
    for (const auto& target : step.targets) bytes += sizeof(target) + target.size();
    return bytes;
  }
  std::size_t operator()(Noted& step) const { return step.text.size(); }
  std::size_t operator()(Reinvited& step) const {
    if (step.request && step.request->bytes().size() > kMaxMessageBytes) step.request = nullptr;
    return step.request ? step.request->bytes().size() + sizeof(sip::Message) : 0;
  }
  std::size_t operator()(Sent& step) const {
    drop_if_large(step.invite);
    std::size_t bytes = size_of(step.invite) + step.target.size();
    for (const auto& op : step.headers) bytes += sizeof(op) + op.name.size() + op.value.size();
    return bytes;
  }
  std::size_t operator()(Failed& step) const { return step.target.size() + step.reason.size(); }
  std::size_t operator()(Answered& step) const {
    std::size_t bytes = 0;
    for (auto& leg : step.legs) {
      drop_if_large(leg.said);
      drop_if_large(leg.told);
      bytes += size_of(leg.said) + size_of(leg.told);
    }
    return bytes;
  }
  std::size_t operator()(Ended& step) const {
    std::size_t bytes = step.call_class.size();
    for (const auto& field : step.cdr) {
      bytes += sizeof field + field.name.size();
      if (const auto* text = std::get_if<std::string>(&field.value)) bytes += text->size();
    }
    return bytes;
  }
};

bool is_later(const Step& step) {
  if (const auto* sent = std::get_if<Sent>(&step.what)) return !sent->purpose.empty();
  if (const auto* answered = std::get_if<Answered>(&step.what)) return answered->changed;
  return std::holds_alternative<Reinvited>(step.what);
}

bool has_leg(const Explanation& call, std::string_view call_id) {
  if (call.call_id == call_id) return true;
  return std::ranges::any_of(call.steps, [call_id](const Step& step) {
    const auto* sent = std::get_if<Sent>(&step.what);
    return sent != nullptr && sent->call_id == call_id;
  });
}

}  // namespace

void Ring::begin(std::string_view call_id) {
  // An INVITE that was challenged comes again with the same Call-ID: one explanation is enough.
  const auto before = by_call_id_.find(call_id);
  if (before != by_call_id_.end() && before->second->refused()) drop(std::ranges::find(calls_, before->second));
  auto call = std::make_shared<Explanation>();
  call->call_id = call_id;
  call->steps.reserve(kUsualSteps);
  by_call_id_[call->call_id] = call;
  calls_.push_back(std::move(call));
  ++counters_.calls;
}

void Ring::tell(std::string_view call_id, Step step) {
  if (most_calls_ == 0) return;
  if (std::holds_alternative<Begun>(step.what)) begin(call_id);
  const auto found = by_call_id_.find(call_id);
  if (found == by_call_id_.end()) {
    ++counters_.unknown;
    return;
  }
  Explanation& call = *found->second;
  const bool later = is_later(step);
  const bool full = call.steps.size() >= kMaxSteps || (later && call.later >= kMaxLaterSteps);
  // How it ended is wanted however long it was.
  if (full && !std::holds_alternative<Ended>(step.what)) {
    ++call.left_out;
    ++counters_.steps_left_out;
    return;
  }
  const std::size_t bytes = kStepBytes + std::visit(Weigh{}, step.what);
  if (later) ++call.later;
  call.bytes += bytes;
  bytes_ += bytes;
  call.sent = call.sent || std::holds_alternative<Sent>(step.what);
  if (std::holds_alternative<Ended>(step.what) && !call.ended) {
    call.ended = true;
    if (call.refused()) ++refused_;
  }
  call.steps.push_back(std::move(step));
  make_room();
}

void Ring::make_room() {
  for (; calls_.size() > most_calls_; ++counters_.evicted_number) drop_oldest();
  for (; bytes_ > most_bytes_ && calls_.size() > 1; ++counters_.evicted_bytes) drop_oldest();
}

void Ring::drop_oldest() {
  const bool too_many = refused_ != 0 && refused_ >= most_calls_ / kRefusedShare;
  const auto refused = [](const auto& call) { return call->refused(); };
  drop(too_many ? std::ranges::find_if(calls_, refused) : calls_.begin());
}

void Ring::drop(std::deque<std::shared_ptr<Explanation>>::iterator which) {
  const auto gone = std::move(*which);
  calls_.erase(which);
  bytes_ -= gone->bytes;
  if (gone->refused()) --refused_;
  const auto known = by_call_id_.find(gone->call_id);
  if (known != by_call_id_.end() && known->second == gone) by_call_id_.erase(known);
}

void Ring::resize(std::size_t calls) {
  most_calls_ = calls;
  make_room();
}

std::optional<Explanation> Ring::ended(std::string_view call_id) const {
  const auto found = by_call_id_.find(call_id);
  if (found == by_call_id_.end() || !found->second->ended) return std::nullopt;
  return *found->second;
}

std::optional<Explanation> Ring::find(std::string_view call_id) const {
  const auto found =
      std::find_if(calls_.rbegin(), calls_.rend(), [call_id](const auto& call) { return has_leg(*call, call_id); });
  if (found == calls_.rend()) return std::nullopt;
  return **found;
}

}  // namespace sbc::explain
