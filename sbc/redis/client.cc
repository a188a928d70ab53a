#include "sbc/redis/client.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <expected>
#include <unordered_map>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/redis/commands.h"
#include "sbc/redis/connection.h"
#include "sbc/redis/limits.h"
#include "sbc/redis/reply.h"

namespace sbc::redis {
namespace {

using lookup::Problem;
using Ticket = lookup::Desk::Ticket;

std::string key_of(const std::vector<std::string>& words) {
  std::string key;
  for (const auto& word : words) key.append(std::to_string(word.size())).append(":").append(word);
  return key;
}

}  // namespace

struct Client::Inner final : Connection::Owner {
  Inner(loop::EventLoop& l, Settings s, lookup::Counters& counters, Trouble t)
      : loop(l),
        settings(std::move(s)),
        trouble(std::move(t)),
        desk(l, settings.rules, counters, [this](Ticket ticket) { forget(ticket); }) {}
  ~Inner() {
    ending = true;
    for (const auto& connection : std::exchange(connections, {})) connection->close();
  }

  void ask(const Command& command, lookup::Done done);
  std::expected<std::shared_ptr<Connection>, Problem> pick();
  // A machine that is not there, or lets nobody in: the next connection goes to the next one.
  void avoid(const Connection& connection) {
    if (!connection.up() && connection.server == server) ++server;
  }
  void forget(Ticket ticket);
  void on_reply(Connection& connection, Ticket ticket, const redisReply* reply) override;
  void on_gone(Connection& connection) override;

  struct Waiting {
    std::shared_ptr<Connection> connection;
    bool pairs = false;
  };

  loop::EventLoop& loop;
  const Settings settings;
  Trouble trouble;
  lookup::Desk desk;
  std::vector<std::shared_ptr<Connection>> connections;
  std::unordered_map<Ticket, Waiting> waiting;
  std::size_t server = 0;  // where the next connection goes
  bool ending = false;
};

void Client::Inner::ask(const Command& command, lookup::Done done) {
  const bool may = settings.configured() && !command.words.empty() && is_allowed(command.words[0], settings.writes);
  if (!may) return desk.refuse(Problem::NotAllowed, done);
  const bool reads = kind_of(command.words[0]) == Kind::Read;
  auto words = command.words;
  words[0] = base::to_lower(words[0]);
  const auto ticket = desk.open({.key = key_of(words),
                                 .keep = reads ? command.keep : base::Duration::zero(),
                                 .timeout = std::min(command.timeout, settings.timeout),
                                 .urgent = command.urgent},
                                std::move(done));
  if (!ticket) return;
  const auto picked = pick();
  if (!picked) return desk.close(*ticket, std::unexpected(picked.error()));
  const auto& connection = *picked;
  waiting.emplace(*ticket, Waiting{.connection = connection, .pairs = gives_pairs(words[0])});
  ++connection->live;
  if (connection->send(*ticket, words)) return;
  connection->retired = true;
  forget(*ticket);
  desk.close(*ticket, std::unexpected(Problem::Failed));
}

// The one with the least to do; a new one when all have something and there may be more.
std::expected<std::shared_ptr<Connection>, Problem> Client::Inner::pick() {
  std::shared_ptr<Connection> best;
  std::size_t usable = 0;
  for (const auto& one : connections) {
    if (one->retired) continue;
    ++usable;
    if (best == nullptr || one->live < best->live) best = one;
  }
  if (best != nullptr && (best->live == 0 || usable >= settings.connections)) return best;
  if (connections.size() >= settings.connections * (1 + kMaxStale)) {
    if (best != nullptr) return best;
    return std::unexpected(Problem::Failed);  // all of them wait for a server that says nothing
  }
  std::string why;
  auto opened = Connection::open(loop, settings, server, *this, why);
  if (opened == nullptr) {
    ++server;
    trouble(Problem::Connect, why);
    if (best != nullptr) return best;
    return std::unexpected(Problem::Connect);
  }
  connections.push_back(opened);
  return opened;
}

// Its time is over. What comes behind it on the same connection would wait, too.
void Client::Inner::forget(Ticket ticket) {
  const auto found = waiting.extract(ticket);
  if (found.empty()) return;
  const auto connection = found.mapped().connection;
  avoid(*connection);
  connection->retired = true;
  if (--connection->live == 0) connection->close();
}

void Client::Inner::on_reply(Connection& connection, Ticket ticket, const redisReply* reply) {
  const auto found = waiting.extract(ticket);
  if (found.empty() || ending) return;
  --connection.live;
  if (reply != nullptr) {
    const auto answer = read_reply(*reply, found.mapped().pairs, settings);
    if (!answer && answer.error() != Problem::TooLarge)
      trouble(answer.error(), std::string(reply->str, static_cast<std::size_t>(reply->len)));
    if (connection.retired && connection.live == 0) connection.close();
    return desk.close(ticket, answer);
  }
  // Of an answer that is too long the others on this connection know nothing; they are not asked again.
  const Problem alone = connection.up() ? Problem::Failed : Problem::Connect;
  const Problem problem = connection.overrun() ? Problem::TooLarge : alone;
  trouble(problem, connection.problem());
  desk.close(ticket, std::unexpected(problem));
}

void Client::Inner::on_gone(Connection& connection) {
  avoid(connection);
  std::erase_if(connections, [&](const auto& one) { return one.get() == &connection; });
}

Client::Client(loop::EventLoop& loop, Settings settings, lookup::Counters& counters, Trouble trouble)
    : inner_(std::make_unique<Inner>(loop, std::move(settings), counters, std::move(trouble))) {}
Client::~Client() = default;

void Client::ask(const Command& command, lookup::Done done) {
  inner_->ask(command, std::move(done));
}
const Settings& Client::settings() const {
  return inner_->settings;
}
std::size_t Client::under_way() const {
  return inner_->desk.under_way();
}
std::size_t Client::connections() const {
  return inner_->connections.size();
}
bool Client::resting() const {
  return inner_->desk.resting();
}

}  // namespace sbc::redis
