#include "sbc/redis/connection.h"

#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>
#include <utility>

#include "sbc/redis/limits.h"

namespace sbc::redis {
namespace {

struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};

// A server that has gone without a word is found out, also while nobody asks.
constexpr int kIdleSeconds = 15;
constexpr int kProbeSeconds = 5;
constexpr int kProbes = 3;

std::string spelled(const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* made = nullptr;
  const int size = redisFormatCommandArgv(&made, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0) return {};
  std::string text(made, static_cast<std::size_t>(size));
  redisFreeCommand(made);
  return text;
}

}  // namespace

void Connection::FreeReader::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

Connection::Connection(const Settings& settings, Owner& owner)
    : settings_(settings), owner_(owner), reader_(redisReaderCreate()) {}

Connection::~Connection() = default;

std::shared_ptr<Connection> Connection::open(loop::EventLoop& loop, const Settings& settings, std::size_t server,
                                             Owner& owner, std::string& why) {
  auto connection = std::make_shared<Connection>(settings, owner);
  const bool local = !settings.path.empty();
  const base::Endpoint at = local ? base::Endpoint{} : settings.servers[server % settings.servers.size()];
  auto stream = local ? loop::Stream::connect_unix(loop, settings.path, *connection)
                      : loop::Stream::connect_tcp(loop, at, {}, *connection);
  if (!stream || connection->reader_ == nullptr) {
    why = stream ? "no memory" : stream.error();
    return nullptr;
  }
  connection->server = server;
  connection->stream_ = *std::move(stream);
  if (connection->stream_->closed()) {  // nobody listens at that path
    why = std::strerror(connection->stream_->last_errno());
    return nullptr;
  }
  if (!local) connection->keep_alive();
  if (settings.tls.wanted())
    connection->secure_ = tls::Session::client(settings.tls.context, {.name = settings.tls.name, .address = at.ip});
  connection->sign_in();
  return connection;
}

void Connection::keep_alive() {
  const auto set = [fd = stream_->fd()](int level, int what, int value) {
    ::setsockopt(fd, level, what, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kIdleSeconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kProbeSeconds);
  set(IPPROTO_TCP, TCP_KEEPCNT, kProbes);
}

void Connection::sign_in() {
  if (!settings_.password.empty()) {
    std::vector<std::string> words{"AUTH"};
    if (!settings_.username.empty()) words.push_back(settings_.username);
    words.push_back(settings_.password);
    say(words);
    order_.push_back({.sign_in = true});
  }
  if (settings_.database == 0) return;
  say({"SELECT", std::to_string(settings_.database)});
  order_.push_back({.sign_in = true});
}

bool Connection::say(const std::vector<std::string>& words) {
  const std::string text = spelled(words);
  if (text.empty()) return false;
  if (!secure_) return stream_->write(text);
  if (secure_->state() == tls::Session::State::Handshaking) {
    unsaid_ += text;
    return true;
  }
  return secure_->encrypt(text) && pass_on();
}

bool Connection::pass_on() {
  const std::string bytes = secure_->take_output();
  return bytes.empty() || stream_->write(bytes);
}

void Connection::on_connected(loop::Stream& /*stream*/) {
  if (secure_) {
    pass_on();
  } else {
    up_ = true;
  }
}

void Connection::on_bytes(loop::Stream& /*stream*/, std::string_view bytes) {
  const auto self = shared_from_this();  // whoever hears of it may let go of it
  std::string plain;
  if (secure_) {
    const bool shaking = secure_->state() == tls::Session::State::Handshaking;
    const auto state = secure_->feed(bytes, plain);
    if (shaking && state == tls::Session::State::Open) {
      up_ = true;
      secure_->encrypt(std::exchange(unsaid_, {}));
    }
    pass_on();
    bytes = plain;
  }
  // What is read is kept until an answer is complete: what would never fit is not read to its end.
  unfinished_ += bytes.size();
  if (unfinished_ > kSlack * (settings_.answer_bytes + 32 * settings_.elements) + (64U << 10)) {
    overrun_ = true;
    return fail("its answer is longer than max_answer");
  }
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) return fail(reader_->errstr);
  take_answers();
  if (!secure_ || over_) return;
  if (secure_->state() == tls::Session::State::Failed) {
    // TLS 1.3: a server that does not like our certificate says so when we think that we are in.
    up_ = up_ && answered_;
    return fail("TLS: " + secure_->failure_text());
  }
  if (secure_->state() == tls::Session::State::Closed) close();
}

void Connection::take_answers() {
  while (!over_) {
    void* made = nullptr;
    if (redisReaderGetReply(reader_.get(), &made) != REDIS_OK) return fail(reader_->errstr);
    if (made == nullptr) return;
    const std::unique_ptr<void, FreeReply> reply(made);
    unfinished_ = 0;
    answered_ = true;
    take(*static_cast<const redisReply*>(made));
  }
}

void Connection::take(const redisReply& reply) {
  if (order_.empty()) return fail("it answers what nobody asked");
  const Owed owed = order_.front();
  order_.pop_front();
  if (!owed.sign_in) return owner_.on_reply(*this, owed.ticket, &reply);
  if (reply.type != REDIS_REPLY_ERROR) return;
  up_ = false;
  fail({reply.str, static_cast<std::size_t>(reply.len)});
}

bool Connection::send(Ticket ticket, const std::vector<std::string>& words) {
  if (over_ || !say(words)) return false;
  order_.push_back({.ticket = ticket});
  return true;
}

void Connection::on_closed(loop::Stream& /*stream*/, loop::Stream::CloseReason reason) {
  const auto self = shared_from_this();
  if (reason == loop::Stream::CloseReason::Error) return fail(std::strerror(stream_->last_errno()));
  close();
}

void Connection::fail(std::string why) {
  problem_ = std::move(why);
  close();
}

void Connection::close() {
  if (std::exchange(over_, true)) return;
  const auto self = shared_from_this();
  retired = true;
  if (secure_ && secure_->state() == tls::Session::State::Open) {
    secure_->close();
    pass_on();
  }
  stream_->close();
  for (const Owed& owed : std::exchange(order_, {}))
    if (!owed.sign_in) owner_.on_reply(*this, owed.ticket, nullptr);
  owner_.on_gone(*this);
}

}  // namespace sbc::redis
