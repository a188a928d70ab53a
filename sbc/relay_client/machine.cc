#include "sbc/relay_client/machine.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "media-relay/control/limits.h"

#include "sbc/relay_client/limits.h"

namespace sbc::relay_client {

RelayLink::Machine::Machine(loop::EventLoop& loop, LinkOptions options, relay_client::Delegate& delegate,
                            base::Random& random)
    : loop_(loop),
      options_(std::move(options)),
      delegate_(delegate),
      random_(random),
      retry_timer_(loop, [this] { connect(); }),
      timeout_timer_(loop, [this] { on_timeouts(); }),
      ping_timer_(loop, [this] { on_ping_due(); }),
      lease_timer_(loop, [this] { lose_sessions({}, "no connection to the relay, and its time is over"); }),
      backoff_(options_.backoff_first),
      lease_(options_.lease) {}

RelayLink::Machine::~Machine() = default;

void RelayLink::Machine::connect() {
  if (stream_) return;
  set_state(LinkState::Connecting);
  reader_ = control::FrameReader();
  auto stream = loop::Stream::connect_unix(
      loop_, options_.socket_path, *this, {.most_output = control::kMaxUnwrittenBytes, .most_input_per_turn = 1 << 20});
  if (!stream) {
    last_error_ = stream.error();
    ++counters_.connect_failures;
    return retry_later();
  }
  stream_ = *std::move(stream);
}

void RelayLink::Machine::on_connected(loop::Stream&) {
  ++counters_.connects;
  refusals_ = 0;
  set_state(LinkState::Reconciling);
  control::Hello hello;
  hello.controller = options_.controller;
  hello.lease_ms = static_cast<std::uint32_t>(std::chrono::duration_cast<base::milliseconds>(options_.lease).count());
  transmit_internal(std::move(hello));
}

void RelayLink::Machine::on_bytes(loop::Stream& stream, std::string_view bytes) {
  reader_.feed(bytes);
  for (;;) {
    // A frame may lead to a new connection; what was left of the old one is void.
    if (stream_.get() != &stream) return;
    const control::FrameReader::Result result = reader_.next();
    if (result.status == control::FrameReader::Status::More) return;
    if (result.status != control::FrameReader::Status::Frame) {
      ++counters_.bad_frames;
      return disconnect("the relay sent a frame of impossible length");
    }
    on_frame(result.payload);
  }
}

void RelayLink::Machine::on_frame(std::string_view payload) {
  auto frame = control::decode_from_relay(payload);
  if (!frame) {
    ++counters_.bad_frames;
    return disconnect("the relay sent a frame that cannot be read: " + frame.error().text);
  }
  if (auto* reply = std::get_if<control::ReplyFrame>(&*frame))
    on_reply(std::move(*reply));
  else
    on_event(std::get<control::Event>(std::move(*frame)));
}

void RelayLink::Machine::on_closed(loop::Stream& stream, loop::Stream::CloseReason reason) {
  if (stream_.get() != &stream) return;
  if (state_ == LinkState::Connecting) {
    const int error = stream.last_errno();
    last_error_ = "connect " + options_.socket_path + ": " + std::strerror(error);
    ++counters_.connect_failures;
    stream_.reset();
    // Nobody behind the socket's name: the process is gone, and the kernel has closed all its ports.
    if (resuming()) return retry_later();
    if (error == ECONNREFUSED || error == ENOENT) {
      if (++refusals_ >= kRefusalsUntilLost) lose_sessions({}, "the relay is gone");
    } else {
      refusals_ = 0;
    }
    return retry_later();
  }
  disconnect(std::string("connection closed: ") + loop::name_of(reason));
}

void RelayLink::Machine::disconnect(std::string why) {
  if (!stream_) return;
  last_error_ = std::move(why);
  ++counters_.disconnects;
  stream_->close();
  stream_.reset();
  draining_ = false;
  told_ = {};
  listed_.clear();
  ping_timer_.cancel();
  timeout_timer_.cancel();
  // It may have died, and its successor may have what it knew.
  if (state_ == LinkState::Up && !resuming()) resume_until_ = loop_.now() + resumes_within_;
  // From the last word that the relay can have heard from us; its lease ends no later.
  if (lease_timer_.deadline() == base::kNever) lease_timer_.arm(resuming() ? resume_until_ : loop_.now() + lease_);
  auto waiting = pending_.drain();
  retry_later();
  for (auto& entry : waiting) {
    if (entry.context.internal && !std::holds_alternative<control::Close>(entry.context.command)) continue;
    deliver(entry.request, entry.context,
            control::Error{control::ErrorCode::LinkDown, "the connection broke before the reply: " + last_error_});
  }
}

void RelayLink::Machine::retry_later() {
  // Jitter of a quarter, so that the shards do not all come at once.
  const auto quarter = static_cast<std::uint64_t>(std::max<base::Duration::rep>(1, backoff_.count() / 4));
  retry_timer_.arm(loop_.now() + backoff_ + base::Duration(random_.below(quarter)));
  // Calls that are heard by nobody wait for a successor: it is to be found as soon as it is there.
  const base::Duration most = resuming() ? kResumeBackoff : options_.backoff_most;
  backoff_ = std::min(backoff_ * 2, std::max(options_.backoff_first, most));
  set_state(LinkState::Down);
}

void RelayLink::Machine::set_state(LinkState state) {
  if (state == state_) return;
  state_ = state;
  delegate_.on_relay_state(options_.relay, state);
}

void RelayLink::Machine::on_ping_due() {
  if (state_ == LinkState::Up) ping();
  ping_timer_.arm(loop_.now() + std::min(options_.ping_interval, lease_ / 3));
}

void RelayLink::Machine::arm_timeouts() {
  // All commands have the same time, so a newer one never is due earlier.
  if (timeout_timer_.deadline() == base::kNever) timeout_timer_.arm(pending_.next_deadline());
}

void RelayLink::Machine::on_timeouts() {
  auto overdue = pending_.expire(loop_.now());
  arm_timeouts();
  bool dead = false;
  for (auto& entry : overdue) {
    ++counters_.timeouts;
    const bool own = entry.context.internal && !std::holds_alternative<control::Close>(entry.context.command);
    dead = dead || own;
    if (!own)
      deliver(entry.request, entry.context, control::Error{control::ErrorCode::Timeout, "the relay did not answer"});
  }
  // A relay that answers no ping may as well be gone; the connection is started anew.
  if (dead) disconnect("the relay did not answer");
}

}  // namespace sbc::relay_client
