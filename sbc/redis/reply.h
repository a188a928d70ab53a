#pragma once
// What Redis answered, as a value. Internal to the room.

#include <string_view>

#include "sbc/lookup/reply.h"
#include "sbc/redis/settings.h"

struct redisReply;

namespace sbc::redis {

// Texts are texts, integers are integers, nil is null; with `pairs` a list of names and values is an object.
lookup::Reply read_reply(const redisReply& reply, bool pairs, const Settings& settings);
// What an error of the server means: its first word says whether it is about the command or about the server.
lookup::Problem problem_of(std::string_view error);

}  // namespace sbc::redis
