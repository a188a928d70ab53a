#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sbc/app/config_parts.h"

namespace sbc::app {
namespace {

// A bundle of all public authorities is a quarter of this.
constexpr std::size_t kLargestFile = 1024 * 1024;

// The text of a file that `key` names; a relative path means beside the configuration. "" and an error otherwise.
std::string read_file(settings::Table& table, std::string_view key, const std::string& path, const Config& config) {
  const auto place = (std::filesystem::path(config.path).parent_path() / path).string();
  std::ifstream file(place, std::ios::binary);
  if (!file) {
    table.fail(key, "expected a readable file, got " + place + ": " + std::strerror(errno));
    return {};
  }
  std::string text(kLargestFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() <= kLargestFile && !text.empty()) return text;
  table.fail(key, "expected a file with 1 to " + std::to_string(kLargestFile) + " bytes, got " + place);
  return {};
}

tls::KeyPair read_pair(settings::Table& table, const Config& config) {
  tls::KeyPair pair;
  if (const auto path = table.text("certificate"); !path.empty())
    pair.certificate = read_file(table, "certificate", path, config);
  if (const auto path = table.text("key"); !path.empty()) pair.key = read_file(table, "key", path, config);
  return pair;
}

std::string read_authorities(settings::Table& table, std::string_view key, const Config& config) {
  const auto path = table.maybe_text(key);
  return path ? read_file(table, key, *path, config) : std::string{};
}

constexpr std::pair<std::string_view, tls::ClientCertificate> kClientCertificate[] = {
    {"none", tls::ClientCertificate::None},
    {"optional", tls::ClientCertificate::Optional},
    {"required", tls::ClientCertificate::Required}};

const char* key_of(tls::ContextError::Part part) {
  switch (part) {
    case tls::ContextError::Part::Certificate:
      return "certificate";
    case tls::ContextError::Part::Key:
      return "key";
    case tls::ContextError::Part::ClientCa:
      return "client_ca";
    case tls::ContextError::Part::ServerCa:
      return "server_ca";
  }
  return "";
}

bool complete(const tls::ContextOptions& options) {
  for (const auto& pair : options.pairs)
    if (pair.certificate.empty() || pair.key.empty()) return false;
  return options.client_certificate == tls::ClientCertificate::None || !options.client_ca.empty();
}

}  // namespace

std::shared_ptr<const tls::Context> read_tls_client(settings::Table& table, const Config& config, std::string& given) {
  tls::ContextOptions options;
  const auto certificate = table.maybe_text("certificate");
  const auto key = table.maybe_text("key");
  if (certificate.has_value() != key.has_value())
    table.fail(certificate ? "certificate" : "key", "expected certificate and key, or neither");
  options.server_ca = read_authorities(table, "ca", config);
  if (certificate && key)
    options.pairs.push_back({.certificate = read_file(table, "certificate", *certificate, config),
                             .key = read_file(table, "key", *key, config)});
  given = options.server_ca;
  for (const auto& pair : options.pairs) given += pair.certificate + pair.key;
  if (!complete(options) || (table.has("ca") && options.server_ca.empty())) return nullptr;  // reported
  auto made = tls::Context::make_client(options);
  if (made) return *made;
  const bool authorities = made.error().part == tls::ContextError::Part::ServerCa;
  table.fail(authorities ? "ca" : key_of(made.error().part), made.error().text);
  return nullptr;
}

std::shared_ptr<const tls::Context> read_certificates(settings::Table& listener, const Config& config) {
  tls::ContextOptions options;
  options.pairs.push_back(read_pair(listener, config));
  auto others = listener.tables("other_certificate");
  if (others.size() >= tls::kCertificates)
    listener.fail("other_certificate", "expected fewer than " + std::to_string(tls::kCertificates) + " certificates");
  for (auto& other : others) options.pairs.push_back(read_pair(other, config));
  options.client_certificate =
      listener.one_of<tls::ClientCertificate>("client_certificate", kClientCertificate, tls::ClientCertificate::None);
  options.client_ca = read_authorities(listener, "client_ca", config);
  options.server_ca = read_authorities(listener, "server_ca", config);
  if (options.client_certificate != tls::ClientCertificate::None && !listener.has("client_ca"))
    listener.fail("client_ca", "expected the authorities of clients, because client_certificate asks for certificates");
  // What cannot be read has been reported.
  if (!complete(options)) return nullptr;
  auto made = tls::Context::make(options);
  if (made) return *made;
  settings::Table& table = made.error().pair == 0 ? listener : others[made.error().pair - 1];
  table.fail(key_of(made.error().part), made.error().text);
  return nullptr;
}

}  // namespace sbc::app
