#include "sbc/check/written.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "sbc/check/program.h"
#include "sbc/policy/cdr.h"
#include "sbc/policy/header_rules.h"
#include "sbc/policy/limits.h"
#include "sbc/sdp/codec_rules.h"
#include "sbc/sdp/limits.h"

namespace sbc::check {
namespace {

using syntax::Kind;
using syntax::Node;

// Whole numbers, as the engine reads them.
struct Range {
  std::string_view of;  // a table, or a function
  std::string_view field;
  std::int64_t least, most;
};
constexpr std::array kRanges = {
    Range{"Place", "timeout", 1, policy::kMaxTimeoutSeconds},
    Range{"Place", "ring_timeout", 1, policy::kMaxTimeoutSeconds},
    Range{"Place", "max_duration", 1, policy::kMaxDuration},
    Range{"Place", "weight", 0, policy::kMaxWeight},
    Range{"Codecs", "ptime", sdp::kMinPacketTime, sdp::kMaxPacketTime},
    Range{"Codecs", "maxptime", sdp::kMinPacketTime, sdp::kMaxPacketTime},
    Range{"AcceptOptions", "min_expires", 1, policy::kMaxExpires},
    Range{"AcceptOptions", "max_expires", 1, policy::kMaxExpires},
    Range{"AcceptOptions", "expires", 1, policy::kMaxExpires},
    Range{"AcceptOptions", "max_contacts", 1, policy::kMaxContactsLimit},
    Range{"ResponseChanges", "status", 180, 183},
    Range{"ResponseChanges", "max_duration", 1, policy::kMaxDuration},
    Range{"NatTreatment", "keep_alive_interval", policy::kMinKeepAlive, policy::kMaxKeepAlive},
    Range{"reject", "status", 400, 699},
    Range{"redirect", "status", 300, 302},
    Range{"deny", "status", 400, 699},
    Range{"give_up", "status", 400, 699},
    Range{"hang_up", "status", 400, 699},
    Range{"timer.set", "seconds", 1, policy::kMaxTimer},
    Range{"counter.incr", "window", 1, policy::kMaxWindow},
    Range{"counter.incr", "amount", 1, policy::kMaxCount},
    Range{"counter.get", "window", 1, policy::kMaxWindow},
};

struct NameOf {
  std::string_view function, parameter, kind;
};
constexpr std::array kNames = {
    NameOf{"trunks.calls", "name", "trunk"}, NameOf{"realms.calls", "name", "realm"},
    NameOf{"tables.find", "table", "table"}, NameOf{"tables.prefix", "table", "table"},
    NameOf{"sql.query", "query", "query"},
};

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

std::optional<double> number_of(const Node& node) {
  if (node.kind == Kind::Paren) return number_of(node.part(0));
  if (node.kind == Kind::Unary && node.text == "-") {
    const auto negated = number_of(node.part(0));
    return negated ? std::optional(-*negated) : std::nullopt;
  }
  if (node.kind != Kind::Number) return std::nullopt;
  const std::string text(node.text);  // strtod reads what Lua does, hexadecimal ones included
  return std::strtod(text.c_str(), nullptr);
}

std::string spelled(const Node& value) {
  if (value.kind == Kind::Number) return std::string(value.text);
  return (value.kind == Kind::Unary ? "-" : "") + spelled(value.part(0));
}

std::string out_of_range(const Node& value, std::string_view of, std::string_view field) {
  const auto range =
      std::ranges::find_if(kRanges, [&](const Range& one) { return one.of == of && one.field == field; });
  const auto number = number_of(value);
  if (range == kRanges.end() || !number) return {};
  const bool inside = *number >= static_cast<double>(range->least) && *number <= static_cast<double>(range->most);
  if (inside && std::trunc(*number) == *number) return {};
  return std::string(field) + " must be a whole number from " + std::to_string(range->least) + " to " +
         std::to_string(range->most) + ", not " + spelled(value);
}

class Written {
 public:
  Written(const Node& table, const policy::Class& wanted) : table_(table), wanted_(wanted) {}

  std::vector<Wrong> look(Extent extent) {
    for (const auto& part : table_.parts) {
      if (part->kind != Kind::Field || part->part(0).kind != Kind::String) continue;
      const std::string& key = part->part(0).text;
      if (wanted_.name == "CdrFields") look_at_record(key, *part);
      if (wanted_.name == "HeaderChanges" || wanted_.name == "HeaderValues") look_at_header(key, *part);
      if (wanted_.name == "Codecs") look_at_codecs(key, part->part(1));
      if (wanted_.name == "Place" && key == "uri") look_at_uri(part->part(1));
      say(*part, out_of_range(part->part(1), wanted_.name, key));
    }
    if (wanted_.name == "CdrFields") look_at_fields();
    if (wanted_.name == "Place" && extent != Extent::Begun) look_at_destination(extent == Extent::Whole);
    return std::move(wrongs_);
  }

 private:
  void say(const Node& at, std::string text) {
    if (!text.empty()) wrongs_.push_back({at.line, std::move(text)});
  }

