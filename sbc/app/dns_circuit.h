#pragma once
// What policies ask the DNS, with a circuit breaker for each of the names below which they may ask: while the servers
// of one fail or are silent, calls go on without it at once. What is known is told all the same.

#include <string>

#include "media-relay/loop/event_loop.h"

#include "sbc/lookup/breaker.h"
#include "sbc/resolve/resolver.h"

namespace sbc::app {

class DnsCircuit {
 public:
  DnsCircuit(loop::EventLoop& loop, resolve::Resolver& resolver) : loop_(loop), resolver_(resolver) {}

  void use(const lookup::BreakerRule& rule) { rule_ = rule; }
  // False: what is below `service` rests, and `done` is not called. Else it is called once, perhaps before this
  // returns.
  bool ask(const std::string& service, const route::Question& question, resolve::Resolver::RecordsDone done);

 private:
  loop::EventLoop& loop_;
  resolve::Resolver& resolver_;
  lookup::BreakerRule rule_;
  lookup::Breaker breaker_;
};

}  // namespace sbc::app
