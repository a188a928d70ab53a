// How one handler is run: from the start, or on from where it waited for an answer.

#include <algorithm>
#include <utility>

#include "sbc/policy/loader.h"
#include "sbc/policy/state.h"

namespace sbc::policy {
namespace {

int finish_invoke(lua_State* lua, int /*status*/, lua_KContext context) {
  const Run& run = *reinterpret_cast<const Run*>(context);
  run.read(lua, run);
  return 0;
}

// Builds the facts, calls the handler and reads its answer, all where errors are caught.
int invoke(lua_State* lua) {
  const Run& run = *static_cast<const Run*>(lua_touserdata(lua, 1));
  lua_rawgeti(lua, LUA_REGISTRYINDEX, run.handler_reference);
  for (int i = 0; i < run.argument_count; ++i) {
    const Argument& argument = run.arguments[static_cast<std::size_t>(i)];
    push_facts(lua, argument.kind, argument.facts);
  }
  const auto context = reinterpret_cast<lua_KContext>(&run);
  lua_callk(lua, run.argument_count, 1, context, finish_invoke);
  return finish_invoke(lua, LUA_OK, context);
}

int finish_guarded(lua_State* lua, int status, lua_KContext context) {
  Run& run = *reinterpret_cast<Run*>(context);
  run.status = status == LUA_YIELD ? LUA_OK : status;
  if (run.status == LUA_OK) return 0;
  if (is_string(lua, -1)) {
    run.error = text_at(lua, -1);
  } else {
    run.error.assign("the handler raised a ").append(type_at(lua, -1));
  }
  return 0;
}

// The protected call is inside the coroutine: a look-up may suspend the handler, and an error unwinds (and runs what is
// to be closed) while the budget still counts.
int guarded(lua_State* lua) {
  void* run = lua_touserdata(lua, 1);
  lua_pushcfunction(lua, invoke);
  lua_pushlightuserdata(lua, run);
  const auto context = reinterpret_cast<lua_KContext>(run);
  return finish_guarded(lua, lua_pcallk(lua, 1, 0, 0, context, finish_guarded), context);
}

struct NewThread {
  lua_State* thread = nullptr;
  int reference = LUA_NOREF;
};

int make_thread(lua_State* lua) {
  auto& made = *static_cast<NewThread*>(lua_touserdata(lua, 1));
  made.thread = lua_newthread(lua);
  made.reference = luaL_ref(lua, LUA_REGISTRYINDEX);
  return 0;
}

// The budget is counted in steps: a short handler takes less than one, and is counted as half of it.
constexpr std::int64_t kShortRun = 500;

bool is_for_help(const Argument& first) {
  return first.kind == FactKind::Invite && static_cast<const InviteFacts*>(first.facts)->emergency;
}

}  // namespace

// A coroutine for one more invocation. What it takes by itself is nobody's budget.
std::unique_ptr<Invocation> Host::State::take_idle() {
  if (!idle_.empty()) {
    auto invocation = std::move(idle_.back());
    idle_.pop_back();
    return invocation;
  }
  engine_.memory.set_ceiling({});
  const std::size_t before = engine_.memory.in_use();
  NewThread made;
  lua_pushcfunction(lua_, make_thread);
  lua_pushlightuserdata(lua_, &made);
  const int status = lua_pcall(lua_, 1, 0, 0);
  lua_settop(lua_, 0);
  if (status != LUA_OK) return nullptr;
  // Making it may have collected garbage.
  if (const std::size_t now = engine_.memory.in_use(); now > before) ceiling_.in_use += now - before;
  auto invocation = std::make_unique<Invocation>();
  invocation->thread = made.thread;
  invocation->thread_reference = made.reference;
  return invocation;
}

void Host::State::give_back(std::unique_ptr<Invocation> invocation) {
  if (idle_.size() < kMaxIdle) {
    idle_.push_back(std::move(invocation));
  } else {
    luaL_unref(lua_, LUA_REGISTRYINDEX, invocation->thread_reference);
  }
}

void Host::State::begin(Invocation& invocation, const Call& call, void* out) {
  invocation.handler = call.handler;
  invocation.run = {.handler = call.handler,
                    .handler_reference = reference(call.handler),
                    .arguments = call.arguments,
                    .argument_count = call.argument_count,
                    .read = call.read,
                    .out = out,
                    .status = LUA_OK,
                    .error = {}};
  engine_.invocation = ++last_invocation_;
  engine_.handler = call.handler;
  engine_.default_host = call.default_host;
  engine_.lookups = 0;
  engine_.counted = 0;
  engine_.questions = 0;
  engine_.wait_left = engine_.limits.wait;
  engine_.out_of_time = false;
  engine_.made.clear();
  engine_.contacts.clear();
  engine_.log.clear();
  engine_.timers.clear();
  if (engine_.noting) engine_.reading.clear();
  engine_.lookup = call.lookup;
  engine_.no_wait = nullptr;
  if (call.patience == Patience::None) engine_.no_wait = "unavailable";
  const std::size_t room = engine_.limits.waiting * (call.patience == Patience::First ? 2 : 1);
  if (waiting_.size() >= room && engine_.no_wait == nullptr) engine_.no_wait = "busy";
  engine_.memory.set_ceiling(ceiling());
  grant(invocation.thread, engine_, engine_.limits.instructions);
}

Memory::Ceiling Host::State::ceiling() const {
  Memory::Ceiling all = ceiling_;
  all.in_use += held_;
  return all;
}

Host::State::Ran Host::State::run(const Call& call, void* out, std::string& error) {
  ++engine_.counters.invocations[static_cast<std::size_t>(call.handler)];
  if (engine_.purse != nullptr && engine_.purse->empty() && !is_for_help(call.arguments[0])) {
    ++engine_.counters.failures[static_cast<std::size_t>(call.handler)];
    ++engine_.purse->refused;
    error = where(call.handler) + ": the " + std::to_string(engine_.purse->per_second) +
            " instructions that all handlers of a thread have in one second are used up";
    return Ran::Failed;
  }
  auto invocation = take_idle();
  if (invocation == nullptr) {
    ++engine_.counters.failures[static_cast<std::size_t>(call.handler)];
    ++engine_.counters.out_of_memory;
    error = where(call.handler) + ": there is no memory for another coroutine";
    return Ran::Failed;
  }
  begin(*invocation, call, out);
  lua_pushcfunction(invocation->thread, guarded);
  lua_pushlightuserdata(invocation->thread, &invocation->run);
  return go(std::move(invocation), 1, error);
}

Host::State::Ran Host::State::go(std::unique_ptr<Invocation> invocation, int arguments, std::string& error) {
  lua_State* thread = invocation->thread;
  Run& run = invocation->run;
  int results = 0;
  const std::int64_t before = engine_.remaining;
  const int status = lua_resume(thread, lua_, arguments, &results);
  if (engine_.purse != nullptr) engine_.purse->left -= std::max(before - engine_.remaining, kShortRun);
  if (status == LUA_YIELD && engine_.question) {
    shelve(std::move(invocation));
    return Ran::Waits;
  }
  if (status != LUA_OK) {
    run.status = status == LUA_YIELD ? LUA_ERRRUN : status;
    run.error = status == LUA_YIELD ? "the handler was suspended" : "the handler could not be run";
    lua_resetthread(thread);
  }
  lua_settop(thread, 0);
  engine_.lookup = nullptr;
  engine_.answer.reset();
  engine_.question.reset();
  const bool ran = run.status == LUA_OK;
  if (!ran) error = failure_of(*invocation);
  give_back(std::move(invocation));
  return ran ? Ran::Done : Ran::Failed;
}

std::string Host::State::failure_of(Invocation& invocation) {
  Run& run = invocation.run;
  ++engine_.counters.failures[static_cast<std::size_t>(invocation.handler)];
  if (engine_.out_of_instructions) ++engine_.counters.out_of_instructions;
  if (engine_.out_of_memory || run.status == LUA_ERRMEM) ++engine_.counters.out_of_memory;
  if (engine_.out_of_time) ++engine_.counters.out_of_time;
  if (run.status == LUA_ERRMEM)
    run.error = std::string(name_of(invocation.handler)) + " needs more memory than its budget of " +
                std::to_string(engine_.limits.memory_bytes) + " bytes";
  return has_position(run.error) ? std::move(run.error) : where(invocation.handler) + ": " + run.error;
}

// --- waiting ----------------------------------------------------------------------------------------------------

void Host::State::shelve(std::unique_ptr<Invocation> invocation) {
  Shelf& shelf = invocation->shelf;
  shelf.invocation = engine_.invocation;
  shelf.default_host = engine_.default_host;
  shelf.lookups = engine_.lookups;
  shelf.counted = engine_.counted;
  shelf.questions = engine_.questions;
  shelf.remaining = engine_.remaining;
  shelf.armed = engine_.armed;
  shelf.granted = engine_.granted;
  shelf.out_of_instructions = engine_.out_of_instructions;
  shelf.out_of_memory = engine_.out_of_memory;
  shelf.wait_left = engine_.wait_left;
  shelf.made = std::exchange(engine_.made, {});
  shelf.contacts = std::exchange(engine_.contacts, {});
  shelf.log = std::exchange(engine_.log, {});
  shelf.timers = std::exchange(engine_.timers, {});
  shelf.reading = std::exchange(engine_.reading, {});
  shelf.volume = engine_.memory.volume();
  // It holds no more than it ever asked for, and no more than it may.
  shelf.held = std::min(shelf.volume, engine_.limits.memory_bytes);
  held_ += shelf.held;
  engine_.lookup = nullptr;
  engine_.answer.reset();
  ++engine_.counters.questions;
  waiting_.emplace(shelf.invocation, std::move(invocation));
}

std::unique_ptr<Invocation> Host::State::unshelve(std::uint64_t ticket) {
  auto found = waiting_.extract(ticket);
  if (found.empty()) return nullptr;
  Shelf& shelf = found.mapped()->shelf;
  held_ -= shelf.held;
  engine_.invocation = shelf.invocation;
  engine_.handler = found.mapped()->handler;
  engine_.default_host = shelf.default_host;
  engine_.lookups = shelf.lookups;
  engine_.counted = shelf.counted;
  engine_.questions = shelf.questions;
  engine_.remaining = shelf.remaining;
  engine_.armed = shelf.armed;
  engine_.granted = shelf.granted;
  engine_.out_of_instructions = shelf.out_of_instructions;
  engine_.out_of_memory = shelf.out_of_memory;
  engine_.out_of_time = false;
  engine_.wait_left = shelf.wait_left;
  engine_.made = std::move(shelf.made);
  engine_.contacts = std::move(shelf.contacts);
  engine_.log = std::move(shelf.log);
  engine_.timers = std::move(shelf.timers);
  engine_.reading = std::move(shelf.reading);
  engine_.memory.set_ceiling(ceiling(), shelf.volume);
  engine_.question.reset();
  engine_.no_wait = nullptr;
  return std::move(found.mapped());
}

Host::State::Ran Host::State::resume(const Resumption& what, void* out, std::string& error) {
  const auto found = waiting_.find(what.ticket);
  if (found == waiting_.end() || found->second->handler != what.handler) {
    ++engine_.counters.failures[static_cast<std::size_t>(what.handler)];
    error = where(what.handler) + ": nobody waits for this answer";
    return Ran::Failed;
  }
  auto invocation = unshelve(what.ticket);
  invocation->run.out = out;
  engine_.wait_left -= what.answer.waited;
  engine_.answer = std::move(what.answer);
  if (engine_.noting) note_answer(engine_);
  engine_.lookup = what.lookup;
  return go(std::move(invocation), 0, error);
}

void Host::State::abandon(std::uint64_t ticket) {
  auto invocation = unshelve(ticket);
  if (invocation == nullptr) return;
  // What is to be closed runs here, within what is left of the budget; it can neither wait nor look anything up.
  engine_.no_wait = "unavailable";
  lua_resetthread(invocation->thread);
  lua_settop(invocation->thread, 0);
  engine_.log.clear();
  ++engine_.counters.abandoned;
  give_back(std::move(invocation));
}

}  // namespace sbc::policy
