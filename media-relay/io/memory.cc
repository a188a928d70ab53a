#include "media-relay/io/memory.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace io {

bool MemoryBackend::deliver(Datagram datagram) {
  const std::lock_guard lock(mutex_);
  for (std::uint32_t i = 0; i < ports_.size(); ++i) {
    if (!ports_[i] || ports_[i].local() != datagram.to) continue;
    waiting_.push_back({packet::PortIndex{i}, std::move(datagram)});
    changed_.notify_one();
    return true;
  }
  return false;
}

std::vector<MemoryBackend::Datagram> MemoryBackend::take_sent() {
  const std::lock_guard lock(mutex_);
  return std::exchange(sent_, {});
}

std::size_t MemoryBackend::attached() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(ports_, [](const Socket& s) { return static_cast<bool>(s); }));
}

std::expected<packet::PortIndex, std::string> MemoryBackend::attach(Socket socket) {
  const std::lock_guard lock(mutex_);
  if (!socket || socket.local().empty()) return std::unexpected("expected a socket with an address");
  for (const Socket& s : ports_)
    if (s && s.local() == socket.local()) return std::unexpected(socket.local().text() + " is attached already");
  auto place = std::ranges::find_if(ports_, [](const Socket& s) { return !s; });
  if (place == ports_.end()) place = ports_.emplace(ports_.end());
  *place = std::move(socket);
  marks_.resize(ports_.size());
  marks_[static_cast<std::size_t>(place - ports_.begin())].reset();
  return packet::PortIndex{static_cast<std::uint32_t>(place - ports_.begin())};
}

void MemoryBackend::detach(packet::PortIndex port) {
  const std::lock_guard lock(mutex_);
  if (port.value >= ports_.size()) return;
  ports_[port.value] = Socket();
  std::erase_if(waiting_, [&](const Waiting& w) { return w.port == port; });
}

bool MemoryBackend::mark(packet::PortIndex port, std::uint8_t dscp) {
  const std::lock_guard lock(mutex_);
  if (port.value >= ports_.size() || !ports_[port.value]) return false;
  marks_[port.value] = dscp;
  return true;
}

void MemoryBackend::receive(packet::Batch& batch, base::Duration wait) {
  std::unique_lock lock(mutex_);
  const auto something = [&] { return woken_ || !waiting_.empty(); };
  // A day at most: the clock behind the wait overflows with "never".
  if (wait > base::Duration{}) changed_.wait_for(lock, std::min<base::Duration>(wait, base::hours(24)), something);
  woken_ = false;
  while (!waiting_.empty() && !batch.full()) {
    Waiting w = std::move(waiting_.front());
    waiting_.pop_front();
    if (w.datagram.bytes.size() > packet::kMaxDatagramBytes) {
      ++counters_.oversized;
      continue;
    }
    const auto storage = buffers_[batch.size()];
    std::memcpy(storage.data(), w.datagram.bytes.data(), w.datagram.bytes.size());
    packet::Packet& p = batch.add();
    p.assign(storage, w.datagram.bytes.size());
    p.arrived_on = w.port;
    p.source = w.datagram.from;
    ++counters_.received_packets;
    counters_.received_bytes += p.size();
  }
}

void MemoryBackend::transmit(packet::Batch& batch) {
  const std::lock_guard lock(mutex_);
  for (const packet::Packet& p : batch.packets()) {
    if (!p.leaves()) continue;
    const auto bytes = p.bytes();
    sent_.push_back({ports_[p.leaves_by.value].local(), p.destination,
                     std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
                     p.dscp == packet::Packet::kMarkOfPort ? marks_[p.leaves_by.value] : p.dscp});
    ++counters_.sent_packets;
    counters_.sent_bytes += bytes.size();
  }
}

void MemoryBackend::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

}  // namespace io
