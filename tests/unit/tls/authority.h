#pragma once
// Certificates made on the spot: an authority and what it signs.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "sbc/tls/context.h"

namespace sbc::tls {

struct Wish {
  std::string common_name = "somebody";
  std::string alternatives = {};  // "DNS:example.com,URI:sip:example.com,IP:192.0.2.1"; "": no subjectAltName
  std::string usage = {};         // of extendedKeyUsage; "": none
  long from = -3600;              // seconds from now
  long to = 3600;
};

class Authority {
 public:
  Authority() : key_(make_key()), certificate_(sign({.common_name = "authority"}, *key_, nullptr, true)) {}

  std::string pem() const { return pem_of(*certificate_); }
  KeyPair issue(const Wish& wish) const {
    const Key key = make_key();
    const Cert certificate = sign(wish, *key, certificate_.get(), false);
    return {.certificate = pem_of(*certificate), .key = pem_of(*key)};
  }

 private:
  using Key = std::shared_ptr<EVP_PKEY>;
  using Cert = std::shared_ptr<X509>;

  static Key make_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

  static void extend(X509* certificate, const X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, const_cast<X509*>(issuer == nullptr ? certificate : issuer), certificate, nullptr, nullptr,
                   0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  Cert sign(const Wish& wish, EVP_PKEY& key, const X509* issuer, bool authority) const {
    static long serial = 1;
    Cert certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), wish.from);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wish.to);
    X509_set_pubkey(certificate.get(), &key);
    X509_NAME* const subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), issuer == nullptr ? subject : X509_get_subject_name(issuer));
    extend(certificate.get(), issuer, NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!wish.alternatives.empty()) extend(certificate.get(), issuer, NID_subject_alt_name, wish.alternatives);
    if (!wish.usage.empty()) extend(certificate.get(), issuer, NID_ext_key_usage, wish.usage);
    X509_sign(certificate.get(), issuer == nullptr ? &key : key_.get(), EVP_sha256());
    return certificate;
  }

  static std::string taken(BIO* bio) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    std::string pem(text, static_cast<std::size_t>(size));
    BIO_free(bio);
    return pem;
  }
  static std::string pem_of(X509& certificate) {
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, &certificate);
    return taken(bio);
  }
  static std::string pem_of(EVP_PKEY& key) {
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, &key, nullptr, nullptr, 0, nullptr, nullptr);
    return taken(bio);
  }

  Key key_;
  Cert certificate_;
};

}  // namespace sbc::tls
