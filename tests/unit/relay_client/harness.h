#pragma once
// A call room that only remembers, and a relay that does what the test says.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "media-relay/base/clock.h"
#include "media-relay/control/codec.h"
#include "media-relay/control/framing.h"
#include "media-relay/loop/stream.h"

#include "sbc/relay_client/relay_link.h"

#include "../surroundings.h"

namespace sbc::relay_client {

using tests::Directory;
using tests::run_until;

class Calls final : public Delegate {
 public:
  void on_relay_reply(control::RelayReply reply) override {
    EXPECT_FALSE(sending) << "a reply came from inside a command";
    replies[reply.request] = std::move(reply);
  }
  void on_relay_event(control::RelayEvent event) override { events.push_back(std::move(event)); }
  bool is_live(const control::SessionId& id) override { return live.contains(id); }
  void on_relay_state(const std::string&, LinkState state) override { states.push_back(state); }
  void on_relay_draining(const std::string&, base::Duration within) override { drains.push_back(within); }

  template <typename T>
  std::size_t count() const {
    std::size_t n = 0;
    for (const auto& e : events) n += std::holds_alternative<T>(e.event) ? 1 : 0;
    return n;
  }
  control::ErrorCode error(std::uint64_t request) {
    const auto* e = std::get_if<control::Error>(&replies.at(request).reply);
    if (e == nullptr) ADD_FAILURE() << "expected an error, got " << control::name_of(replies.at(request).reply);
    return e == nullptr ? control::ErrorCode::Internal : e->code;
  }

  bool sending = false;
  std::map<std::uint64_t, control::RelayReply> replies;
  std::vector<control::RelayEvent> events;
  std::set<control::SessionId> live;
  std::vector<LinkState> states;
  std::vector<base::Duration> drains;
};

inline LinkOptions options_for(const std::string& socket) {
  LinkOptions options;
  options.relay = "relay-1";
  options.socket_path = socket;
  options.controller = "edge-0";
  options.lease = base::seconds(30);
  options.command_timeout = base::milliseconds(300);
  options.ping_interval = base::milliseconds(100);
  options.backoff_first = base::milliseconds(10);
  options.backoff_most = base::milliseconds(50);
  return options;
}

// Answers like a relay that says yes to everything, until told otherwise.
class FakeRelay final : public loop::Stream::Delegate {
 public:
  FakeRelay(loop::EventLoop& loop, std::string path) : loop_(loop), path_(std::move(path)) { listen(); }

  void listen() {
    auto listener =
        loop::StreamListener::listen_unix(loop_, path_, 0660, [this](loop::Fd socket, const base::Endpoint&) {
          ++connections;
          reader_ = control::FrameReader();
          stream_ = std::make_unique<loop::Stream>(loop_, std::move(socket), *this);
        });
    ASSERT_TRUE(listener.has_value()) << listener.error();
    listener_ = *std::move(listener);
  }
  // The process dies: its sockets close, and nobody listens.
  void die() {
    stream_.reset();
    listener_.reset();
    sessions.clear();
  }
  void drop_link() { stream_.reset(); }
  void send_event(const control::Event& event) {
    std::string frame;
    control::append_event(frame, event);
    stream_->write(frame);
  }
  void send_bytes(std::string_view bytes) { stream_->write(bytes); }

  unsigned connections = 0;
  std::set<std::string> sessions;
  std::set<std::size_t> mute;            // kinds of command (index) that get no reply
  std::optional<control::Error> refuse;  // for Open
  std::size_t page = 2;
  std::uint32_t resume_ms = 0;
  control::Pong load{};
  bool draining = false;  // said behind Subscribed
  std::vector<control::Command> heard;

 private:
  void on_bytes(loop::Stream&, std::string_view bytes) override {
    reader_.feed(bytes);
    for (auto r = reader_.next(); r.status == control::FrameReader::Status::Frame; r = reader_.next()) {
      const auto frame = control::decode_command(r.payload);
      ASSERT_TRUE(frame.has_value()) << frame.error().text;
      heard.push_back(frame->command);
      const auto reply = answer(frame->command);
      if (mute.contains(frame->command.index())) continue;
      std::string out;
      control::append_reply(out, frame->request, reply);
      if (draining && std::holds_alternative<control::Subscribe>(frame->command))
        control::append_event(out, control::Draining{5'000});
      stream_->write(out);
    }
  }
  void on_closed(loop::Stream&, loop::Stream::CloseReason) override {}

  control::Reply answer(const control::Command& command) {
    using namespace control;
    if (const auto* c = std::get_if<Hello>(&command)) return Welcome{1, c->lease_ms, 0, {"access"}, resume_ms};
    if (const auto* c = std::get_if<Open>(&command)) {
      if (refuse) return *refuse;
      sessions.insert(c->id);
      return Opened{c->id, {}};
    }
    if (const auto* c = std::get_if<Modify>(&command)) {
      if (!sessions.contains(c->id)) return Error{ErrorCode::UnknownSession, "no such session"};
      return Modified{c->id, {}};
    }
    if (const auto* c = std::get_if<Close>(&command)) return Closed{c->id, sessions.erase(c->id) > 0, {}};
    if (const auto* c = std::get_if<Query>(&command)) return Queried{c->id, {}, {}, 0};
    if (const auto* c = std::get_if<List>(&command)) {
      Listed out;
      for (auto it = sessions.upper_bound(c->cursor); it != sessions.end(); ++it) {
        if (out.ids.size() == page) {
          out.next = out.ids.back();
          break;
        }
        out.ids.push_back(*it);
      }
      return out;
    }
    if (const auto* c = std::get_if<Subscribe>(&command)) return Subscribed{c->events};
    return load;
  }

  loop::EventLoop& loop_;
  std::string path_;
  std::unique_ptr<loop::StreamListener> listener_;
  std::unique_ptr<loop::Stream> stream_;
  control::FrameReader reader_;
};

}  // namespace sbc::relay_client
