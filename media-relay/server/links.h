#pragma once
// The connections on the control socket: frames in, commands out, replies and events back.

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "media-relay/control/codec.h"
#include "media-relay/loop/event_loop.h"
#include "media-relay/loop/stream.h"
#include "media-relay/observe/log.h"
#include "media-relay/session/action.h"

namespace server {

// Why a frame was refused: the decoder's reasons, then those of the stream.
enum class FrameRefusal : std::uint8_t { Unreadable, NoRequest, UnknownMessage, BadField, TooLong, Empty };
inline constexpr std::size_t kFrameRefusals = static_cast<std::size_t>(FrameRefusal::Empty) + 1;
std::string_view name_of(FrameRefusal refusal);

class Links {
 public:
  class Delegate {
   public:
    virtual ~Delegate() = default;
    virtual void on_command(session::LinkId link, control::CommandFrame frame) = 0;
    virtual void on_link_closed(session::LinkId link) = 0;
  };
  struct Counters {
    std::array<std::uint64_t, kFrameRefusals> refused{};
    std::uint64_t accepted = 0;  // connections
    std::uint64_t too_many = 0;  // connections closed at once
    std::uint64_t never_greeted = 0;
    std::uint64_t events = 0;
  };

  Links(loop::EventLoop& loop, observe::Log& log, Delegate& delegate);
  ~Links();
  Links(const Links&) = delete;
  Links& operator=(const Links&) = delete;

  std::expected<void, std::string> listen(const std::string& path, unsigned mode);
  void stop_listening() { listener_.reset(); }

  // To a link that is gone: nothing happens.
  void send_reply(session::LinkId link, std::uint64_t request, const control::Reply& reply);
  void send_event(session::LinkId link, const control::Event& event);
  void drop(session::LinkId link, std::string_view reason);

  std::size_t open() const { return links_.size(); }
  const Counters& counters() const { return counters_; }

 private:
  class Link;
  void accept(loop::Fd socket);
  void forget(session::LinkId id, bool tell);

  loop::EventLoop& loop_;
  observe::Log& log_;
  Delegate& delegate_;
  Counters counters_;
  observe::RateLimit refusal_log_;
  session::LinkId next_id_ = 1;
  std::unordered_map<session::LinkId, std::unique_ptr<Link>> links_;
  std::unique_ptr<loop::StreamListener> listener_;
};

}  // namespace server
