#pragma once
// What each engine makes (context.h chooses).

#include <memory>

#include "media-relay/secure/context.h"

namespace secure {

std::unique_ptr<Sender> make_openssl_sender(const Parameters& parameters);
std::unique_ptr<Receiver> make_openssl_receiver(const Parameters& parameters);
// libsrtp 2.5.0 derives the session keys of AES-192 with a longer key padded with zeros, where RFC 6188 section 3 asks
// for AES-192: nobody else understands the result. Those suites are always served by our engine.
bool is_right_in_libsrtp(Suite suite);
std::unique_ptr<Sender> make_libsrtp_sender(const Parameters& parameters);
std::unique_ptr<Receiver> make_libsrtp_receiver(const Parameters& parameters);

}  // namespace secure
