#pragma once
// Translations between the configuration, the rooms and the metrics, for the shard.

#include <string_view>
#include <vector>

#include "media-relay/observe/log.h"

#include "sbc/admin/shard_metrics.h"
#include "sbc/app/config.h"
#include "sbc/call/core.h"
#include "sbc/call/output.h"
#include "sbc/exchange/exchange.h"
#include "sbc/net/transports.h"
#include "sbc/register/registrar.h"
#include "sbc/relay_client/relay_link.h"
#include "sbc/resolve/resolver.h"
#include "sbc/route/detours.h"
#include "sbc/transaction/counters.h"

namespace sbc::app {

// Outside dialogs.
inline constexpr std::string_view kAllowOutside = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER";

net::Setup net_setup(const Config& config, std::uint8_t shard, net::Aliases* aliases = nullptr);
// RFC 3261 18.1.1: the TCP listener beside each UDP listener.
std::vector<std::optional<transaction::TcpTwin>> tcp_twins(const Config& config);
std::vector<relay_client::LinkOptions> relay_links(const Config& config, std::uint8_t shard);
observe::Level level_of(call::Note::Level level);

// One message on its way out, by method and class.
void count_out(admin::ShardMetrics& metrics, std::string_view bytes);
void count_record(admin::ShardMetrics& metrics, const call::CallRecord& record);
admin::RegisterResult register_result(const sip::Message& request, int status, bool refreshed = false);
void copy(const transaction::Counters& from, admin::ShardMetrics& to);
void copy(const resolve::Counters& from, admin::ShardMetrics& to);
void copy(const route::Detours& from, admin::ShardMetrics& to);
// Refusals that the rooms count for themselves, under the operator's reasons.
void copy(const call::Counters& calls, const registrar::RegistrarCounters& registrations,
          const registrar::IdentityCounters& identities, admin::ShardMetrics& to);
void copy(const call::CredentialCounters& from, admin::ShardMetrics& to);
void copy(const call::LeakCounters& from, admin::ShardMetrics& to);
void copy(const exchange::Exchange& from, admin::ShardMetrics& to);

}  // namespace sbc::app
