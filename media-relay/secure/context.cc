#include "media-relay/secure/context.h"

#include "media-relay/secure/engines.h"

namespace secure {

std::string_view name_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::Malformed:
      return "malformed";
    case Refusal::Unauthentic:
      return "unauthentic";
    case Refusal::Replayed:
      return "replayed";
    case Refusal::UnknownKey:
      return "unknown_key";
    case Refusal::TooManyStreams:
      return "too_many_streams";
    case Refusal::KeyExpired:
      return "key_expired";
    case Refusal::NoRoom:
      return "no_room";
  }
  return "unknown";
}

std::string_view name_of(Engine engine) {
  return engine == Engine::OpenSsl ? "openssl" : "libsrtp";
}

std::unique_ptr<Sender> make_sender(Engine engine, const Parameters& parameters) {
  const bool theirs = engine == Engine::Libsrtp && is_right_in_libsrtp(parameters.suite);
  return theirs ? make_libsrtp_sender(parameters) : make_openssl_sender(parameters);
}

std::unique_ptr<Receiver> make_receiver(Engine engine, const Parameters& parameters) {
  const bool theirs = engine == Engine::Libsrtp && is_right_in_libsrtp(parameters.suite);
  return theirs ? make_libsrtp_receiver(parameters) : make_openssl_receiver(parameters);
}

}  // namespace secure
