#include "sbc/retell/facts.h"

#include <limits>
#include <optional>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/json/write.h"
#include "sbc/policy/offer.h"
#include "sbc/retell/decisions.h"
#include "sbc/retell/fields.h"
#include "sbc/retell/text.h"

namespace sbc::retell {
namespace {

// ---- writing ----------------------------------------------------------------------------------------------------

bool is_secret(std::string_view header) {
  return base::equals_ignoring_case(header, "Authorization") ||
         base::equals_ignoring_case(header, "Proxy-Authorization");
}

struct Writer {
  json::Members out{};

  template <typename Member>
  void operator()(const char* name, const Member& member) {
    out.emplace_back(name, value_of(member));
  }
  void time(const char* name, const base::WallTime& now, const std::int32_t& offset) {
    out.emplace_back(name, json::Value{json::Members{{"unix", whole(now.seconds)}, {"utc_offset", whole(offset)}}});
  }

  static json::Value value_of(const std::string& text_) { return text(text_); }
  static json::Value value_of(const bool& value) { return {value}; }
  static json::Value value_of(const std::uint16_t& value) { return whole(value); }
  static json::Value value_of(const std::uint32_t& value) { return whole(value); }
  static json::Value value_of(const float& value) { return {static_cast<double>(value)}; }
  static json::Value value_of(const std::optional<double>& value) {
    return value ? json::Value{*value} : json::Value{};
  }
  static json::Value value_of(const std::optional<std::uint32_t>& value) {
    return value ? whole(*value) : json::Value{};
  }
  static json::Value value_of(const policy::OfferFacts& offer) {
    const auto sdp = policy::summary_of(offer);
    return sdp ? value_of(*sdp) : json::Value{};
  }
  static json::Value value_of(const std::optional<policy::RegistrationFacts>& registration) {
    return registration ? value_of(*registration) : json::Value{};
  }
  static json::Value value_of(const std::vector<policy::CdrField>& fields) {
    json::Members members;
    for (const auto& field : fields) members.emplace_back(field.name, to_json(field.value));
    return {std::move(members)};
  }
  static json::Value value_of(const policy::HeaderView& header) {
    return {json::List{text(header.name), text(is_secret(header.name) ? kMark : header.value)}};
  }
  template <typename Element>
  static json::Value value_of(const std::vector<Element>& elements) {
    json::List list;
    list.reserve(elements.size());
    for (const auto& element : elements) list.push_back(value_of(element));
    return {std::move(list)};
  }
  template <typename Facts>
  static json::Value value_of(const Facts& facts) {
    Writer inner;
    each(inner, facts);
    return {std::move(inner.out)};
  }
};

// ---- reading ----------------------------------------------------------------------------------------------------

struct Reader {
  const json::Value* in;
  std::string at;  // "call.from"
  std::deque<std::string>* texts;
  std::string* error;

  template <typename Member>
  void operator()(const char* name, Member& member) {
    const auto* value = json::member(*in, name);
    if (value != nullptr && error->empty()) take(at + "." + name, *value, member);
  }
  void time(const char* name, base::WallTime& now, std::int32_t& offset) {
    const auto* value = json::member(*in, name);
    if (value == nullptr) return;
    Reader inner{.in = value, .at = at + "." + name, .texts = texts, .error = error};
    inner("unix", now.seconds);
    inner("utc_offset", offset);
  }

