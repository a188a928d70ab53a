#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <tuple>

#include "media-relay/base/text.h"
#include "media-relay/settings/document.h"
#include "media-relay/settings/limits.h"

namespace settings {
namespace {

std::unexpected<Errors> one_error(const std::string& name, std::string text) {
  return std::unexpected(Errors{{.file = name, .line = 0, .column = 0, .key = "", .text = std::move(text)}});
}

}  // namespace

std::string Error::full() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
  out += ": ";
  if (!key.empty()) out += key + ": ";
  return out + text;
}

std::string full(const Errors& errors) {
  std::string out;
  for (const Error& error : errors) out += error.full() + "\n";
  return out;
}

File::File(std::unique_ptr<Document> document) : document_(std::move(document)) {}
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;
File::~File() = default;

std::expected<File, Errors> File::load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return one_error(path, std::string("cannot be read: ") + std::strerror(errno));
  std::string text;
  std::string chunk(64 * 1024, '\0');
  while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || in.gcount() > 0) {
    text.append(chunk, 0, static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMostFileBytes)
      return one_error(path, "expected at most " + std::to_string(kMostFileBytes) + " bytes, got more");
  }
  // A directory opens and then does not read.
  if (in.bad() || (!in.eof() && in.fail())) return one_error(path, "cannot be read");
  return parse(text, path);
}

std::expected<File, Errors> File::parse(std::string_view text, const std::string& name) {
  if (text.size() > kMostFileBytes)
    return one_error(name, "expected at most " + std::to_string(kMostFileBytes) + " bytes, got more");
  auto document = std::make_unique<Document>();
  document->name = name;
  try {
    document->root = toml::parse(text, std::string_view(name));
  } catch (const toml::parse_error& error) {
    const auto& where = error.source().begin;
    return std::unexpected(Errors{{.file = name,
                                   .line = where.line,
                                   .column = where.column,
                                   .key = "",
                                   .text = std::string(error.description())}});
  }
  return File(std::move(document));
}

Table File::root() {
  return document_->table_at(&document_->root, "");
}

std::expected<void, Errors> File::finish() {
  Errors& errors = document_->errors;
  document_->report_unknown();
  if (errors.empty()) return {};
  // In file order; what has no place (missing at the top) comes last.
  std::ranges::sort(errors, {}, [](const Error& e) {
    return std::tuple(e.line == 0 ? UINT32_MAX : e.line, e.column, std::string_view(e.key), std::string_view(e.text));
  });
  if (errors.size() > kMostErrors) {
    const std::string more = std::to_string(errors.size() - kMostErrors) + " more errors";
    errors.resize(kMostErrors);
    errors.push_back({.file = document_->name, .line = 0, .column = 0, .key = "", .text = more});
  }
  return std::unexpected(std::exchange(errors, {}));
}

}  // namespace settings
