#pragma once
// Typed reading of a TOML file. On toml++.
//
//   auto file = settings::File::load("/etc/parapet/sbc.toml");          // syntax errors, unreadable file
//   settings::Table root = file->root();
//   auto port = root.table("admin").integer("port", {1, 65535}, 9090);
//   if (auto ok = file->finish(); !ok) print(ok.error());               // everything that was wrong, not only the
//   first
//
// Readers never fail on the spot: what is wrong is noted and a fallback (or a zero value) is returned, so that one run
// finds all mistakes. Each key that nobody asked for is a mistake as well, reported with the nearest key that was asked
// for.

#include <concepts>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"

namespace settings {

// sbc.toml:12:8: realm.access.port: expected integer from 1 to 65535, got "x"
struct Error {
  std::string file;
  std::uint32_t line = 0;  // 0: no place in the file
  std::uint32_t column = 0;
  std::string key;   // dotted path, "" for the file itself
  std::string text;  // "expected ..., got ...; did you mean ...?"
  std::string full() const;
};
using Errors = std::vector<Error>;
std::string full(const Errors& errors);  // one line each

struct IntegerRange {
  std::int64_t least = INT64_MIN;
  std::int64_t most = INT64_MAX;
};
struct DurationRange {
  base::Duration least = base::Duration::zero();
  base::Duration most = base::hours(24 * 366);
};

struct Document;  // inside the room

// A table of the file, or a missing one: that reads as empty, and its required keys are reported missing. Valid as long
// as its File.
class Table {
 public:
  bool present() const { return node_ != nullptr; }
  bool has(std::string_view key) const;              // counts as asking for the key
  std::vector<std::string> keys() const;             // in file order; does not count as asking
  const std::string& path() const { return path_; }  // "realm.access", "" for the root, "trunk[2]"

  // Without a fallback the key is required; maybe_... reports only wrong values.
  std::string text(std::string_view key);
  std::string text(std::string_view key, std::string_view fallback);
  std::optional<std::string> maybe_text(std::string_view key);

  std::int64_t integer(std::string_view key, IntegerRange range);
  std::int64_t integer(std::string_view key, IntegerRange range, std::int64_t fallback);
  std::optional<std::int64_t> maybe_integer(std::string_view key, IntegerRange range);

  double number(std::string_view key, double least, double most, double fallback);  // integer or float

  bool boolean(std::string_view key);
  bool boolean(std::string_view key, bool fallback);

  // "200ms", "30s", "5m", "1h30m", "2d"; text, so that the unit is always said.
  base::Duration duration(std::string_view key, DurationRange range);
  base::Duration duration(std::string_view key, DurationRange range, base::Duration fallback);
  std::optional<base::Duration> maybe_duration(std::string_view key, DurationRange range);

  // "64k", "16M", "1G" (powers of 1024) or a plain integer.
  std::uint64_t size(std::string_view key, std::uint64_t least, std::uint64_t most, std::uint64_t fallback);

  base::Endpoint endpoint(std::string_view key);  // "192.0.2.1:5060", "[2001:db8::1]:5060"
  base::Endpoint endpoint(std::string_view key, const base::Endpoint& fallback);
  std::optional<base::Endpoint> maybe_endpoint(std::string_view key);
  base::IpAddress address(std::string_view key);
  std::optional<base::IpAddress> maybe_address(std::string_view key);
  base::Prefix prefix(std::string_view key);  // "192.0.2.0/24" or a bare address

  // A value of any of these kinds, for keys whose meaning somebody else knows; false when missing.
  using Scalar = std::variant<bool, std::int64_t, double, std::string>;
  Scalar scalar(std::string_view key);

  // Lists; missing is empty. Each wrong element is an error with its own place.
  std::vector<std::string> texts(std::string_view key);
  std::vector<base::Prefix> prefixes(std::string_view key);
  std::vector<base::Endpoint> endpoints(std::string_view key);

  // Text, or "file:/path" (contents without the last newline), or "env:NAME". The value never appears in an error.
  std::string secret(std::string_view key);
  std::optional<std::string> maybe_secret(std::string_view key);

  // One of a few words. `Enum` may be any type.
  template <typename Enum>
  Enum one_of(std::string_view key, std::span<const std::pair<std::string_view, Enum>> words,
              std::optional<Enum> fallback) {
    std::vector<std::string_view> names;
    for (const auto& [name, value] : words) names.push_back(name);
    const std::optional<std::size_t> at = word_index(key, names, !fallback.has_value());
    if (at) return words[*at].second;
    return fallback ? *fallback : words.front().second;
  }

  Table table(std::string_view key);                // [key]; missing reads as empty
  Table required_table(std::string_view key);       // missing is an error
  std::vector<Table> tables(std::string_view key);  // [[key]]; missing is empty
  // [key.name] for each name, in file order.
  std::vector<std::pair<std::string, Table>> named_tables(std::string_view key);

  // Reports what only the caller can know ("no such realm"), at this key's place; `key` "" means the table itself.
  // With `valid`, adds the nearest of them to the text when `got` looks like a typing error.
  void fail(std::string_view key, std::string text);
  void fail(std::string_view key, std::string text, std::string_view got, std::span<const std::string> valid);

 private:
  friend class File;
  friend struct Document;
  Table(Document& document, const void* node, std::string path)
      : document_(&document), node_(node), path_(std::move(path)) {}
  std::optional<std::size_t> word_index(std::string_view key, std::span<const std::string_view> names, bool required);

  Document* document_;
  const void* node_;  // toml::table, null when missing
  std::string path_;
};

class File {
 public:
  // Errors: unreadable, too large (limits.h), TOML syntax.
  static std::expected<File, Errors> load(const std::string& path);
  static std::expected<File, Errors> parse(std::string_view text, const std::string& name);
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;
  ~File();

  Table root();
  // Everything noted so far plus all keys that nobody asked for, in file order. Call when all reading is done.
  std::expected<void, Errors> finish();

 private:
  explicit File(std::unique_ptr<Document> document);
  std::unique_ptr<Document> document_;
};

// "1h30m", "200ms"; nullopt on anything else. Units: ms s m h d.
std::optional<base::Duration> parse_duration(std::string_view text);

}  // namespace settings
