#include "media-relay/server/media.h"

#include <sched.h>

#include <charconv>
#include <filesystem>
#include <fstream>

#include "media-relay/base/text.h"
#include "media-relay/io/sockets.h"

namespace server {
namespace {

// The processors this process may run on, in order.
std::vector<unsigned> processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<unsigned> out;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return out;
  for (unsigned i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &set)) out.push_back(i);
  return out;
}

worker::FlowId id_of(session::FlowHandle flow) {
  return {flow.pack()};
}

}  // namespace

Media::Media(loop::EventLoop& loop, observe::Log& log, MediaOptions options,
             std::function<void(std::vector<worker::Event>&)> on_events)
    : loop_(loop), log_(log), options_(options), on_events_(std::move(on_events)) {}

Media::~Media() {
  stop();
}

std::expected<void, std::string> Media::start() {
  const std::vector<unsigned> cpus = options_.pin ? processors() : std::vector<unsigned>{};
  for (unsigned i = 0; i < options_.workers; ++i) {
    auto backend = io::make_sockets_backend();
    if (!backend) return std::unexpected("worker " + std::to_string(i) + ": " + backend.error());
    worker::Config config{.index = i, .cpu = std::nullopt};
    if (options_.recorder != nullptr) config.tap = &options_.recorder->tap(i);
    // More workers than processors share them in turn, which only tests should want.
    if (!cpus.empty()) config.cpu = cpus[i % cpus.size()];
    workers_.push_back(std::make_unique<worker::Worker>(config, *std::move(backend), events_));
    if (const std::string warning = workers_.back()->start(); !warning.empty())
      log_.warn("worker not pinned", {{"worker", i}, {"why", warning}});
  }
  find_threads();
  watch_ = std::make_unique<loop::FdWatch>(loop_, events_.descriptor(), [this](loop::Ready) {
    std::vector<worker::Event> events;
    events_.drain(events);
    on_events_(events);
  });
  watch_->want({.read = true, .write = false});
  return {};
}

void Media::stop() {
  watch_.reset();
  for (const auto& worker : workers_) worker->stop();
  kept_.clear();
}

session::BindResult Media::bind(const session::BindPair& action) {
  session::BindResult result{action.flow, action.side, false, false, {}};
  io::SocketOptions sockets = options_.sockets;
  sockets.dscp = action.dscp;
  auto pair = io::open_pair(action.rtp.ip, action.rtp.port, sockets);
  if (!pair) {
    result.text = pair.error().text;
    result.hopeless = pair.error().reason == io::OpenError::Reason::NoAddress ||
                      pair.error().reason == io::OpenError::Reason::NoDescriptors;
    log_.limited(bind_log_, loop_.now(), observe::Level::Warn, "media ports not bound",
                 {{"ports", action.rtp.text()}, {"why", result.text}});
    return result;
  }
  worker::HalfSockets& place = kept_[action.flow.pack()][flow::index_of(action.side)];
  place.rtp = std::move(pair->rtp);
  place.rtcp = std::move(pair->rtcp);
  result.bound = true;
  return result;
}

bool Media::install(session::InstallFlow action) {
  auto node = kept_.extract(action.flow.pack());
  // Both halves may use the transports of other flows.
  if (node.empty() && !(action.spec.a.shared && action.spec.b.shared)) return false;
  worker::InstallFlow command{
      id_of(action.flow),     std::move(action.spec),         {}, {}, {}, std::move(action.saved),
      std::move(action.last), mark(action.flow, action.epoch)};
  if (!node.empty()) {
    command.a = std::move(node.mapped()[0]);
    command.b = std::move(node.mapped()[1]);
  }
  for (std::size_t side = 0; side < command.carriers.size(); ++side)
    if (action.carriers[side]) command.carriers[side] = id_of(action.carriers[side]);
  return post(action.worker, std::move(command));
}

bool Media::replace(session::ReplaceFlow action) {
  mark(action.flow, action.epoch);
  worker::ReplaceFlow command{id_of(action.flow), std::move(action.spec), {}};
  if (auto node = kept_.extract(action.flow.pack())) {
    command.a = std::move(node.mapped()[0]);
    command.b = std::move(node.mapped()[1]);
  }
  for (std::size_t side = 0; side < command.carriers.size(); ++side)
    if (action.carriers[side]) command.carriers[side] = id_of(action.carriers[side]);
  return post(action.worker, std::move(command));
}

bool Media::remove(const session::RemoveFlow& action) {
  mark(action.flow, 0);
  return post(action.worker, worker::RemoveFlow{id_of(action.flow)});
}

bool Media::save(const session::SaveFlow& action) {
  return post(action.worker, worker::SaveFlow{id_of(action.flow), action.round});
}

bool Media::query(const session::QueryFlow& action) {
  return post(action.worker, worker::QueryFlow{id_of(action.flow), action.token});
}

bool Media::play(session::PlayDigits action) {
  return post(action.worker, worker::PlayDigits{id_of(action.flow), action.to, std::move(action.digits), action.each});
}

// Its ledger, if it has one.
flow::Ledger* Media::mark(session::FlowHandle flow, std::uint64_t epoch) {
  flow::Ledger* ledger = ledgers_ == nullptr ? nullptr : ledgers_->at(flow.slot);
  if (ledger != nullptr) ledger->epoch = epoch;
  return ledger;
}

bool Media::post(unsigned worker, worker::Command command) {
  return worker < workers_.size() && workers_[worker]->post(std::move(command));
}

// Workers name their threads; the kernel tells which is which.
void Media::find_threads() {
  threads_.assign(workers_.size(), 0);
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
    std::ifstream file(task.path() / "comm");
    std::string name;
    std::getline(file, name);
    if (!name.starts_with("relay-")) continue;
    const auto index = base::parse_unsigned<std::size_t>(std::string_view(name).substr(6));
    const auto id = base::parse_unsigned<std::uint32_t>(task.path().filename().string());
    if (index && id && *index < threads_.size()) threads_[*index] = static_cast<int>(*id);
  }
}

double Media::cpu_seconds(std::size_t worker) const {
  if (worker >= threads_.size() || threads_[worker] == 0) return 0;
  // schedstat: nanoseconds on a processor, nanoseconds waiting, time slices.
  std::ifstream file("/proc/self/task/" + std::to_string(threads_[worker]) + "/schedstat");
  std::uint64_t nanoseconds = 0;
  file >> nanoseconds;
  return static_cast<double>(nanoseconds) / 1e9;
}

}  // namespace server
