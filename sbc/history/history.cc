#include "sbc/history/history.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/auth/algorithm.h"
#include "sbc/history/durable_file.h"

namespace sbc::history {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kShortestHash = 4;  // digits that somebody gives instead of all

std::string log_of(const std::string& folder) {
  return folder + "/log.jsonl";
}

bool is_hash(std::string_view text) {
  return text.size() == kHashDigits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Json json_of(const Entry& entry) {
  Json line;
  line["number"] = entry.number;
  line["at"] = entry.at;
  line["hash"] = entry.hash;
  line["main"] = entry.main;
  line["how"] = entry.coming.how;
  if (!entry.coming.author.empty()) line["author"] = entry.coming.author;
  if (!entry.coming.note.empty()) line["note"] = entry.coming.note;
  return line;
}

std::string line_of(const Entry& entry) {
  return json_of(entry).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// A name that stays in its folder: what stands in a file is not ours alone.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name.find('/') == std::string::npos && !name.starts_with('.');
}

std::optional<Entry> entry_of(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto text = [&json](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto number = [&json](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : -1;
  };
  Entry entry{.number = static_cast<std::uint64_t>(std::max<std::int64_t>(number("number"), 0)),
              .at = number("at"),
              .hash = text("hash"),
              .main = text("main"),
              .coming = {.how = text("how"), .author = text("author"), .note = text("note")}};
  if (entry.number == 0 || entry.at < 0 || !is_hash(entry.hash) || !is_plain_name(entry.main)) return std::nullopt;
  return entry;
}

std::string note_of(const std::string& folder, const std::string& hash) {
  return folder + "/notes/" + hash + ".json";
}

// What was said about a policy. A file that says nothing is as good as none.
Coming said(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error || size > kMaxNoteBytes) return {};
  std::ifstream in(path, std::ios::binary);
  const Json json = Json::parse(std::string{std::istreambuf_iterator<char>(in), {}}, nullptr, false);
  const auto text = [&json](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>()
                                                                           : std::string();
  };
  return {.how = {}, .author = text("author"), .note = text("note")};
}

// Into a folder of another name, which gets its own when all of it is on the disk.
std::expected<void, std::string> keep_text(const std::string& folder, const std::string& hash,
                                           const policy::Bundle& bundle) {
  const fs::path whole = fs::path(folder) / hash;
  const fs::path part = fs::path(folder) / (".part-" + hash);
  std::error_code error;
  if (fs::is_directory(whole, error)) return {};
  fs::remove_all(part, error);
  std::set<fs::path> made{part};
  for (const auto& file : bundle.files()) {
    const fs::path path = part / file.name;
    fs::create_directories(path.parent_path(), error);
    if (error) return std::unexpected(path.parent_path().string() + ": " + error.message());
    made.insert(path.parent_path());
    if (auto written = write_file(path.string(), file.text); !written) return written;
  }
  for (const auto& path : made)
    if (auto settled = settle_folder(path.string()); !settled) return settled;
  fs::rename(part, whole, error);
  if (error) return std::unexpected(whole.string() + ": " + error.message());
  return settle_folder(folder);
}

}  // namespace

std::string hash_of(const policy::Bundle& bundle) {
  std::string all = std::to_string(bundle.main().size()) + ":" + bundle.main();
  for (const auto& file : bundle.files())
    for (const std::string* text : {&file.name, &file.text})
      all.append(std::to_string(text->size())).append(":").append(*text);
  return auth::digest_of(auth::Hash::Sha256, {all});
}

std::expected<History, std::string> History::read(const std::string& folder) {
  History history(folder, kMaxEntries);
  if (auto good = history.read_log(); !good) return std::unexpected(good.error());
  return history;
}

std::expected<History, std::string> History::open(const std::string& folder, std::size_t keep) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return std::unexpected(folder + ": " + error.message());
  History history(folder, keep);
  if (auto good = history.read_log(); !good) return std::unexpected(good.error());
  return history;
}

std::expected<void, std::string> History::read_log() {
  const std::string path = log_of(folder_);
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    if (!fs::is_directory(folder_, error)) return std::unexpected(folder_ + ": there is no such folder");
    return {};
  }
  if (const auto size = fs::file_size(path, error); error || size > kMaxLogBytes)
    return std::unexpected(path + ": " +
                           (error ? error.message() : "larger than " + std::to_string(kMaxLogBytes) + " bytes"));
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad() || !in.is_open()) return std::unexpected(path + ": cannot be read");
  torn_ = !text.empty() && !text.ends_with('\n');
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty()) continue;
    auto entry = entry_of(line);
    // Numbers count up: what does not is no line of ours.
    if (!entry || (!entries_.empty() && entry->number <= entries_.back().number))
      ++unreadable_;
    else
      entries_.push_back(*std::move(entry));
  }
  return {};
}