  void look_at_record(const std::string& key, const Node& field) {
    const Node& value = field.part(1);
    if (key.size() > policy::kMaxCdrName || !policy::is_cdr_name(key))
      return say(field, "cdr: " + quoted(key) + " is no name of a field; expected up to " +
                            std::to_string(policy::kMaxCdrName) + " of a-z, 0-9 and _");
    if (std::ranges::find(policy::kOwnRecordFields, key) != policy::kOwnRecordFields.end())
      return say(field, "cdr: the record has a field " + quoted(key) + " of its own");
    const bool written = value.kind == Kind::True || value.kind == Kind::False || value.kind == Kind::Table ||
                         value.kind == Kind::FunctionBody;
    if (written) say(field, "cdr: " + key + " must be a text or a number");
    if (value.kind == Kind::String && value.text.size() > policy::kMaxCdrValue)
      say(field, "cdr: " + key + " is longer than " + std::to_string(policy::kMaxCdrValue) + " characters");
  }

  void look_at_fields() {
    for (const auto& part : table_.parts)
      if (part->kind == Kind::Item) return say(*part, "cdr is keyed by names of fields, not by a number");
    if (table_.parts.size() > policy::kMaxCdrFields)
      say(table_, "cdr: more than " + std::to_string(policy::kMaxCdrFields) + " fields");
  }

  void look_at_header(const std::string& key, const Node& field) {
    if (key.size() > policy::kMaxHeaderName || !policy::is_header_name(key))
      return say(field, quoted(key) + " is no header name");
    if (policy::border_owns_header(key))
      return say(field, "the header " + quoted(key) + " belongs to the border and cannot be set or removed");
    const bool flag = field.part(1).kind == Kind::True || field.part(1).kind == Kind::False;
    if (wanted_.name == "HeaderValues" && flag)
      say(field, "header " + quoted(key) + " must be a string, not a boolean");
  }

  void look_at_codecs(const std::string& key, const Node& list) {
    if (list.kind != Kind::Table || key == "ptime" || key == "maxptime") return;
    const auto& names = key == "deny"        ? sdp::denied_names()
                        : key == "transcode" ? sdp::transcoded_names()
                                             : sdp::codec_names();
    const std::vector<std::string_view> there(names.begin(), names.end());
    for (const auto& item : list.parts)
      if (item->kind == Kind::Item && item->part(0).kind == Kind::String && !sdp::name_among(names, item->part(0).text))
        say(*item, unknown("there is no codec", item->part(0).text, there));
  }

  void look_at_uri(const Node& value) {
    if (value.kind != Kind::String || value.text.starts_with("sip:") || value.text.starts_with("sips:")) return;
    say(value, "route: uri must be one such as sip:mail@192.0.2.9, not " + quoted(value.text));
  }

  // Where every key is written out.
  void look_at_destination(bool whole) {
    bool list = false;
    int destinations = 0, certain = 0;  // of others the value may be nil
    bool uri = false, realm = false;
    for (const auto& part : table_.parts) {
      if (part->kind == Kind::Item) {
        list = true;
      } else if (part->part(0).kind != Kind::String ||
                 std::ranges::find(wanted_.fields, part->part(0).text, &policy::Member::name) == wanted_.fields.end()) {
        return;  // nobody knows what it is, or it is misspelt, which is said
      } else {
        const std::string& key = part->part(0).text;
        const bool written = part->part(1).kind == Kind::String;
        const bool destination = key == "contacts" || key == "trunk" || key == "group" || key == "uri";
        destinations += destination ? 1 : 0;
        certain += destination && written ? 1 : 0;
        uri = uri || (key == "uri" && written);
        realm = realm || key == "realm";
      }
    }
    if (list && certain > 0) say(table_, "route: either a list of candidates or one of contacts, trunk, group, uri");
    if (!list && destinations == 0) say(table_, "route: no destination; give contacts, trunk, group or uri");
    if (certain > 1) say(table_, "route: only one of contacts, trunk, group and uri goes into one candidate");
    if (whole && uri && !realm)
      say(table_, "route: a uri needs the realm to leave by: { uri = \"sip:...\", realm = \"core\" }");
  }

  const Node& table_;
  const policy::Class& wanted_;
  std::vector<Wrong> wrongs_;
};

}  // namespace

std::vector<Wrong> wrong_in(const syntax::Node& table, const policy::Class& wanted, Extent extent) {
  return Written(table, wanted).look(extent);
}

std::string wrong_argument(const syntax::Node& value, std::string_view function, std::string_view parameter) {
  std::string text = out_of_range(value, function, parameter);
  return text.empty() ? text : std::string(function) + ": " + text;
}

std::string_view names_thing(std::string_view function, std::string_view parameter) {
  const auto found = std::ranges::find_if(
      kNames, [&](const NameOf& one) { return one.function == function && one.parameter == parameter; });
  return found != kNames.end() ? found->kind : std::string_view();
}

}  // namespace sbc::check
