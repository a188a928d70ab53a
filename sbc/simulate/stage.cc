#include "sbc/simulate/stage.h"

#include <algorithm>

#include "sbc/call/extra_headers.h"
#include "sbc/simulate/limits.h"
#include "sbc/simulate/play.h"
#include "sbc/sip/parser.h"
#include "sbc/sip/response.h"

namespace sbc::simulate {

Story play(const Setting& setting, policy::Host& host, const Scene& scene) {
  return Stage(setting, host, scene).run();
}

int Story::status() const {
  int status = 0;
  for (const auto& [at, message] : to_caller)
    if (message->is_response() && message->method() == sip::Method::Invite && message->status() >= 200)
      status = message->status();
  return status;
}

Stage::Stage(const Setting& setting, policy::Host& host, const Scene& scene)
    : setting_(setting),
      scene_(scene),
      random_(scene.seed),
      minter_({11, 12}, 0),
      advisor_(setting, host, scene, story_.decisions, [this] { return elapsed(); }),
      layer_(setting.transactions, minter_, random_),
      calls_(layer_, minter_, random_, advisor_, setting.calls) {
  layer_.use_emergency_numbers(setting.calls->emergency_numbers);
}

Story Stage::run() {
  if (!begin()) return std::move(story_);
  pump();
  while (!over()) {
    if (messages_ > kMaxMessages || elapsed() > kMaxTime) {
      story_.problem = "the call does not come to an end: " + std::to_string(messages_) + " messages in " +
                       std::to_string(static_cast<long>(base::to_seconds(elapsed()))) + " s";
      break;
    }
    if (!step()) break;
  }
  story_.lasted = elapsed();
  return std::move(story_);
}

bool Stage::over() const {
  return incoming_.empty() && calls_.size() == 0 && calls_.endings() == 0;
}

void Stage::arrive(std::string bytes, const sip::Source& source, base::Duration later) {
  incoming_.emplace(now_ + later, Incoming{.bytes = std::move(bytes), .source = source});
}

// On to whatever is due next. False: nothing is.
bool Stage::step() {
  base::Instant next = std::min(layer_.next_deadline(), calls_.next_deadline());
  if (!incoming_.empty()) next = std::min(next, incoming_.begin()->first);
  if (!replies_.empty()) next = std::min(next, replies_.begin()->first);
  if (!plans_.empty()) next = std::min(next, plans_.begin()->first);
  if (!inside_.empty()) next = std::min(next, inside_.begin()->first);
  if (next == base::kNever) return false;
  now_ = std::max(now_, next);
  while (!plans_.empty() && plans_.begin()->first <= now_) {
    const std::string plan = plans_.begin()->second;
    plans_.erase(plans_.begin());
    if (plan == "cancel") {
      cancel();
    } else if (accepted_ != nullptr) {
      arrive(caller_request(plan, *accepted_, ++cseq_[0]), caller_);
    }
  }
  while (!inside_.empty() && inside_.begin()->first <= now_) happen(*inside_.extract(inside_.begin()).mapped());
  layer_.on_deadline(now_, out_.transaction);
  calls_.on_deadline(now_, out_);
  pump();
  return true;
}

// Everything that follows before time goes on.
void Stage::pump() {
  for (;;) {
    if (!out_.transaction.events.empty()) {
      on_events();
      continue;
    }
    if (!out_.transaction.sends.empty()) {
      for (const auto& send : std::exchange(out_.transaction.sends, {})) carry(send);
      continue;
    }
    if (!out_.relay.empty()) {
      for (const auto& one : std::exchange(out_.relay, {})) command(one);
      continue;
    }
    if (!out_.lookups.empty()) {
      for (const auto& lookup : std::exchange(out_.lookups, {})) look_up(lookup);
      continue;
    }
    if (!out_.questions.empty()) {
      for (const auto& question : std::exchange(out_.questions, {})) ask(question);
      continue;
    }
    if (!replies_.empty() && replies_.begin()->first <= now_) {
      auto reply = std::move(replies_.extract(replies_.begin()).mapped());
      calls_.on_answer(reply.owner, reply.number, std::move(reply.found), now_, out_);
      continue;
    }
    if (incoming_.empty() || incoming_.begin()->first > now_) break;
    const Incoming in = std::move(incoming_.extract(incoming_.begin()).mapped());
    ++messages_;
    if (!in.branch.empty()) story_.attempts[attempt_of_.at(in.branch)].responses.emplace_back(elapsed(), in.status);
    auto parsed = sip::parse(in.bytes);
    if (parsed.ok()) {
      layer_.on_message(parsed.message, in.source, now_, out_.transaction);
    } else if (story_.problem.empty()) {
      story_.problem = "not a message: " + (parsed.error ? parsed.error->text : in.bytes);
    }
  }
  for (auto& record : out_.records) story_.record = std::move(record);
  for (auto& note : out_.notes)
    if (note.level >= call::Note::Level::Warning) story_.notes.push_back(std::move(note.text));
  for (auto& note : calls_.leak_guard().take_notes()) story_.leaks.push_back(std::move(note.text));
  out_.records.clear();
  out_.notes.clear();
}

void Stage::on_request(const transaction::RequestArrived& request) {
  if (!request.message->to_tag().empty()) return calls_.on_dialog_request(request, now_, out_);
  const auto screened = advisor_.screen(*request.message, request.source);
  if (screened.kind == policy::ScreenDecision::Kind::Drop) return layer_.ignore(request.transaction, now_);
  if (screened.kind == policy::ScreenDecision::Kind::Reject) {
    auto refusal = sip::build_response(*request.message, screened.status, minter_.tag(random_), request.source,
                                       call::as_extra(screened.headers), {}, {}, screened.reason);
    layer_.respond(request.transaction, screened.status, base::share(std::move(refusal)), now_, out_.transaction);
    return;
  }
  const auto arrival = advisor_.arrival_of(*request.message, request.source);
  calls_.on_invite(request, arrival, now_, out_);
}

void Stage::on_events() {
  for (auto& event : std::exchange(out_.transaction.events, {})) {
    if (const auto* request = std::get_if<transaction::RequestArrived>(&event)) {
      on_request(*request);
    } else if (const auto* ack = std::get_if<transaction::AckArrived>(&event)) {
      calls_.on_ack(*ack, now_, out_);
    } else if (const auto* cancelled = std::get_if<transaction::CancelArrived>(&event)) {
      calls_.on_cancel(*cancelled, now_, out_);
    } else if (const auto* response = std::get_if<transaction::ResponseArrived>(&event)) {
      calls_.on_response(*response, now_, out_);
    } else if (const auto* dead = std::get_if<transaction::ClientFailed>(&event)) {
      calls_.on_client_failed(*dead, now_, out_);
    } else {
      calls_.on_server_failed(std::get<transaction::ServerFailed>(event), now_, out_);
    }
  }
}

// What the border sends.
void Stage::carry(const transaction::Send& send) {
  ++messages_;
  auto parsed = sip::parse(*send.bytes);
  if (!parsed.ok()) return;  // a keep-alive
  if (parsed.message->call_id() == invited_->call_id()) return on_caller(parsed.message);
  sip::Source source;
  source.hop = send.hop;
  const auto* realm = setting_.calls->routes->realm_of(send.hop.listener);
  if (realm != nullptr)
    for (const auto& listener : realm->listeners)
      if (listener.index == send.hop.listener) source.local = listener.address;
  on_callee(parsed.message, source);
}

}  // namespace sbc::simulate
