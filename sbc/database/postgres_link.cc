#include "sbc/database/postgres_link.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/database/limits.h"
#include "sbc/database/postgres_value.h"

namespace sbc::database {
namespace {

using lookup::Problem;

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};

std::string one_line(const char* text) {
  std::string line(base::trim(text == nullptr ? "" : text));
  std::ranges::replace(line, '\n', ' ');
  return line;
}

// SQLSTATE (PostgreSQL's appendix A): whether it is about the query or about the server.
Problem problem_of(std::string_view state) {
  if (state == "57014") return Problem::Timeout;  // query_canceled, by statement_timeout
  if (state == "08P01") return Problem::Refused;  // protocol_violation: another number of parameters
  // The statement that we prepared is not there any more, or means something else.
  if (state == "26000" || state == "0A000") return Problem::Failed;
  constexpr std::array<std::string_view, 6> kUnwell = {"08", "53", "57", "58", "F0", "XX"};
  return std::ranges::find(kUnwell, state.substr(0, 2)) != kUnwell.end() ? Problem::Failed : Problem::Refused;
}

base::Duration longest_of(const Settings& settings) {
  base::Duration longest = base::milliseconds(100);
  for (const Query& query : settings.queries) longest = std::max(longest, query.timeout);
  return longest;
}

std::string statement_name(std::size_t query) {
  return "parapet_" + std::to_string(query);
}

}  // namespace

PostgresLink::PostgresLink(loop::EventLoop& loop, const Settings& settings, Owner& owner)
    : loop_(loop), settings_(settings), owner_(owner), patience_(loop, [this] {
        const auto self = shared_from_this();
        fail(Problem::Connect, "no answer");
      }) {}

void PostgresLink::connect() {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : settings_.connection) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(names.data(), values.data(), 0));
  if (connection_ == nullptr || PQstatus(connection_.get()) == CONNECTION_BAD) return fail(Problem::Connect, error());
  PQsetNoticeReceiver(connection_.get(), [](void*, const PGresult*) {}, nullptr);
  patience_.arm(loop_.now() + longest_of(settings_) + kConnectSlack);
  watch({.read = false, .write = true});  // as if PQconnectPoll had said so
}

void PostgresLink::watch(loop::Ready interest) {
  if (watch_ == nullptr) {
    watch_ = std::make_unique<loop::FdWatch>(loop_, PQsocket(connection_.get()), [this](loop::Ready ready) {
      const auto self = shared_from_this();
      on_ready(ready);
    });
  }
  watch_->want(interest);
}

void PostgresLink::on_ready(loop::Ready ready) {
  if (state_ == State::Connecting) return go_on_connecting();
  if (state_ == State::Gone) return;
  if (ready.write && !flush()) return fail(Problem::Failed, error());
  if (ready.read) read();
}

void PostgresLink::go_on_connecting() {
  watch_.reset();  // the next socket may be another one
  switch (PQconnectPoll(connection_.get())) {
    case PGRES_POLLING_READING:
      return watch({.read = true, .write = false});
    case PGRES_POLLING_WRITING:
      return watch({.read = false, .write = true});
    case PGRES_POLLING_OK:
      return set_up();
    default:
      return fail(Problem::Connect, error());
  }
}

// The server ends by itself what we have given up, and changes nothing for us.
void PostgresLink::set_up() {
  state_ = State::SettingUp;
  const auto most = std::chrono::duration_cast<base::milliseconds>(longest_of(settings_)).count();
  const std::string sql =
      "SET default_transaction_read_only = on; SET client_encoding = 'UTF8'; SET statement_timeout = " +
      std::to_string(most);
  PQsetnonblocking(connection_.get(), 1);
  sent(PQsendQuery(connection_.get(), sql.c_str()));
}

void PostgresLink::run(Job job) {
  job_ = std::move(job);
  wrong_.reset();
  rows_.clear();
  bytes_ = 0;
  unfinished_ = 0;
  const auto self = shared_from_this();
  prepare_or_execute();
}

void PostgresLink::prepare_or_execute() {
  if (prepared_.contains(job_->query)) return execute();
  state_ = State::Preparing;
  sent(PQsendPrepare(connection_.get(), statement_name(job_->query).c_str(), settings_.queries[job_->query].sql.c_str(),
                     0, nullptr));
}