std::expected<void, std::string> History::say(const policy::Bundle& bundle, const std::string& author,
                                              const std::string& note) const {
  const std::string path = note_of(folder_, hash_of(bundle));
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) return std::unexpected(fs::path(path).parent_path().string() + ": " + error.message());
  Json json;
  json["author"] = author.substr(0, kMaxAuthor);
  json["note"] = note.substr(0, kMaxNote);
  if (auto written = write_file(path, json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"); !written)
    return written;
  // sbc has another user than whoever says something, and knows ours as nobody's (PrivateUsers of its unit).
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read | fs::perms::others_read,
                  error);
  if (error) return std::unexpected(path + ": " + error.message());
  return {};
}

std::string to_json(const History& history) {
  auto all = Json::array();
  for (const auto& entry : history.entries()) all.push_back(json_of(entry));
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::expected<bool, std::string> History::add(const policy::Bundle& bundle, Coming coming, std::int64_t now) {
  const std::string hash = hash_of(bundle);
  if (!entries_.empty() && entries_.back().hash == hash) return false;
  if (auto kept = keep_text(folder_, hash, bundle); !kept) return std::unexpected(kept.error());
  const auto words = said(note_of(folder_, hash));
  if (coming.author.empty()) coming.author = words.author.empty() ? coming.by : words.author;
  if (coming.note.empty()) coming.note = words.note;
  coming.author.resize(std::min(coming.author.size(), kMaxAuthor));
  coming.note.resize(std::min(coming.note.size(), kMaxNote));
  Entry entry{.number = entries_.empty() ? 1 : entries_.back().number + 1,
              .at = now,
              .hash = hash,
              .main = bundle.main(),
              .coming = std::move(coming)};
  if (auto written = append_to_file(log_of(folder_), (torn_ ? "\n" : "") + line_of(entry)); !written)
    return std::unexpected(written.error());
  torn_ = false;
  entries_.push_back(std::move(entry));
  std::error_code error;
  fs::remove(note_of(folder_, hash), error);
  if (auto dropped = drop_old(); !dropped) return std::unexpected(dropped.error());
  return true;
}

std::expected<void, std::string> History::drop_old() {
  if (entries_.size() <= keep_) return {};
  const std::vector<Entry> kept(entries_.end() - static_cast<std::ptrdiff_t>(keep_), entries_.end());
  std::string text;
  std::set<std::string> hashes;
  for (const auto& entry : kept) {
    text += line_of(entry);
    hashes.insert(entry.hash);
  }
  const std::string path = log_of(folder_);
  if (auto written = write_file(path + ".part", text); !written) return written;
  std::error_code error;
  fs::rename(path + ".part", path, error);
  if (error) return std::unexpected(path + ": " + error.message());
  if (auto settled = settle_folder(folder_); !settled) return settled;
  for (const auto& entry : entries_)
    if (!hashes.contains(entry.hash)) fs::remove_all(folder_of(entry), error);
  entries_ = kept;
  return {};
}

const Entry* History::find(std::uint64_t number) const {
  const auto found = std::ranges::find(entries_, number, &Entry::number);
  return found == entries_.end() ? nullptr : &*found;
}

const Entry* History::find(std::string_view hash) const {
  if (hash.size() < kShortestHash) return nullptr;
  const Entry* found = nullptr;
  for (const auto& entry : entries_) {
    if (!entry.hash.starts_with(hash)) continue;
    if (found != nullptr && found->hash != entry.hash) return nullptr;
    found = &entry;
  }
  return found;
}

const Entry* History::named(std::string_view text) const {
  const Entry* entry = nullptr;
  if (const auto number = base::parse_unsigned<std::uint64_t>(text)) entry = find(*number);
  return entry != nullptr ? entry : find(text);
}

const Entry* History::before_last() const {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry)
    if (entry->hash != entries_.back().hash && entry->coming.how != "canary") return &*entry;
  return nullptr;
}

std::expected<policy::Bundle, std::string> History::bundle(const Entry& entry) const {
  auto bundle = policy::Bundle::read(folder_of(entry) + "/" + entry.main);
  if (!bundle) return std::unexpected(bundle.error().message());
  if (hash_of(*bundle) != entry.hash)
    return std::unexpected(folder_of(entry) + ": is not what ran: its files have been changed since");
  return *std::move(bundle);
}

}  // namespace sbc::history
