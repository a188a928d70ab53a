#include "sbc/redis/connection.h"

#include <hiredis/async.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <utility>

#include "sbc/redis/limits.h"

namespace sbc::redis {
namespace {

int send_words(redisAsyncContext* context, redisCallbackFn* fn, const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  return redisAsyncCommandArgv(context, fn, nullptr, static_cast<int>(words.size()), texts.data(), sizes.data());
}

}  // namespace

struct Connection::Calls {
  static Connection& of(void* data) { return *static_cast<Connection*>(data); }

  static void add_read(void* data) { of(data).want(true, of(data).wanted_.write); }
  static void del_read(void* data) { of(data).want(false, of(data).wanted_.write); }
  static void add_write(void* data) { of(data).want(of(data).wanted_.read, true); }
  static void del_write(void* data) { of(data).want(of(data).wanted_.read, false); }
  static void cleanup(void* data) {
    Connection& connection = of(data);
    connection.watch_.reset();
    connection.context_ = nullptr;
    connection.owner_.on_gone(connection);
  }

  static void on_connect(const redisAsyncContext* context, int status) {
    Connection& connection = of(context->data);
    if (status == REDIS_OK && connection.denied_.empty()) connection.up_ = true;
  }

  // AUTH and SELECT.
  static void on_sign_in(redisAsyncContext* context, void* reply, void* /*data*/) {
    Connection& connection = of(context->data);
    const auto* said = static_cast<const redisReply*>(reply);
    if (said == nullptr || said->type != REDIS_REPLY_ERROR) return;
    connection.denied_.assign(said->str, static_cast<std::size_t>(said->len));
    connection.up_ = false;
    connection.close();
  }

  static void on_reply(redisAsyncContext* context, void* reply, void* /*data*/) {
    Connection& connection = of(context->data);
    connection.unfinished_ = 0;
    if (connection.order_.empty()) return;
    const Ticket ticket = connection.order_.front();
    connection.order_.pop_front();
    if (reply == nullptr) connection.retired = true;
    connection.owner_.on_reply(connection, ticket, static_cast<const redisReply*>(reply));
  }
};

Connection::Connection(loop::EventLoop& loop, const Settings& settings, Owner& owner)
    : loop_(loop), settings_(settings), owner_(owner) {}

Connection::~Connection() {
  watch_.reset();
  if (context_ == nullptr) return;
  context_->ev.cleanup = nullptr;
  redisAsyncFree(std::exchange(context_, nullptr));
}

std::shared_ptr<Connection> Connection::open(loop::EventLoop& loop, const Settings& settings, std::size_t server,
                                             Owner& owner, std::string& why) {
  auto connection = std::make_shared<Connection>(loop, settings, owner);
  redisAsyncContext* context = nullptr;
  if (!settings.path.empty()) {
    context = redisAsyncConnectUnix(settings.path.c_str());
  } else {
    const base::Endpoint& at = settings.servers[server % settings.servers.size()];
    context = redisAsyncConnect(at.ip.text().c_str(), at.port);  // an address: no name is looked up
  }
  if (context == nullptr || context->err != 0) {
    why = context == nullptr ? "no memory" : context->errstr;
    if (context != nullptr) redisAsyncFree(context);
    return nullptr;
  }
  connection->server = server;
  connection->context_ = context;
  connection->watch();
  connection->sign_in();
  return connection;
}

void Connection::watch() {
  context_->data = this;
  context_->ev.data = this;
  context_->ev.addRead = Calls::add_read;
  context_->ev.delRead = Calls::del_read;
  context_->ev.addWrite = Calls::add_write;
  context_->ev.delWrite = Calls::del_write;
  context_->ev.cleanup = Calls::cleanup;
  // What is ready may end the connection and, with it, this object.
  watch_ = std::make_unique<loop::FdWatch>(loop_, context_->c.fd, [this](loop::Ready ready) {
    const auto self = shared_from_this();
    on_ready(ready);
  });
  redisAsyncSetConnectCallback(context_, Calls::on_connect);  // begins to watch
}

void Connection::sign_in() {
  if (settings_.path.empty()) redisEnableKeepAlive(&context_->c);
  if (!settings_.password.empty()) {
    std::vector<std::string> words{"AUTH"};
    if (!settings_.username.empty()) words.push_back(settings_.username);
    words.push_back(settings_.password);
    send_words(context_, Calls::on_sign_in, words);
  }
  if (settings_.database != 0) send_words(context_, Calls::on_sign_in, {"SELECT", std::to_string(settings_.database)});
}

void Connection::want(bool read, bool write) {
  wanted_ = {.read = read, .write = write};
  if (watch_ != nullptr) watch_->want(wanted_);
}

void Connection::on_ready(loop::Ready ready) {
  if (ready.read && context_ != nullptr) {
    // hiredis keeps what it has read until an answer is complete: what would never fit is not read to its end.
    int waiting = 0;
    if (::ioctl(context_->c.fd, FIONREAD, &waiting) == 0)
      unfinished_ += std::min<std::size_t>(static_cast<std::size_t>(waiting), 16U << 10);
    if (unfinished_ > kSlack * (settings_.answer_bytes + 32 * settings_.elements) + (64U << 10)) {
      overrun_ = true;
      return close();
    }
    redisAsyncHandleRead(context_);
  }
  if (ready.write && context_ != nullptr) redisAsyncHandleWrite(context_);
}

bool Connection::send(Ticket ticket, const std::vector<std::string>& words) {
  if (context_ == nullptr || send_words(context_, Calls::on_reply, words) != REDIS_OK) return false;
  order_.push_back(ticket);
  return true;
}

void Connection::close() {
  retired = true;
  if (context_ != nullptr) redisAsyncFree(context_);
}

std::string Connection::problem() const {
  if (!denied_.empty()) return denied_;
  if (overrun_) return "its answer is longer than max_answer";
  if (context_ != nullptr && context_->err != 0) return context_->errstr;
  return "the connection was closed";
}

}  // namespace sbc::redis
