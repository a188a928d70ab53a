#pragma once
// What all handshakes of one listener have in common: certificates, keys, authorities. Immutable; a reload makes a new
// one, and sessions keep the one they began with. Safe to use from several threads at once.

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;

namespace sbc::tls {

// What is asked of those who connect to us.
enum class ClientCertificate : std::uint8_t {
  None,
  Optional,  // one that is shown must be good
  Required
};

// PEM texts, not names of files.
struct KeyPair {
  std::string certificate;  // the certificate first, then the chain
  std::string key;          // not encrypted
};

struct ContextOptions {
  std::vector<KeyPair>
      pairs;  // at least one. SNI chooses; the first stands for every other name, and for us as a client
  ClientCertificate client_certificate = ClientCertificate::None;
  std::string client_ca;  // whose certificates clients may show
  std::string server_ca;  // whose certificates servers must show; "": the authorities that the system trusts
};

struct ContextError {
  enum class Part : std::uint8_t { Certificate, Key, ClientCa, ServerCa };
  Part part = Part::Certificate;
  std::size_t pair = 0;  // which one of the pairs
  std::string text;      // "the key does not belong to the certificate"
};

class Context {
 public:
  static std::expected<std::shared_ptr<const Context>, ContextError> make(const ContextOptions& options);
  // For those who only connect to others: `pairs` may be empty, and then nobody is shown a certificate of ours.
  static std::expected<std::shared_ptr<const Context>, ContextError> make_client(const ContextOptions& options);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // When the first of the certificates ends, seconds since 1970.
  std::int64_t expires() const;

 private:
  friend class Session;
  struct Inner;
  explicit Context(std::unique_ptr<Inner> inner);
  ssl_ctx_st* server() const;
  ssl_ctx_st* client() const;
  std::unique_ptr<Inner> inner_;
};

}  // namespace sbc::tls