  void wrong(const std::string& where, const std::string& expected) {
    if (error->empty()) *error = where + ": expected " + expected;
  }
  void take(const std::string& where, const json::Value& value, std::string& out) {
    auto read = as_text(value);
    if (!read) return wrong(where, "a text");
    out = *std::move(read);
  }
  void take(const std::string& where, const json::Value& value, bool& out) {
    const auto* read = std::get_if<bool>(&value.what);
    if (read == nullptr) return wrong(where, "true or false");
    out = *read;
  }
  template <std::integral Number>
  void take(const std::string& where, const json::Value& value, Number& out) {
    using Limits = std::numeric_limits<Number>;
    const auto* read = std::get_if<std::int64_t>(&value.what);
    if (read == nullptr || !std::in_range<Number>(*read))
      return wrong(where, "a number from " + std::to_string(Limits::min()) + " to " + std::to_string(Limits::max()));
    out = static_cast<Number>(*read);
  }
  static std::optional<double> number(const json::Value& value) {
    if (const auto* real = std::get_if<double>(&value.what)) return *real;
    if (const auto* integer = std::get_if<std::int64_t>(&value.what)) return static_cast<double>(*integer);
    return std::nullopt;
  }
  void take(const std::string& where, const json::Value& value, float& out) {
    const auto read = number(value);
    if (!read) return wrong(where, "a number");
    out = static_cast<float>(*read);
  }
  void take(const std::string& where, const json::Value& value, std::optional<double>& out) {
    out = number(value);
    if (!out && !std::holds_alternative<std::monostate>(value.what)) wrong(where, "a number or null");
  }
  void take(const std::string& where, const json::Value& value, std::optional<std::uint32_t>& out) {
    out.reset();
    if (!std::holds_alternative<std::monostate>(value.what)) take(where, value, out.emplace());
  }
  void take(const std::string& where, const json::Value& value, policy::OfferFacts& out) {
    if (std::holds_alternative<std::monostate>(value.what)) return;
    auto sdp = std::make_shared<policy::SdpFacts>();
    take(where, value, *sdp);
    out.said = std::move(sdp);
  }
  void take(const std::string& where, const json::Value& value, std::optional<policy::RegistrationFacts>& out) {
    out.reset();
    if (!std::holds_alternative<std::monostate>(value.what)) take(where, value, out.emplace());
  }
  void take(const std::string& where, const json::Value& value, std::vector<policy::CdrField>& out) {
    const auto* members = std::get_if<json::Members>(&value.what);
    if (members == nullptr) return wrong(where, "an object");
    out.clear();
    for (const auto& [name, given] : *members) {
      policy::CdrField& field = out.emplace_back(policy::CdrField{.name = name, .value = {}});
      if (auto text_ = as_text(given)) {
        field.value = *std::move(text_);
      } else if (const auto* integer = std::get_if<std::int64_t>(&given.what)) {
        field.value = *integer;
      } else if (const auto* real = std::get_if<double>(&given.what)) {
        field.value = *real;
      } else {
        return wrong(where + "." + name, "a text or a number");
      }
    }
  }
  void take(const std::string& where, const json::Value& value, policy::HeaderView& out) {
    const auto* pair = std::get_if<json::List>(&value.what);
    if (pair == nullptr || pair->size() != 2) return wrong(where, "a header field, [name, value]");
    std::string_view* const parts[] = {&out.name, &out.value};
    for (std::size_t i = 0; i < 2; ++i) {
      auto read = as_text((*pair)[i]);
      if (!read) return wrong(where, "a header field, [name, value]");
      *parts[i] = texts->emplace_back(*std::move(read));
    }
  }
  template <typename Element>
  void take(const std::string& where, const json::Value& value, std::vector<Element>& out) {
    const auto* list = std::get_if<json::List>(&value.what);
    if (list == nullptr) return wrong(where, "a list");
    out.clear();
    out.reserve(list->size());
    for (std::size_t i = 0; i < list->size() && error->empty(); ++i)
      take(where + "[" + std::to_string(i + 1) + "]", (*list)[i], out.emplace_back());
  }
  template <typename Facts>
    requires std::is_aggregate_v<Facts>
  void take(const std::string& where, const json::Value& value, Facts& out) {
    if (!std::holds_alternative<json::Members>(value.what)) return wrong(where, "an object");
    Reader inner{.in = &value, .at = where, .texts = texts, .error = error};
    each(inner, out);
  }
};

template <typename Facts>
constexpr std::string_view kName = "call";
template <>
constexpr std::string_view kName<policy::RegisterFacts> = "registration";
template <>
constexpr std::string_view kName<policy::RequestFacts> = "request";
template <>
constexpr std::string_view kName<policy::LegFacts> = "leg";
template <>
constexpr std::string_view kName<policy::AttemptFacts> = "attempt";
template <>
constexpr std::string_view kName<policy::QualityFacts> = "quality";
template <>
constexpr std::string_view kName<policy::EndFacts> = "ending";
template <>
constexpr std::string_view kName<policy::ResponseFacts> = "response";
template <>
constexpr std::string_view kName<policy::InsideFacts> = "event";
template <>
constexpr std::string_view kName<policy::TimerFacts> = "timer";

}  // namespace

json::Value to_json(const policy::InviteFacts& facts) {
  return Writer::value_of(facts);
}
json::Value to_json(const policy::RegisterFacts& facts) {
  return Writer::value_of(facts);
}
json::Value to_json(const policy::RequestFacts& facts) {
  return Writer::value_of(facts);
}
json::Value to_json(const policy::LegFacts& facts) {
  return Writer::value_of(facts);
}
json::Value to_json(const policy::AttemptFacts& facts) {
  return Writer::value_of(facts);
}
json::Value to_json(const policy::QualityFacts& facts) {
  return Writer::value_of(facts);
}
json::Value to_json(const policy::EndFacts& facts) {
  return Writer::value_of(facts);
}
json::Value to_json(const policy::ResponseFacts& facts) {
  return Writer::value_of(facts);
}
json::Value to_json(const policy::InsideFacts& facts) {
  return Writer::value_of(facts);
}
json::Value to_json(const policy::TimerFacts& facts) {
  return Writer::value_of(facts);
}
json::Value to_json(const std::vector<policy::Contact>& contacts) {
  return Writer::value_of(contacts);
}

template <typename Facts>
std::expected<Owned<Facts>, std::string> read(const json::Value& value) {
  Owned<Facts> owned{};
  std::string error;
  Reader reader{.in = &value, .at = {}, .texts = &owned.texts, .error = &error};
  reader.take(std::string(kName<Facts>), value, owned.facts);
  if (!error.empty()) return std::unexpected(std::move(error));
  return owned;
}

template std::expected<Owned<policy::InviteFacts>, std::string> read(const json::Value&);
template std::expected<Owned<policy::RegisterFacts>, std::string> read(const json::Value&);
template std::expected<Owned<policy::RequestFacts>, std::string> read(const json::Value&);
template std::expected<Owned<policy::LegFacts>, std::string> read(const json::Value&);
template std::expected<Owned<policy::AttemptFacts>, std::string> read(const json::Value&);
template std::expected<Owned<policy::QualityFacts>, std::string> read(const json::Value&);
template std::expected<Owned<policy::EndFacts>, std::string> read(const json::Value&);
template std::expected<Owned<policy::ResponseFacts>, std::string> read(const json::Value&);
template std::expected<Owned<policy::InsideFacts>, std::string> read(const json::Value&);
template std::expected<Owned<policy::TimerFacts>, std::string> read(const json::Value&);

std::expected<std::vector<policy::Contact>, std::string> read_contacts(const json::Value& value) {
  std::vector<policy::Contact> contacts;
  std::deque<std::string> texts;
  std::string error;
  Reader{.in = &value, .at = {}, .texts = &texts, .error = &error}.take("contacts", value, contacts);
  if (!error.empty()) return std::unexpected(std::move(error));
  return contacts;
}

}  // namespace sbc::retell
