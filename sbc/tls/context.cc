#include "sbc/tls/context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <map>
#include <optional>

#include "media-relay/base/text.h"

#include "sbc/tls/identity.h"
#include "sbc/tls/limits.h"

namespace sbc::tls {
namespace {

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Ctx = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Cert = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;

using Part = ContextError::Part;

struct LoadedPair {
  std::vector<Cert> chain;
  Key key;
};

int no_passphrase(char*, int, int, void*) {
  return -1;
}

std::vector<Cert> read_certificates(const std::string& pem) {
  std::vector<Cert> all;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (X509* const one = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) all.emplace_back(one);
  ERR_clear_error();
  return all;
}

std::string last_error() {
  const char* const text = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return text == nullptr ? "unknown error" : text;
}

std::expected<LoadedPair, ContextError> load(const KeyPair& pair, std::size_t index) {
  const auto wrong = [&](Part part, std::string text) {
    return std::unexpected(ContextError{part, index, std::move(text)});
  };
  LoadedPair loaded{.chain = read_certificates(pair.certificate), .key = {}};
  if (loaded.chain.empty()) return wrong(Part::Certificate, "expected certificates in PEM form, found none");
  const Bio bio(BIO_new_mem_buf(pair.key.data(), static_cast<int>(pair.key.size())));
  loaded.key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (!loaded.key) return wrong(Part::Key, "expected a private key in PEM form without a passphrase, found none");
  const int match = X509_check_private_key(loaded.chain.front().get(), loaded.key.get());
  ERR_clear_error();
  if (match != 1) return wrong(Part::Key, "the key does not belong to the certificate");
  return loaded;
}

std::int64_t end_of(const X509& certificate) {
  std::tm tm{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &tm) != 1) return 0;
  return static_cast<std::int64_t>(timegm(&tm));
}

std::optional<std::string> trust(SSL_CTX* ctx, const std::string& pem) {
  const std::vector<Cert> authorities = read_certificates(pem);
  if (authorities.empty()) return "expected certificates in PEM form, found none";
  for (const Cert& authority : authorities) X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), authority.get());
  ERR_clear_error();
  return std::nullopt;
}

// Sessions are neither cached nor resumed: SIP connections live for hours, and a session that comes back would bypass
// the certificates that a reload has brought.
void harden(SSL_CTX* ctx) {
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(ctx, 0);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify_depth(ctx, kChainDepth);
}

std::expected<Ctx, std::string> new_context(const SSL_METHOD* method) {
  Ctx ctx(SSL_CTX_new(method));
  if (!ctx) return std::unexpected(last_error());
  harden(ctx.get());
  return ctx;
}

std::expected<Ctx, std::string> base_of(const SSL_METHOD* method, const LoadedPair& pair) {
  auto made = new_context(method);
  if (!made) return made;
  Ctx ctx = *std::move(made);
  if (SSL_CTX_use_certificate(ctx.get(), pair.chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(ctx.get(), pair.key.get()) != 1)
    return std::unexpected("OpenSSL refuses it: " + last_error());  // too weak a key, mostly
  for (std::size_t i = 1; i < pair.chain.size(); ++i) SSL_CTX_add1_chain_cert(ctx.get(), pair.chain[i].get());
  return ctx;
}

}  // namespace

struct Context::Inner {
  std::vector<Ctx> servers;  // by pair
  Ctx client;
  std::map<std::string, SSL_CTX*, std::less<>> by_name;  // lower case
  std::int64_t expires = std::numeric_limits<std::int64_t>::max();

  static int on_server_name(SSL* ssl, int*, void* arg) {
    const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_OK;
    const auto& names = static_cast<const Inner*>(arg)->by_name;
    if (const auto found = names.find(base::to_lower(name)); found != names.end()) SSL_set_SSL_CTX(ssl, found->second);
    return SSL_TLSEXT_ERR_OK;
  }

  std::expected<void, ContextError> ask_clients(const ContextOptions& options) {
    if (options.client_certificate == ClientCertificate::None) return {};
    const bool required = options.client_certificate == ClientCertificate::Required;
    // In all of them: SNI changes the whole context, authorities included.
    for (const Ctx& ctx : servers) {
      if (auto wrong = trust(ctx.get(), options.client_ca))
        return std::unexpected(ContextError{Part::ClientCa, 0, *wrong});
      for (const Cert& authority : read_certificates(options.client_ca))
        SSL_CTX_add_client_CA(ctx.get(), authority.get());
      SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    }
    return {};
  }

  std::expected<void, ContextError> trust_servers(const ContextOptions& options) {
    SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
    if (options.server_ca.empty()) {
      SSL_CTX_set_default_verify_paths(client.get());
      return {};
    }
    if (auto wrong = trust(client.get(), options.server_ca))
      return std::unexpected(ContextError{Part::ServerCa, 0, *wrong});
    return {};
  }
};

Context::Context(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
Context::~Context() = default;

std::expected<std::shared_ptr<const Context>, ContextError> Context::make(const ContextOptions& options) {
  auto inner = std::make_unique<Inner>();
  const std::size_t count = std::min(options.pairs.size(), kCertificates);
  if (count == 0) return std::unexpected(ContextError{Part::Certificate, 0, "expected a certificate, got none"});
  for (std::size_t i = 0; i < count; ++i) {
    auto pair = load(options.pairs[i], i);
    if (!pair) return std::unexpected(std::move(pair.error()));
    auto server = base_of(TLS_server_method(), *pair);
    if (!server) return std::unexpected(ContextError{Part::Certificate, i, std::move(server.error())});
    const X509& certificate = *pair->chain.front();
    for (const std::string& name : identity_of(certificate).domains) inner->by_name.emplace(name, server->get());
    inner->expires = std::min(inner->expires, end_of(certificate));
    inner->servers.push_back(std::move(*server));
    if (i == 0) inner->client = *base_of(TLS_client_method(), *pair);
  }
  SSL_CTX_set_tlsext_servername_callback(inner->servers.front().get(), Inner::on_server_name);
  SSL_CTX_set_tlsext_servername_arg(inner->servers.front().get(), inner.get());
  if (auto done = inner->ask_clients(options); !done) return std::unexpected(std::move(done.error()));
  if (auto done = inner->trust_servers(options); !done) return std::unexpected(std::move(done.error()));
  return std::shared_ptr<const Context>(new Context(std::move(inner)));
}

std::expected<std::shared_ptr<const Context>, ContextError> Context::make_client(const ContextOptions& options) {
  auto inner = std::make_unique<Inner>();
  std::expected<Ctx, std::string> client = std::unexpected(std::string());
  if (options.pairs.empty()) {
    client = new_context(TLS_client_method());
  } else {
    const auto pair = load(options.pairs.front(), 0);
    if (!pair) return std::unexpected(pair.error());
    client = base_of(TLS_client_method(), *pair);
    inner->expires = end_of(*pair->chain.front());
  }
  if (!client) return std::unexpected(ContextError{Part::Certificate, 0, std::move(client.error())});
  inner->client = *std::move(client);
  if (auto done = inner->trust_servers(options); !done) return std::unexpected(std::move(done.error()));
  return std::shared_ptr<const Context>(new Context(std::move(inner)));
}

std::int64_t Context::expires() const {
  return inner_->expires;
}
ssl_ctx_st* Context::server() const {
  return inner_->servers.front().get();
}
ssl_ctx_st* Context::client() const {
  return inner_->client.get();
}

}  // namespace sbc::tls
