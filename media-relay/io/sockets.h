#pragma once
// The `sockets` back end: a socket per port, epoll, one receive and one send per packet. Needs no privileges. Media
// comes at 50 packets a second and port, so that a socket hardly ever holds two packets and system calls for many
// packets only cost more.

#include <expected>
#include <memory>
#include <string>

#include "media-relay/io/backend.h"

namespace io {

// Fails when the process is out of descriptors.
std::expected<std::unique_ptr<Backend>, std::string> make_sockets_backend();

}  // namespace io
