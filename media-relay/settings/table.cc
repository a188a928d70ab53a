// Reading single values. Each kind is one function from a node to a value or to the words "expected ...".

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "media-relay/base/text.h"
#include "media-relay/settings/document.h"
#include "media-relay/settings/limits.h"

namespace settings {
namespace {

template <typename T>
using Read = std::expected<T, std::string>;  // error: what was expected

std::unexpected<std::string> expected(std::string what) {
  return std::unexpected(std::move(what));
}

Read<std::string> read_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  return expected("text");
}

std::string range_words(const char* kind, std::int64_t least, std::int64_t most) {
  std::string out = kind;
  if (least != INT64_MIN) out += (most != INT64_MAX ? " from " : " of at least ") + std::to_string(least);
  if (most != INT64_MAX) out += (least != INT64_MIN ? " to " : " of at most ") + std::to_string(most);
  return out;
}

Read<std::int64_t> read_integer(const toml::node& node, IntegerRange range) {
  const auto* value = node.as_integer();
  if (value != nullptr && value->get() >= range.least && value->get() <= range.most) return value->get();
  return expected(range_words("integer", range.least, range.most));
}

std::string duration_words(base::Duration d) {
  const auto ms = std::chrono::duration_cast<base::milliseconds>(d).count();
  if (ms == 0) return "0s";
  if (ms % 86'400'000 == 0) return std::to_string(ms / 86'400'000) + "d";
  if (ms % 3'600'000 == 0) return std::to_string(ms / 3'600'000) + "h";
  if (ms % 60'000 == 0) return std::to_string(ms / 60'000) + "m";
  if (ms % 1000 == 0) return std::to_string(ms / 1000) + "s";
  return std::to_string(ms) + "ms";
}

Read<base::Duration> read_duration(const toml::node& node, DurationRange range) {
  const auto* text = node.as_string();
  const std::optional<base::Duration> value = text == nullptr ? std::nullopt : parse_duration(text->get());
  if (value && *value >= range.least && *value <= range.most) return *value;
  return expected("duration such as \"30s\" or \"200ms\", from " + duration_words(range.least) + " to " +
                  duration_words(range.most));
}

Read<std::uint64_t> read_size(const toml::node& node, std::uint64_t least, std::uint64_t most) {
  std::optional<std::uint64_t> value;
  if (const auto* number = node.as_integer(); number != nullptr && number->get() >= 0)
    value = static_cast<std::uint64_t>(number->get());
  if (const auto* text = node.as_string(); text != nullptr && !text->get().empty()) {
    std::string_view digits = text->get();
    const std::size_t unit = std::string_view("kMG").find(digits.back());
    const unsigned shift = unit == std::string_view::npos ? 0 : static_cast<unsigned>(10 * (unit + 1));
    if (shift > 0) digits.remove_suffix(1);
    value = base::parse_unsigned<std::uint64_t>(digits);
    if (value && *value > (UINT64_MAX >> shift)) value.reset();
    if (value) *value <<= shift;
  }
  if (value && *value >= least && *value <= most) return *value;
  return expected("size such as 65536, \"64k\", \"16M\" or \"1G\", from " + std::to_string(least) + " to " +
                  std::to_string(most));
}

template <typename T>
Read<T> read_parsed(const toml::node& node, const char* what) {
  const auto* text = node.as_string();
  const std::optional<T> value = text == nullptr ? std::nullopt : T::parse(text->get());
  if (value) return *value;
  return expected(what);
}

constexpr const char* kEndpoint = "address and port such as \"192.0.2.1:5060\" or \"[2001:db8::1]:5060\"";
constexpr const char* kAddress = "IP address such as \"192.0.2.1\" or \"2001:db8::1\"";
constexpr const char* kPrefix = "network such as \"192.0.2.0/24\", \"2001:db8::/32\" or one address";

Read<base::Endpoint> read_endpoint(const toml::node& node) {
  return read_parsed<base::Endpoint>(node, kEndpoint);
}
Read<base::IpAddress> read_address(const toml::node& node) {
  return read_parsed<base::IpAddress>(node, kAddress);
}
Read<base::Prefix> read_prefix(const toml::node& node) {
  return read_parsed<base::Prefix>(node, kPrefix);
}

// One key of one table, as the readers see it.
struct Slot {
  Document& document;
  const toml::table* table;
  const toml::node* node;
  std::string path;

