#include "media-relay/secure/dtls_bio.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "media-relay/secure/limits.h"

namespace secure {
namespace {

DatagramLink& link_of(BIO* bio) {
  return *static_cast<DatagramLink*>(BIO_get_data(bio));
}

int write_datagram(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto datagram = std::as_bytes(std::span(bytes, static_cast<std::size_t>(size)));
  link_of(bio).output.emplace_back(datagram.begin(), datagram.end());
  return size;
}

int read_datagram(BIO* bio, char* to, int room) {
  BIO_clear_retry_flags(bio);
  DatagramLink& link = link_of(bio);
  if (link.input.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t size = std::min(link.input.size(), static_cast<std::size_t>(room));
  std::memcpy(to, link.input.data(), size);
  if (!link.peeking) link.input = {};
  return static_cast<int>(size);
}

long control(BIO* bio, int command, long number, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_DGRAM_SET_PEEK_MODE:
      link_of(bio).peeking = number != 0;
      return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
      return static_cast<long>(kDtlsMtu);
    default:
      return 0;
  }
}

struct FreeMethod {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

const BIO_METHOD* method() {
  static const std::unique_ptr<BIO_METHOD, FreeMethod> made = [] {
    std::unique_ptr<BIO_METHOD, FreeMethod> out(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams of a session"));
    if (!out || BIO_meth_set_write(out.get(), write_datagram) != 1 ||
        BIO_meth_set_read(out.get(), read_datagram) != 1 || BIO_meth_set_ctrl(out.get(), control) != 1)
      out.reset();
    return out;
  }();
  return made.get();
}

}  // namespace

BIO* make_datagram_bio(DatagramLink& link) {
  if (method() == nullptr) return nullptr;
  BIO* bio = BIO_new(method());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &link);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace secure
