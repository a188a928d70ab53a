#include "sbc/register/binding.h"

#include <algorithm>

#include "sbc/sip/uri.h"

namespace sbc::registrar {
namespace {

struct Tentative {
  Binding binding;
  bool touched = false;  // by this update
};

bool is_old(const Binding& binding, const Update& update) {
  return binding.call_id == update.call_id && update.cseq <= binding.cseq;
}

bool same_uri(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto x = sip::parse_uri(a);
  const auto y = sip::parse_uri(b);
  return x && y && sip::equivalent(*x, *y);
}

// RFC 5626 6: with instance and reg-id the URI does not matter. A binding of the same URI from before the phone spoke
// RFC 5626 is the same phone.
bool matches(const Binding& binding, const ContactChange& change) {
  const bool by_flow = !change.instance.empty() && !change.reg_id.empty();
  if (!by_flow) return same_uri(binding.contact_uri, change.uri);
  if (binding.instance == change.instance && binding.reg_id == change.reg_id) return true;
  return binding.reg_id.empty() && same_uri(binding.contact_uri, change.uri);
}

Binding binding_from(const Update& update, const ContactChange& change, base::Instant now) {
  Binding b;
  b.aor = update.aor;
  b.contact_uri = change.uri;
  b.contact_params = change.params;
  b.q = change.q;
  b.has_q = change.has_q;
  b.expires = now + base::seconds(change.expires_s);
  b.updated = now;
  b.call_id = update.call_id;
  b.cseq = update.cseq;
  b.flow = update.flow;
  b.received_from = update.flow.remote.text();
  b.user_agent = update.user_agent;
  b.instance = change.instance;
  b.reg_id = change.reg_id;
  b.path = update.path;
  b.path_vouched = update.path_vouched;
  b.given_pub_gruu = change.given_pub_gruu;
  b.given_temp_gruu = change.given_temp_gruu;
  b.service_route = update.service_route;
  return b;
}

class Merger {
 public:
  Merger(std::span<const Binding> current, const Update& update, base::Instant now) : update_(update), now_(now) {
    for (const Binding& binding : current)
      if (binding.expires > now) set_.push_back({binding, false});
  }

  std::expected<Merged, UpdateError> run() {
    if (update_.remove_all) {
      if (std::ranges::any_of(set_, [&](const Tentative& t) { return is_old(t.binding, update_); }))
        return std::unexpected(UpdateError::OutOfOrder);
      out_.removed = static_cast<std::uint32_t>(set_.size());
      return std::move(out_);
    }
    for (const ContactChange& change : update_.changes)
      if (!apply(change)) return std::unexpected(UpdateError::OutOfOrder);
    // Only what adds is refused: after the limit was lowered, phones that are there may stay.
    if (out_.added > 0 && set_.size() > update_.max_contacts) return std::unexpected(UpdateError::TooManyContacts);
    for (Tentative& tentative : set_) out_.bindings.push_back(std::move(tentative.binding));
    sort_by_preference(out_.bindings);
    return std::move(out_);
  }

 private:
  // False: out of order.
  bool apply(const ContactChange& change) {
    const auto found = std::ranges::find_if(set_, [&](const Tentative& t) { return matches(t.binding, change); });
    // A contact that is there twice in one request: the later one counts (it is not out of order with itself).
    if (found != set_.end() && !found->touched && is_old(found->binding, update_)) return false;
    if (change.expires_s == 0) {
      if (found == set_.end()) return true;
      set_.erase(found);
      ++out_.removed;
      return true;
    }
    const std::uint64_t epoch = epoch_for(change);
    if (found != set_.end()) {
      if (!found->touched) ++out_.refreshed;
      *found = {binding_from(update_, change, now_), true};
    } else {
      set_.push_back({binding_from(update_, change, now_), true});
      ++out_.added;
    }
    if (!change.instance.empty())
      for (Tentative& tentative : set_)
        if (tentative.binding.instance == change.instance) tentative.binding.gruu_epoch = epoch;
    drop_earlier_lives(change);
    return true;
  }

  // RFC 5627 5.1: asks the binding of that instance, and of that flow if it is one, that was refreshed last. All
  // bindings of the instance take what this says.
  std::uint64_t epoch_for(const ContactChange& change) const {
    if (change.instance.empty()) return 0;
    const Binding* last = nullptr;
    std::uint64_t current = 0;
    for (const Tentative& tentative : set_) {
      const Binding& binding = tentative.binding;
      if (binding.instance != change.instance) continue;
      current = std::max(current, binding.gruu_epoch);
      if (!change.reg_id.empty() && binding.reg_id != change.reg_id) continue;
      if (last == nullptr || binding.updated > last->updated) last = &binding;
    }
    const bool ended = last != nullptr && last->call_id != update_.call_id;
    return current != 0 && !ended ? current : update_.next_epoch;
  }

  // A phone that restarted: same instance and reg-id, new Call-ID.
  void drop_earlier_lives(const ContactChange& change) {
    if (change.instance.empty()) return;
    const auto gone = std::ranges::remove_if(set_, [&](const Tentative& t) {
      return !t.touched && t.binding.instance == change.instance && t.binding.reg_id == change.reg_id &&
             t.binding.call_id != update_.call_id;
    });
    out_.removed += static_cast<std::uint32_t>(gone.size());
    set_.erase(gone.begin(), gone.end());
  }

  const Update& update_;
  base::Instant now_;
  std::vector<Tentative> set_;
  Merged out_;
};

}  // namespace

std::uint32_t Binding::expires_in(base::Instant now) const {
  if (expires <= now) return 0;
  return static_cast<std::uint32_t>(std::chrono::ceil<base::seconds>(expires - now).count());
}

void sort_by_preference(std::vector<Binding>& bindings) {
  // Of two as good and as old, the URI decides, so that every look-up gives one order.
  std::ranges::sort(bindings, [](const Binding& a, const Binding& b) {
    if (a.silent != b.silent) return b.silent;
    if (a.q != b.q) return a.q > b.q;
    if (a.updated != b.updated) return a.updated > b.updated;
    return a.contact_uri < b.contact_uri;
  });
}

std::expected<Merged, UpdateError> merge(std::span<const Binding> current, const Update& update, base::Instant now) {
  return Merger(current, update, now).run();
}

std::string contact_value(const Binding& binding, base::Instant now) {
  std::string out = "<" + binding.contact_uri + ">";
  if (!binding.contact_params.empty()) out += ";" + binding.contact_params;
  if (binding.has_q) {
    const auto thousandths = static_cast<unsigned>(std::min(1.0F, binding.q) * 1000.0F + 0.5F);
    std::string digits = std::to_string(1000 + thousandths % 1000).substr(1);
    out += thousandths >= 1000 ? ";q=1.000" : ";q=0." + digits;
  }
  return out + ";expires=" + std::to_string(binding.expires_in(now));
}

}  // namespace sbc::registrar