  template <typename T, typename F>
  std::optional<T> read(bool required, F&& reader) {
    if (node == nullptr) {
      if (required) document.report(table, path, "missing, but required");
      return std::nullopt;
    }
    Read<T> value = reader(*node);
    if (value) return std::move(*value);
    document.report(node, path, "expected " + value.error() + ", got " + describe(*node));
    return std::nullopt;
  }

  template <typename T, typename F>
  std::vector<T> read_list(F&& reader) {
    std::vector<T> out;
    if (node == nullptr) return out;
    const toml::array* const list = node->as_array();
    if (list == nullptr) {
      document.report(node, path, "expected a list, got " + describe(*node));
      return out;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      Slot element{document, table, list->get(i), path + "[" + std::to_string(i + 1) + "]"};
      if (std::optional<T> value = element.read<T>(true, reader)) out.push_back(std::move(*value));
    }
    return out;
  }
};

Slot slot_of(Document& document, const void* table, const std::string& path, std::string_view key) {
  const toml::node* const node = document.ask(table, key);
  return Slot{document, static_cast<const toml::table*>(table), node, join(path, key)};
}

}  // namespace

std::optional<base::Duration> parse_duration(std::string_view text) {
  base::TextCursor cursor(text);
  if (cursor.at_end()) return std::nullopt;
  base::Duration total{};
  while (!cursor.at_end()) {
    const auto count = base::parse_unsigned<std::uint32_t>(cursor.take_while(base::is_digit));
    if (!count) return std::nullopt;
    base::Duration unit{};
    if (cursor.take("ms"))
      unit = base::milliseconds(1);
    else if (cursor.take('s'))
      unit = base::seconds(1);
    else if (cursor.take('m'))
      unit = base::minutes(1);
    else if (cursor.take('h'))
      unit = base::hours(1);
    else if (cursor.take('d'))
      unit = base::hours(24);
    else
      return std::nullopt;
    if (*count > (base::Duration::max() - total) / unit) return std::nullopt;
    total += *count * unit;
  }
  return total;
}

bool Table::has(std::string_view key) const {
  return document_->ask(node_, key) != nullptr;
}

std::string Table::text(std::string_view key) {
  return slot_of(*document_, node_, path_, key).read<std::string>(true, read_text).value_or("");
}
std::string Table::text(std::string_view key, std::string_view fallback) {
  return maybe_text(key).value_or(std::string(fallback));
}
std::optional<std::string> Table::maybe_text(std::string_view key) {
  return slot_of(*document_, node_, path_, key).read<std::string>(false, read_text);
}

Table::Scalar Table::scalar(std::string_view key) {
  const auto reader = [](const toml::node& node) -> Read<Scalar> {
    if (const auto* flag = node.as_boolean()) return Scalar(flag->get());
    if (const auto* number = node.as_integer()) return Scalar(number->get());
    if (const auto* number = node.as_floating_point()) return Scalar(number->get());
    if (const auto* text = node.as_string()) return Scalar(text->get());
    return expected("true, false, a number or text");
  };
  return slot_of(*document_, node_, path_, key).read<Scalar>(false, reader).value_or(Scalar(false));
}

std::int64_t Table::integer(std::string_view key, IntegerRange range) {
  const auto reader = [range](const toml::node& node) { return read_integer(node, range); };
  return slot_of(*document_, node_, path_, key).read<std::int64_t>(true, reader).value_or(range.least);
}
std::int64_t Table::integer(std::string_view key, IntegerRange range, std::int64_t fallback) {
  return maybe_integer(key, range).value_or(fallback);
}
std::optional<std::int64_t> Table::maybe_integer(std::string_view key, IntegerRange range) {
  const auto reader = [range](const toml::node& node) { return read_integer(node, range); };
  return slot_of(*document_, node_, path_, key).read<std::int64_t>(false, reader);
}

