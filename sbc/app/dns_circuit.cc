#include "sbc/app/dns_circuit.h"

#include <utility>

namespace sbc::app {

bool DnsCircuit::ask(const std::string& service, const route::Question& question, resolve::Resolver::RecordsDone done) {
  if (resolver_.knows(question)) {
    resolver_.ask(question, std::move(done));
    return true;
  }
  if (!breaker_.admits(service, rule_, loop_.now())) return false;
  resolver_.ask(question, [this, service, done = std::move(done)](const route::DnsAnswer& answer) {
    using enum route::DnsAnswer::Outcome;
    if (answer.outcome == Found || answer.outcome == Nothing) {
      breaker_.succeeded(service);
    } else {
      breaker_.failed(service, rule_, loop_.now());
    }
    done(answer);
  });
  return true;
}

}  // namespace sbc::app
