#include "sbc/trial/inside_value.h"

#include <array>

#include "media-relay/base/text.h"
#include "media-relay/control/limits.h"

#include "sbc/trial/fields.h"

namespace sbc::trial {
namespace {

using Wrong = std::unexpected<std::string>;

constexpr std::array<std::string_view, 11> kFields = {"after",    "party", "event",        "hold", "to",     "digit",
                                                      "duration", "way",   "content_type", "body", "headers"};

struct Event {
  std::string_view event;
  std::string_view method;
};
constexpr std::array<Event, 5> kKinds = {
    {{"reinvite", "INVITE"}, {"update", "UPDATE"}, {"refer", "REFER"}, {"info", "INFO"}, {"dtmf", ""}}};
constexpr std::array<std::string_view, 5> kEvents = {"reinvite", "update", "refer", "info", "dtmf"};

std::expected<void, std::string> set_kind(const std::string& event, simulate::InsideEvent& out) {
  for (const Event& kind : kKinds)
    if (kind.event == event) {
      out.method = kind.method;
      return {};
    }
  std::string text = "there is no event \"" + base::printable(event, 60) + "\"";
  if (const auto nearest = base::nearest(event, kEvents)) text += "; did you mean \"" + std::string(*nearest) + "\"?";
  return Wrong(text);
}

// A key, in the media or, with way = "info", as phones write it there.
std::expected<void, std::string> read_key(Fields& fields, simulate::InsideEvent& out) {
  std::string digit;
  std::string way = "media";
  fields.text("digit", digit);
  fields.text("way", way);
  if (digit.size() != 1 || !control::kDigitLetters.contains(digit[0]))
    return Wrong("expected a digit such as \"5\", \"*\" or \"#\", got \"" + base::printable(digit, 20) + "\"");
  out.digit = digit[0];
  if (const auto duration = fields.number("duration")) out.duration_ms = static_cast<std::uint32_t>(*duration * 1000);
  if (way == "media") return {};
  if (way != "info") return Wrong("way must be \"media\" or \"info\", not \"" + base::printable(way, 20) + "\"");
  out.method = "INFO";
  out.content_type = "application/dtmf-relay";
  out.body = "Signal=" + digit + "\r\nDuration=" + std::to_string(out.duration_ms) + "\r\n";
  return {};
}

std::expected<simulate::InsideEvent, std::string> read_one(const Value& value) {
  if (value.record() == nullptr)
    return Wrong("expected a table such as { after = 3, event = \"dtmf\", digit = \"5\" }, got " + value.shown());
  Fields fields(*value.record(), "an event", kFields);
  simulate::InsideEvent out;
  std::string event;
  std::string party = "caller";
  std::string to;
  fields.text("event", event);
  fields.text("party", party);
  fields.text("to", to);
  fields.text("content_type", out.content_type);
  fields.text("body", out.body);
  fields.yes("hold", out.hold);
  const double after = fields.number("after").value_or(1);
  out.after = base::milliseconds(static_cast<std::int64_t>(after * 1000));
  if (const Value* headers = fields.find("headers"); headers != nullptr && headers->record() != nullptr)
    for (const auto& [name, text] : *headers->record())
      if (text.text() != nullptr) out.headers += name + ": " + *text.text() + "\r\n";
  if (auto done = fields.done(); !done) return Wrong(done.error());
  if (auto done = set_kind(event, out); !done) return Wrong(done.error());
  if (party != "caller" && party != "callee")
    return Wrong("party must be \"caller\" or \"callee\", not \"" + base::printable(party, 20) + "\"");
  out.callee = party == "callee";
  if (event == "dtmf")
    if (auto done = read_key(fields, out); !done) return Wrong(done.error());
  if (event == "refer") {
    if (to.empty()) return Wrong("a refer needs to = \"sip:carol@example.net\"");
    out.headers += "Refer-To: <" + to + ">\r\n";
  }
  if (!out.body.empty() && out.content_type.empty())
    out.content_type = event == "info" ? "text/plain" : "application/sdp";
  if (auto done = fields.done(); !done) return Wrong(done.error());
  return out;
}

}  // namespace

std::expected<std::vector<simulate::InsideEvent>, std::string> inside_from(const Value& value) {
  if (value.record() != nullptr && value.record()->empty()) return {};
  if (value.list() == nullptr) return Wrong("expected a list of events, got " + value.shown());
  std::vector<simulate::InsideEvent> out;
  for (const Value& one : *value.list()) {
    auto event = read_one(one);
    if (!event) return Wrong(event.error());
    out.push_back(*std::move(event));
  }
  return out;
}

Value value_of(const simulate::Inside& inside) {
  Record out;
  out["at"] = base::to_seconds(inside.at);
  out["party"] = std::string(inside.callee ? "callee" : "caller");
  for (const Event& kind : kKinds)
    if (kind.method == inside.method) out["event"] = std::string(kind.event);
  if (inside.status != 0) out["status"] = static_cast<std::int64_t>(inside.status);
  if (inside.method.empty()) out["heard"] = inside.heard;
  return out;
}

}  // namespace sbc::trial