double Table::number(std::string_view key, double least, double most, double fallback) {
  const auto reader = [&](const toml::node& node) -> Read<double> {
    const std::optional<double> value = node.is_number() ? node.value<double>() : std::nullopt;
    if (value && *value >= least && *value <= most) return *value;
    std::string words = "number from ";
    words += describe(toml::value<double>(least)) + " to " + describe(toml::value<double>(most));
    return expected(std::move(words));
  };
  return slot_of(*document_, node_, path_, key).read<double>(false, reader).value_or(fallback);
}

namespace {

Read<bool> read_boolean(const toml::node& node) {
  if (const auto* flag = node.as_boolean()) return flag->get();
  return expected("true or false");
}

}  // namespace

bool Table::boolean(std::string_view key) {
  return slot_of(*document_, node_, path_, key).read<bool>(true, read_boolean).value_or(false);
}
bool Table::boolean(std::string_view key, bool fallback) {
  return slot_of(*document_, node_, path_, key).read<bool>(false, read_boolean).value_or(fallback);
}

base::Duration Table::duration(std::string_view key, DurationRange range) {
  const auto reader = [range](const toml::node& node) { return read_duration(node, range); };
  return slot_of(*document_, node_, path_, key).read<base::Duration>(true, reader).value_or(range.least);
}
base::Duration Table::duration(std::string_view key, DurationRange range, base::Duration fallback) {
  return maybe_duration(key, range).value_or(fallback);
}
std::optional<base::Duration> Table::maybe_duration(std::string_view key, DurationRange range) {
  const auto reader = [range](const toml::node& node) { return read_duration(node, range); };
  return slot_of(*document_, node_, path_, key).read<base::Duration>(false, reader);
}

std::uint64_t Table::size(std::string_view key, std::uint64_t least, std::uint64_t most, std::uint64_t fallback) {
  const auto reader = [=](const toml::node& node) { return read_size(node, least, most); };
  return slot_of(*document_, node_, path_, key).read<std::uint64_t>(false, reader).value_or(fallback);
}

base::Endpoint Table::endpoint(std::string_view key) {
  return slot_of(*document_, node_, path_, key).read<base::Endpoint>(true, read_endpoint).value_or(base::Endpoint{});
}
base::Endpoint Table::endpoint(std::string_view key, const base::Endpoint& fallback) {
  return maybe_endpoint(key).value_or(fallback);
}
std::optional<base::Endpoint> Table::maybe_endpoint(std::string_view key) {
  return slot_of(*document_, node_, path_, key).read<base::Endpoint>(false, read_endpoint);
}
base::IpAddress Table::address(std::string_view key) {
  return slot_of(*document_, node_, path_, key).read<base::IpAddress>(true, read_address).value_or(base::IpAddress{});
}
std::optional<base::IpAddress> Table::maybe_address(std::string_view key) {
  return slot_of(*document_, node_, path_, key).read<base::IpAddress>(false, read_address);
}
base::Prefix Table::prefix(std::string_view key) {
  return slot_of(*document_, node_, path_, key).read<base::Prefix>(true, read_prefix).value_or(base::Prefix{});
}

std::vector<std::string> Table::texts(std::string_view key) {
  return slot_of(*document_, node_, path_, key).read_list<std::string>(read_text);
}
std::vector<base::Prefix> Table::prefixes(std::string_view key) {
  return slot_of(*document_, node_, path_, key).read_list<base::Prefix>(read_prefix);
}
std::vector<base::Endpoint> Table::endpoints(std::string_view key) {
  return slot_of(*document_, node_, path_, key).read_list<base::Endpoint>(read_endpoint);
}

}  // namespace settings
