#pragma once
// The fields that a decision may have, with their types: the one list from which the engine refuses what it does not
// know, `sbcctl policy check` finds it before it runs, and the stubs for editors are written. Types are spelled as
// LuaLS has them (language.h).

#include <array>
#include <lua.hpp>
#include <span>
#include <string_view>

namespace sbc::policy {

struct Declared {
  std::string_view name;
  std::string_view type;
};

// A place of a route, and route's own table (candidates.cc).
inline constexpr std::array<Declared, 26> kPlaceFields = {{
    {"contacts", "Contacts|Contact"},
    {"trunk", "TrunkName"},
    {"group", "GroupName"},
    {"uri", "string"},
    {"realm", "RealmName"},
    {"number", "string|integer"},
    {"timeout", "integer"},
    {"ring_timeout", "integer"},
    {"headers", "HeaderChanges"},
    {"from", "CallerAs"},
    {"redirects", R"("refuse"|"follow"|"pass")"},
    {"late_offer", R"("pass"|"offer"|"refuse")"},
    {"preconditions", R"("strip"|"refuse")"},
    {"media_security", R"("none"|"sdes"|"best-effort"|"dtls"|"webrtc")"},
    {"codecs", "Codecs"},
    {"dtmf", R"("pass"|"rfc4733"|"info"|"inband")"},
    {"record", "Record"},
    {"music_on_hold", "string"},
    {"ringback", "string"},
    {"welcome", "string"},
    {"max_duration", "integer"},
    {"weight", "integer"},
    {"draw_by", "string"},
    {"at_once", "boolean"},
    {"cdr", "CdrFields"},
    {"class", "ClassName"},
}};
inline constexpr std::array<Declared, 2> kFromFields = {{{"user", "string|integer"}, {"display", "string"}}};
// What location.lookup gives of each phone; a fact, read in contacts.cc.
inline constexpr std::array<Declared, 7> kContactFields = {{{"uri", "string"},
                                                            {"aor", "string"},
                                                            {"user_agent", "string"},
                                                            {"source_ip", "string"},
                                                            {"transport", "string"},
                                                            {"q", "number"},
                                                            {"expires_in", "integer"}}};
// How one party sounded, or looked, on one media line: of an ending; pushed in facts.cc.
inline constexpr std::array<Declared, 13> kStreamFields = {{{"line", "integer"},
                                                            {"kind", "string"},
                                                            {"party", R"("caller"|"callee")"},
                                                            {"codec", "string"},
                                                            {"packets", "integer"},
                                                            {"mos", "number?"},
                                                            {"loss", "number?"},
                                                            {"jitter_ms", "number?"},
                                                            {"round_trip_ms", "number?"},
                                                            {"reported_mos", "number?"},
                                                            {"reported_loss", "number?"},
                                                            {"inside_ms", "number?"},
                                                            {"longest_inside_ms", "number?"}}};
// call.sdp, and each of its lines; pushed in facts.cc.
inline constexpr std::array<Declared, 7> kSdpFields = {
    {{"kinds", "string[]"},
     {"codecs", "string[]"},
     {"direction", R"("sendrecv"|"sendonly"|"recvonly"|"inactive"|"")"},
     {"security", R"("none"|"sdes"|"dtls")"},
     {"ice", "boolean"},
     {"host", "string"},
     {"lines", "SdpLine[]"}}};
inline constexpr std::array<Declared, 7> kSdpLineFields = {
    {{"kind", "string"},
     {"transport", "string"},
     {"port", "integer"},
     {"codecs", "string[]"},
     {"direction", R"("sendrecv"|"sendonly"|"recvonly"|"inactive")"},
     {"security", R"("none"|"sdes"|"dtls")"},
     {"host", "string"}}};
// call.registration; pushed in facts.cc.
inline constexpr std::array<Declared, 7> kRegistrationFields = {{{"aor", "string"},
                                                                 {"uri", "string"},
                                                                 {"user_agent", "string"},
                                                                 {"source_ip", "string"},
                                                                 {"transport", "string"},
                                                                 {"q", "number"},
                                                                 {"expires_in", "integer"}}};
// codecs.cc
inline constexpr std::array<Declared, 7> kCodecFields = {{{"allow", "string[]"},
                                                          {"deny", "string[]"},
                                                          {"order", "string[]"},
                                                          {"force", "string[]"},
                                                          {"transcode", "string[]"},
                                                          {"ptime", "integer"},
                                                          {"maxptime", "integer"}}};
// recording.cc
inline constexpr std::array<Declared, 7> kRecordFields = {{{"wav", "boolean"},
                                                           {"pcap", "boolean"},
                                                           {"siprec", "string"},
                                                           {"required", "boolean"},
                                                           {"control", "boolean"},
                                                           {"early", "boolean"},
                                                           {"announcement", "string"}}};
// constructors.cc
inline constexpr std::array<Declared, 4> kAcceptFields = {
    {{"min_expires", "integer"}, {"max_expires", "integer"}, {"expires", "integer"}, {"max_contacts", "integer"}}};
inline constexpr std::array<Declared, 2> kRefusalFields = {{{"announcement", "string"}, {"cdr", "CdrFields"}}};
// constructors.cc: of a response in on_provisional, of one in on_answer, and both for editors.
inline constexpr std::array<Declared, 4> kProvisionalFields = {
    {{"status", "integer"}, {"reason", "string"}, {"early_media", "boolean"}, {"headers", "HeaderChanges"}}};
inline constexpr std::array<Declared, 2> kAnswerFields = {{{"headers", "HeaderChanges"}, {"max_duration", "integer"}}};
inline constexpr std::array<Declared, 5> kChangeFields = {{{"status", "integer"},
                                                           {"reason", "string"},
                                                           {"early_media", "boolean"},
                                                           {"headers", "HeaderChanges"},
                                                           {"max_duration", "integer"}}};
// What on_nat answers (answers.cc).
inline constexpr std::array<Declared, 5> kNatFields = {{{"symmetric_signalling", "boolean"},
                                                        {"latch", R"("learn"|"strict"|"hear")"},
                                                        {"latch_from", "string[]"},
                                                        {"keep_alive", R"("none"|"options"|"crlf"|"stun")"},
                                                        {"keep_alive_interval", "integer"}}};
// http.cc: what a service answered, and what http.get and http.post may be told.
inline constexpr std::array<Declared, 3> kHttpAnswerFields = {
    {{"status", "integer"}, {"json", "any"}, {"body", "string?"}}};
inline constexpr std::array<Declared, 3> kHttpGetFields = {
    {{"timeout", "number"}, {"headers", "table"}, {"cache", "number"}}};
inline constexpr std::array<Declared, 3> kHttpPostFields = {
    {{"timeout", "number"}, {"headers", "table"}, {"json", "any"}}};
// dns.cc
inline constexpr std::array<Declared, 2> kEnumFields = {{{"timeout", "number"}, {"suffix", "string"}}};
inline constexpr std::array<Declared, 1> kDnsFields = {{{"timeout", "number"}}};
inline constexpr std::array<Declared, 4> kSrvRecordFields = {
    {{"target", "string"}, {"port", "integer"}, {"priority", "integer"}, {"weight", "integer"}}};
inline constexpr std::array<Declared, 4> kEnumRecordFields = {
    {{"uri", "string"}, {"service", "string"}, {"order", "integer"}, {"preference", "integer"}}};
// redis.cc
inline constexpr std::array<Declared, 2> kRedisFields = {{{"timeout", "number"}, {"cache", "number"}}};

// Raises unless `key` is among `fields`; `lacks` begins the error: "codecs has no field".
void expect_declared(lua_State* lua, std::string_view lacks, std::string_view key, std::span<const Declared> fields);

}  // namespace sbc::policy
