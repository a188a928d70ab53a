#include "media-relay/server/links.h"

#include <utility>

#include "media-relay/control/framing.h"
#include "media-relay/control/limits.h"
#include "media-relay/server/limits.h"

namespace server {

std::string_view name_of(FrameRefusal refusal) {
  switch (refusal) {
    case FrameRefusal::Unreadable:
      return "unreadable";
    case FrameRefusal::NoRequest:
      return "no_request";
    case FrameRefusal::UnknownMessage:
      return "unknown_message";
    case FrameRefusal::BadField:
      return "bad_field";
    case FrameRefusal::TooLong:
      return "too_long";
    case FrameRefusal::Empty:
      return "empty";
  }
  return "?";
}

class Links::Link final : public loop::Stream::Delegate {
 public:
  Link(Links& links, session::LinkId id, loop::Fd socket)
      : links_(links),
        id_(id),
        stream_(links.loop_, std::move(socket), *this,
                {.most_output = control::kMaxUnwrittenBytes, .most_input_per_turn = 256 * 1024}),
        hello_timer_(links.loop_, [this] { on_silence(); }) {
    hello_timer_.arm(links.loop_.now() + kHelloTimeout);
  }

  loop::Stream& stream() { return stream_; }

  void on_bytes(loop::Stream&, std::string_view bytes) override {
    reader_.feed(bytes);
    Links& links = links_;
    const session::LinkId id = id_;
    // A command may end this link: it is looked up anew for each frame.
    for (;;) {
      if (!links.links_.contains(id)) return;
      const control::FrameReader::Result result = reader_.next();
      if (result.status == control::FrameReader::Status::More) return;
      if (result.status != control::FrameReader::Status::Frame) {
        const bool long_one = result.status == control::FrameReader::Status::TooLong;
        return give_up(long_one ? FrameRefusal::TooLong : FrameRefusal::Empty, "a frame of impossible length");
      }
      auto frame = control::decode_command(result.payload);
      if (!frame) {
        if (!on_bad_frame(frame.error())) return;
        continue;
      }
      if (std::holds_alternative<control::Hello>(frame->command)) hello_timer_.cancel();
      links.delegate_.on_command(id, *std::move(frame));
    }
  }

  void on_closed(loop::Stream&, loop::Stream::CloseReason reason) override {
    links_.log_.info("control connection closed", {{"link", id_}, {"reason", loop::name_of(reason)}});
    links_.forget(id_, true);
  }

 private:
  // False when the link is gone.
  bool on_bad_frame(const control::DecodeError& error) {
    // The first refusals are the decoder's reasons, in its order.
    const auto refusal = static_cast<FrameRefusal>(error.reason);
    if (error.request == 0 || ++bad_frames_ > kMaxBadFrames) {
      give_up(refusal, error.text);
      return false;
    }
    ++links_.counters_.refused[static_cast<std::size_t>(refusal)];
    links_.log_.limited(links_.refusal_log_, links_.loop_.now(), observe::Level::Warn, "control frame refused",
                        {{"link", id_}, {"error", error.text}});
    links_.send_reply(id_, error.request, control::Error{error.code, error.text});
    return true;
  }

  // Whatever follows cannot be told from noise.
  void give_up(FrameRefusal refusal, std::string_view text) {
    ++links_.counters_.refused[static_cast<std::size_t>(refusal)];
    links_.send_reply(id_, 0, control::Error{control::ErrorCode::Malformed, std::string(text)});
    links_.log_.limited(links_.refusal_log_, links_.loop_.now(), observe::Level::Warn, "control connection given up",
                        {{"link", id_}, {"reason", name_of(refusal)}, {"error", text}});
    stream_.close();
    links_.forget(id_, true);
  }

  void on_silence() {
    ++links_.counters_.never_greeted;
    links_.log_.warn("control connection never said hello", {{"link", id_}});
    stream_.close();
    links_.forget(id_, true);
  }

  Links& links_;
  const session::LinkId id_;
  loop::Stream stream_;
  loop::Timer hello_timer_;
  control::FrameReader reader_;
  unsigned bad_frames_ = 0;
};

Links::Links(loop::EventLoop& loop, observe::Log& log, Delegate& delegate)
    : loop_(loop), log_(log), delegate_(delegate) {}

Links::~Links() = default;

std::expected<void, std::string> Links::listen(const std::string& path, unsigned mode) {
  auto listener = loop::StreamListener::listen_unix(
      loop_, path, mode, [this](loop::Fd socket, const base::Endpoint&) { accept(std::move(socket)); });
  if (!listener) return std::unexpected(listener.error());
  listener_ = *std::move(listener);
  return {};
}

void Links::accept(loop::Fd socket) {
  if (links_.size() >= kMaxLinks) {
    ++counters_.too_many;
    return;
  }
  ++counters_.accepted;
  const session::LinkId id = next_id_++;
  log_.info("control connection accepted", {{"link", id}});
  links_.emplace(id, std::make_unique<Link>(*this, id, std::move(socket)));
}

void Links::send_reply(session::LinkId link, std::uint64_t request, const control::Reply& reply) {
  const auto it = links_.find(link);
  if (it == links_.end()) return;
  std::string frame;
  control::append_reply(frame, request, reply);
  it->second->stream().write(frame);
}

void Links::send_event(session::LinkId link, const control::Event& event) {
  const auto it = links_.find(link);
  if (it == links_.end()) return;
  ++counters_.events;
  std::string frame;
  control::append_event(frame, event);
  it->second->stream().write(frame);
}

void Links::drop(session::LinkId link, std::string_view reason) {
  const auto it = links_.find(link);
  if (it == links_.end()) return;
  log_.info("control connection dropped", {{"link", link}, {"reason", reason}});
  it->second->stream().close();
  forget(link, false);
}

// The link may be in the middle of one of its own functions: it is destroyed by the loop, later.
void Links::forget(session::LinkId id, bool tell) {
  auto node = links_.extract(id);
  if (node.empty()) return;
  loop_.post([dying = std::shared_ptr<Link>(std::move(node.mapped()))] {});
  if (tell) delegate_.on_link_closed(id);
}

}  // namespace server