void PostgresLink::execute() {
  state_ = State::Running;
  std::vector<std::optional<std::string>> texts;
  for (const Parameter& one : job_->parameters) texts.push_back(text_of(one));
  std::vector<const char*> values;
  for (const auto& text : texts) values.push_back(text ? text->c_str() : nullptr);
  const int ok = PQsendQueryPrepared(connection_.get(), statement_name(job_->query).c_str(),
                                     static_cast<int>(values.size()), values.data(), nullptr, nullptr, 0);
  if (ok == 1) PQsetSingleRowMode(connection_.get());
  sent(ok);
}

void PostgresLink::sent(int ok) {
  if (ok != 1 || !flush()) fail(Problem::Failed, error());
}

bool PostgresLink::flush() {
  const int left = PQflush(connection_.get());
  if (left < 0) return false;
  watch({.read = true, .write = left > 0});
  return true;
}

void PostgresLink::read() {
  // libpq keeps what it has read until a row is complete: what would never fit is not read to its end.
  int waiting = 0;
  if (::ioctl(PQsocket(connection_.get()), FIONREAD, &waiting) == 0) unfinished_ += static_cast<std::size_t>(waiting);
  if (job_ && unfinished_ > kSlack * settings_.answer_bytes + (64U << 10))
    return fail(Problem::TooLarge, "the rows are too long");
  if (PQconsumeInput(connection_.get()) != 1)
    return fail(state_ == State::SettingUp ? Problem::Connect : Problem::Failed, error());
  while (state_ != State::Gone && state_ != State::Idle && PQisBusy(connection_.get()) == 0) {
    const std::unique_ptr<PGresult, Clear> result(PQgetResult(connection_.get()));
    if (result == nullptr) {
      finished();
    } else {
      take(*result);
    }
  }
}

void PostgresLink::take(const PGresult& result) {
  switch (PQresultStatus(&result)) {
    case PGRES_SINGLE_TUPLE:
      return take_row(result);
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
      return;
    case PGRES_EMPTY_QUERY:
      wrong_ = Wrong{Problem::Refused, "the query is empty"};
      return;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
      return fail(Problem::Refused, "COPY is nothing for a query of a policy");
    default: {
      const char* state = PQresultErrorField(&result, PG_DIAG_SQLSTATE);
      wrong_ = Wrong{state == nullptr ? Problem::Failed : problem_of(state), one_line(PQresultErrorMessage(&result))};
    }
  }
}

void PostgresLink::take_row(const PGresult& result) {
  const Query& query = settings_.queries[job_->query];
  if (rows_.size() >= query.most_rows)
    return fail(Problem::TooLarge, "more than " + std::to_string(query.most_rows) + " rows");
  json::Members row;
  for (int i = 0; i < PQnfields(&result); ++i) row.emplace_back(PQfname(&result, i), value_of(result, i));
  rows_.push_back({std::move(row)});
  bytes_ += lookup::bytes_of(rows_.back());
  if (bytes_ > settings_.answer_bytes) fail(Problem::TooLarge, "the rows are too long");
}

// The server is done with what it was sent.
void PostgresLink::finished() {
  if (state_ == State::SettingUp) {
    if (wrong_) return fail(Problem::Connect, wrong_->text);
    patience_.cancel();
    state_ = State::Idle;
    return owner_.on_idle(*this);
  }
  if (wrong_ && wrong_->problem == Problem::Failed) return fail(Problem::Failed, wrong_->text);
  if (state_ == State::Preparing && !wrong_) {
    prepared_.insert(job_->query);
    return execute();
  }
  state_ = State::Idle;
  const Ticket ticket = std::exchange(job_, std::nullopt)->ticket;
  Rows rows = wrong_ ? Rows(std::unexpected(*std::move(wrong_))) : Rows(json::Value{std::move(rows_)});
  wrong_.reset();
  rows_.clear();
  owner_.on_rows(*this, ticket, std::move(rows));
  if (state_ == State::Idle) owner_.on_idle(*this);
}

std::string PostgresLink::error() const {
  return connection_ == nullptr ? "no memory" : one_line(PQerrorMessage(connection_.get()));
}

void PostgresLink::drop() {
  state_ = State::Gone;
  patience_.cancel();
  watch_.reset();
  connection_.reset();
}

void PostgresLink::fail(Problem problem, std::string text) {
  if (state_ == State::Gone) return;
  const Wrong why{problem, std::move(text)};
  state_ = State::Gone;
  patience_.cancel();
  watch_.reset();
  owner_.on_gone(*this, why);  // results may be in use until we return: the connection goes with this object
}

}  // namespace sbc::database
