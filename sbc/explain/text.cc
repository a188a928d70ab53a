#include "sbc/explain/edits.h"
#include "sbc/explain/explanation.h"
#include "sbc/explain/members.h"

namespace sbc::explain {
namespace {

using json::Value;

std::string_view plain(const Value& value) {
  const auto* text = std::get_if<std::string>(&value.what);
  return text != nullptr ? std::string_view(*text) : std::string_view();
}

class Page {
 public:
  explicit Page(const Value& call) : call_(call), invite_(word(call, "invite")), lines_(lines_of(invite_)) {}

  std::string write() {
    head();
    if (!list(call_, "candidates").empty()) line("\nCandidates");
    for (const auto& one : list(call_, "candidates"))
      line("  " + word(one, "target") + "\n      " + word(one, "outcome"));
    line("\nWhat happened");
    for (const auto& step : list(call_, "steps")) tell(step);
    if (const auto more = word(call_, "steps_left_out"); !more.empty() && more != "0")
      line("  (" + more + " steps more are not kept)");
    return std::move(out_);
  }

 private:
  void line(std::string_view text) { out_.append(text).push_back('\n'); }
  void detail(std::string_view text) { line("             " + std::string(text)); }

  void head() {
    line("Call " + word(call_, "call_id"));
    for (const auto& id : list(call_, "callee_call_ids")) line("  at the callee's side " + std::string(plain(id)));
    const std::string trunk = word(call_, "trunk");
    line("  began " + word(call_, "began") + ", from " + word(call_, "source") + ", realm " + word(call_, "realm") +
         (trunk.empty() ? "" : ", trunk " + trunk));
    line("  in the log: call=" + word(call_, "call"));
    if (!lines_.empty()) line("  " + std::string(lines_.front()));
  }

  void event(const Value& step, const std::string& text) {
    std::string at = word(step, "at_ms");
    at.insert(0, at.size() < 7 ? 7 - at.size() : 0, ' ');
    line(at + " ms  " + text);
  }

  void plan(const Value& step) {
    const auto& together = list(step, "at_once");
    std::int64_t before = 0;
    std::size_t i = 0;
    for (const auto& target : list(step, "targets")) {
      const auto* number = i < together.size() ? std::get_if<std::int64_t>(&together[i].what) : nullptr;
      ++i;
      const std::int64_t now = number != nullptr ? *number : 0;
      detail((now != 0 && now == before ? "at once with it: " : "") + std::string(plain(target)));
      before = now;
    }
  }

  void tell(const Value& step) {
    const std::string kind = word(step, "kind");
    if (kind == "handler") return handler(step);
    if (kind == "invite") return invite(step);
    if (kind == "answered" || kind == "changed") return media(step);
    if (kind == "note") return event(step, word(step, "text"));
    if (kind == "plan") {
      event(step, list(step, "targets").empty() ? "nobody can be tried" : "to be tried:");
      plan(step);
    } else if (kind == "failed") {
      const std::string reason = word(step, "reason");
      event(step, word(step, "target") + " failed: " + word(step, "status") + (reason.empty() ? "" : " " + reason) +
                      " (" + word(step, "cause") + ") after " + word(step, "took_ms") +
                      " ms; usually then: " + word(step, "usual"));
    } else if (kind == "ended") {
      event(step, "ended by " + word(step, "by") + ": " + word(step, "cause") + ", the caller got " +
                      word(step, "status") + ", set-up " + word(step, "setup_ms") + " ms, talked " +
                      word(step, "duration_ms") + " ms");
      if (const auto name = word(step, "class"); !name.empty()) detail("class " + name);
      if (const auto* cdr = json::member(step, "cdr"))
        if (const auto* fields = std::get_if<json::Members>(&cdr->what))
          for (const auto& [name, value] : *fields) detail("cdr " + name + " = " + std::string(plain(value)));
    } else if (kind == "reinvite") {
      const std::string asked = word(step, "invite");
      event(step, "the " + word(step, "party") + " asks: " + std::string(lines_of(asked).front()));
    } else {
      event(step, "INVITE of the caller");
    }
  }

  void handler(const Value& step) {
    event(step, word(step, "handler") + ": " + word(step, "decision"));
    detail("at " + word(step, "where") + ", policy " + word(step, "policy").substr(0, 12) + ", " +
           word(step, "took_us") + " us");
    if (const auto error = word(step, "error"); !error.empty()) detail("FAILED: " + error);
    for (const auto& read : list(step, "reads"))
      detail("read " + word(read, "what") + " = " + word(read, "value") + "  (" + word(read, "where") + ")");
    for (const auto& log : list(step, "log"))
      detail("log " + word(log, "level") + ": " + word(log, "text") + "  (" + word(log, "where") + ")");
  }

  void invite(const Value& step) {
    const std::string purpose = word(step, "purpose");
    const bool in_dialog = purpose == "re-INVITE" || purpose == "UPDATE";
    event(step, (in_dialog ? purpose + " to the " : "INVITE to ") + word(step, "target") + ", Call-ID " +
                    word(step, "call_id") + (purpose.empty() || in_dialog ? "" : " (" + purpose + ")"));
    if (list(step, "edits").empty()) detail("(it was too large to be kept)");
    const std::string base = base_of(call_, step);
    const auto lines = lines_of(base);
    std::string why;
    for (const auto& edit : list(step, "edits")) {
      const std::string kind = word(edit, "edit");
      if (kind == "keep") continue;
      const auto at = place(edit, "line");
      const std::string_view was = at && *at < lines.size() ? lines[*at] : std::string_view();
      if (kind != "add") detail("- " + std::string(was));
      if (kind != "drop") detail("+ " + word(edit, "text"));
      // What the border has written alone has one reason.
      if (purpose.empty() || why != word(edit, "why")) detail("    " + (why = word(edit, "why")));
    }
  }

  void media(const Value& step) {
    event(step, word(step, "kind") + ", with this media:");
    for (const auto& leg : list(step, "media")) {
      detail(word(leg, "side") + ": network " + word(leg, "network") + ", latch " + word(leg, "latch"));
      for (const auto& said : list(leg, "said")) detail("  it said  " + std::string(plain(said)));
      for (const auto& told : list(leg, "told")) detail("  was told " + std::string(plain(told)));
    }
  }

  const Value& call_;
  std::string invite_;
  std::vector<std::string_view> lines_;
  std::string out_;
};

}  // namespace

std::string to_text(const json::Value& explanation) {
  return Page(explanation).write();
}

}  // namespace sbc::explain
