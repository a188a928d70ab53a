// route(contacts), route{ group = "carriers", number = "+43..." }, route{ contacts, { trunk = "a" }, timeout = 4 },
// route{ { trunk = "a", weight = 3 }, { { trunk = "b" }, { trunk = "c" }, weight = 1 } }, route{ contacts, at_once =
// true }.

#include <algorithm>
#include <array>
#include <optional>

#include "sbc/policy/boxes.h"
#include "sbc/policy/engine.h"
#include "sbc/policy/fields.h"
#include "sbc/policy/header_rules.h"
#include "sbc/policy/readers.h"

namespace sbc::policy {
namespace {

// One of a list, or route's own table.
struct Item {
  int depth = 0;                             // lists around it
  std::optional<std::uint16_t> weight = {};  // among its neighbours
  bool at_once = false;                      // its places are called together
};

void check_name(lua_State* lua, std::string_view what, std::string_view kind, std::string_view name,
                const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  static thread_local std::array<std::string_view, 256> names;  // raising leaves by longjmp: nothing owned here
  const std::size_t count = std::min(names.size(), known.size());
  std::copy_n(known.begin(), count, names.begin());
  std::string& text = engine_of(lua).text;
  text.assign(what).append(": there is no ").append(kind);
  static thread_local std::array<char, 128> prefix;
  const std::size_t size = text.copy(prefix.data(), prefix.size());
  raise_unknown(lua, {prefix.data(), size}, name, std::span(names).first(count));
}

void add(lua_State* lua, std::string_view what, std::vector<Candidate>& out) {
  if (out.size() > kMaxCandidates + kMaxNesting)  // some hold common fields while a list is read
    raise(lua, what, ": more than ", static_cast<std::int64_t>(kMaxCandidates), " candidates");
  out.emplace_back();
}

template <typename T>
struct Word {
  std::string_view text;
  T means;
};
constexpr std::array<Word<OnRedirect>, 3> kRedirects = {
    {{"refuse", OnRedirect::Refuse}, {"follow", OnRedirect::Follow}, {"pass", OnRedirect::Pass}}};

constexpr std::array<Word<LateOffer>, 3> kLateOffer = {
    {{"pass", LateOffer::Pass}, {"offer", LateOffer::Offer}, {"refuse", LateOffer::Refuse}}};
constexpr std::array<Word<MediaSecurity>, 5> kMediaSecurity = {{{"none", MediaSecurity::None},
                                                                {"sdes", MediaSecurity::Sdes},
                                                                {"best-effort", MediaSecurity::BestEffort},
                                                                {"dtls", MediaSecurity::Dtls},
                                                                {"webrtc", MediaSecurity::Webrtc}}};
constexpr std::array<Word<Dtmf>, 4> kDtmf = {
    {{"pass", Dtmf::Pass}, {"rfc4733", Dtmf::Rfc4733}, {"info", Dtmf::Info}, {"inband", Dtmf::Inband}}};
constexpr std::array<Word<Preconditions>, 2> kPreconditions = {
    {{"strip", Preconditions::Strip}, {"refuse", Preconditions::Refuse}}};

// One of a few words; an error names the nearest.
template <typename T, std::size_t n>
T read_word(lua_State* lua, int index, Place place, const std::array<Word<T>, n>& words) {
  const std::string_view text = read_text(lua, index, place, kMaxUri);
  static thread_local std::array<std::string_view, n> options;
  for (std::size_t i = 0; i < n; ++i) {
    if (words[i].text == text) return words[i].means;
    options[i] = words[i].text;
  }
  raise_unknown(lua, "no such value of a place of a route:", text, options);
}

void add_contacts(lua_State* lua, std::string_view what, ContactRange range, std::vector<Candidate>& out) {
  const Engine& engine = engine_of(lua);
  for (std::uint32_t i = 0; i < range.count; ++i) {
    add(lua, what, out);
    const Contact& contact = engine.contacts[range.first + i];
    out.back().kind = Candidate::Kind::Contact;
    out.back().name = contact.uri;
    out.back().contact = contact.token;
  }
}

void read_from(lua_State* lua, std::string_view what, Candidate& common) {
  const int from = lua_gettop(lua);
  if (!lua_istable(lua, from))
    raise(lua, what, ": from must be a table such as { user = \"100\", display = \"Office\" }, not a ",
          type_at(lua, from));
  lua_pushnil(lua);
  while (lua_next(lua, from) != 0) {
    const std::string_view key = is_string(lua, -2) ? text_at(lua, -2) : type_at(lua, -2);
    const int value = lua_gettop(lua);
    expect_declared(lua, "from has no field", key, kFromFields);
    if (key == "user") {
      common.from_user = read_user_part(lua, value, {what, "from.user"});
    } else if (key == "display") {
      common.from_display = read_phrase(lua, value, {what, "from.display"}, kMaxDisplay);
    }
    lua_pop(lua, 1);
  }
}

void expect_place_field(lua_State* lua, std::string_view what, std::string_view key) {
  static thread_local std::array<char, 64> lacks;  // raising leaves by longjmp: nothing owned here
  std::string& text = engine_of(lua).text;
  text.assign(what).append(" has no field");
  expect_declared(lua, {lacks.data(), text.copy(lacks.data(), lacks.size())}, key, kPlaceFields);
}

// What is of the whole route, or of its lists, and of no place by itself. False: `key` is none of them.
bool read_list_field(lua_State* lua, int value, Place place, Item& item, Candidate& common, Made& made) {
  if (place.field == "weight") {
    if (item.depth == 0)
      raise(lua, place.what, ": a weight is one of several places: { { trunk = \"a\", weight = 3 }, ... }");
    item.weight = static_cast<std::uint16_t>(read_whole(lua, value, place, {0, kMaxWeight}));
  } else if (place.field == "draw_by") {
    common.lots.resize(1);
    common.lots.front().drawn_by = read_text(lua, value, place, kMaxDrawnBy);
  } else if (place.field == "at_once") {
    item.at_once = read_boolean(lua, value, place);
  } else if (place.field == "class") {
    if (item.depth != 0) raise(lua, place.what, ": class belongs to the whole route, not to one of its places");
    const std::string_view name = read_text(lua, value, place, kMaxClassName);
    check_name(lua, place.what, place.field, name, engine_of(lua).environment.classes);
    made.call_class = name;
  } else {
    return false;
  }
  return true;
}

// The named fields of the table at `index`, which hold for each candidate that it adds. `destinations` counts how many
// of contacts, trunk, group and uri there are.
void read_fields(lua_State* lua, int index, std::string_view what, Item& item, std::size_t at, Made& made,
                 ContactRange& contacts, int& destinations) {
  Candidate& common = made.candidates[at];
  const Environment& environment = engine_of(lua).environment;
  lua_pushnil(lua);
  while (lua_next(lua, index) != 0) {
    const int value = lua_gettop(lua);
    if (lua_isinteger(lua, -2) != 0) {
      lua_pop(lua, 1);
      continue;
    }
    const std::string_view key = is_string(lua, -2) ? text_at(lua, -2) : type_at(lua, -2);
    expect_place_field(lua, what, key);
    if (read_list_field(lua, value, {what, key}, item, common, made)) {
      // It is read.
    } else if (key == "contacts") {
      if (!contacts_at(lua, value, contacts))
        raise(lua, what, ": contacts must come from location.lookup, not be a ", type_at(lua, value));
      ++destinations;
    } else if (key == "trunk" || key == "group") {
      const bool trunk = key == "trunk";
      const std::string_view name = read_text(lua, value, {what, key}, kMaxUri);
      check_name(lua, what, key, name, trunk ? environment.trunks : environment.groups);
      common.kind = trunk ? Candidate::Kind::Trunk : Candidate::Kind::Group;
      common.name = name;
      ++destinations;
    } else if (key == "uri") {
      common.kind = Candidate::Kind::Uri;
      common.name = read_phrase(lua, value, {what, key}, kMaxUri);
      ++destinations;
    } else if (key == "realm") {
      const std::string_view name = read_text(lua, value, {what, key}, kMaxUri);
      check_name(lua, what, key, name, environment.realms);
      common.realm = name;
    } else if (key == "number") {
      common.number = read_user_part(lua, value, {what, key});
    } else if (key == "timeout") {
      common.timeout_s = read_whole(lua, value, {what, key}, {1, kMaxTimeoutSeconds});
    } else if (key == "ring_timeout") {
      common.ring_timeout_s = read_whole(lua, value, {what, key}, {1, kMaxTimeoutSeconds});
    } else if (key == "max_duration") {
      common.max_duration_s = read_whole(lua, value, {what, key}, {1, kMaxDuration});
    } else if (key == "cdr") {
      read_cdr(lua, value, {what, key}, item.depth == 0 ? made.cdr : common.cdr);
    } else if (key == "headers") {
      read_header_ops(lua, value, {what, key}, common.headers);
    } else if (key == "from") {
      read_from(lua, what, common);
    } else if (key == "redirects") {
      common.redirects = read_word(lua, value, {what, key}, kRedirects);
    } else if (key == "late_offer") {
      common.late_offer = read_word(lua, value, {what, key}, kLateOffer);
    } else if (key == "media_security") {
      common.media_security = read_word(lua, value, {what, key}, kMediaSecurity);
    } else if (key == "codecs") {
      read_codecs(lua, value, {what, key}, common.codecs.emplace());
    } else if (key == "dtmf") {
      common.dtmf = read_word(lua, value, {what, key}, kDtmf);
    } else if (key == "record") {
      common.record = read_recording(lua, value, {what, key});
    } else if (key == "music_on_hold") {
      common.music_on_hold = read_sound(lua, value, {what, key});
    } else if (key == "ringback") {
      common.ringback = read_sound(lua, value, {what, key});
    } else if (key == "welcome") {
      common.welcome = read_sound(lua, value, {what, key});
    } else if (key == "preconditions") {
      common.preconditions = read_word(lua, value, {what, key}, kPreconditions);
    }
    lua_settop(lua, value - 1);
  }
}

// What an element leaves open, the table around it says.
void inherit(Candidate& candidate, const Candidate& common) {
  if (candidate.number.empty()) candidate.number = common.number;
  if (candidate.realm.empty()) candidate.realm = common.realm;
  if (candidate.timeout_s == 0) candidate.timeout_s = common.timeout_s;
  if (candidate.ring_timeout_s == 0) candidate.ring_timeout_s = common.ring_timeout_s;
  if (candidate.max_duration_s == 0) candidate.max_duration_s = common.max_duration_s;
  if (!candidate.from_user) candidate.from_user = common.from_user;
  if (!candidate.from_display) candidate.from_display = common.from_display;
  if (!candidate.redirects) candidate.redirects = common.redirects;
  if (!candidate.late_offer) candidate.late_offer = common.late_offer;
  if (!candidate.media_security) candidate.media_security = common.media_security;
  if (!candidate.codecs) candidate.codecs = common.codecs;
  if (!candidate.dtmf) candidate.dtmf = common.dtmf;
  if (!candidate.record) candidate.record = common.record;
  if (!candidate.music_on_hold) candidate.music_on_hold = common.music_on_hold;
  if (!candidate.ringback) candidate.ringback = common.ringback;
  if (candidate.welcome.empty()) candidate.welcome = common.welcome;
  if (!candidate.preconditions) candidate.preconditions = common.preconditions;
  for (const CdrField& field : common.cdr)
    if (std::ranges::find(candidate.cdr, field.name, &CdrField::name) == candidate.cdr.end())
      candidate.cdr.push_back(field);
  // The element's own changes come last, so that they win.
  candidate.headers.insert(candidate.headers.begin(), common.headers.begin(), common.headers.end());
}

// The candidates from `first` on are called together, those of lists among them, too.
void join(std::vector<Candidate>& out, std::size_t first) {
  const std::uint32_t last = std::ranges::max_element(out, {}, &Candidate::at_once)->at_once;
  for (std::size_t at = first; at < out.size(); ++at) out[at].at_once = last + 1;
}

// Numbers from 1 on, in the order of the route: the same decision is written in the same way.
void number_together(std::vector<Candidate>& out) {
  std::uint32_t before = 0;
  std::uint32_t last = 0;
  for (Candidate& candidate : out) {
    const std::uint32_t read = candidate.at_once;
    if (read == 0) {
      before = 0;
      continue;
    }
    if (read != before) ++last;
    before = read;
    candidate.at_once = last;
  }
}

void read_item(lua_State* lua, int index, std::string_view what, Item& item, Made& made);

// `common`: what holds for the whole list.
void read_list(lua_State* lua, int index, std::string_view what, int depth, std::size_t common, Made& made) {
  std::vector<Candidate>& out = made.candidates;
  const auto count = static_cast<lua_Integer>(lua_rawlen(lua, index));
  for (lua_Integer i = 1; i <= count; ++i) {
    Item element{.depth = depth + 1};
    const std::size_t first = out.size();
    // A nil in the list is a look-up that found nobody: route{ location.lookup(aor), { group = "mail" } }.
    if (lua_rawgeti(lua, index, i) != LUA_TNIL) read_item(lua, lua_gettop(lua), what, element, made);
    lua_pop(lua, 1);
    for (std::size_t at = first; at < out.size(); ++at) {
      Lot& lot = *out[at].lots.insert(out[at].lots.begin(), Lot{static_cast<std::uint32_t>(i), element.weight});
      if (!out[common].lots.empty()) lot.drawn_by = out[common].lots.front().drawn_by;
    }
  }
}

void read_item(lua_State* lua, int index, std::string_view what, Item& item, Made& made) {
  std::vector<Candidate>& out = made.candidates;
  luaL_checkstack(lua, 12, "route");
  ContactRange contacts;
  if (contacts_at(lua, index, contacts)) {
    add_contacts(lua, what, contacts, out);
    return;
  }
  if (!lua_istable(lua, index))
    raise(lua, what, ": expected contacts of location.lookup or a table with trunk, group, uri or contacts, got ",
          type_at(lua, index));

  // The common fields live in `out` while they are read: it belongs to the Engine, this function's stack may not own.
  add(lua, what, out);
  const std::size_t common = out.size() - 1;
  int destinations = 0;
  read_fields(lua, index, what, item, common, made, contacts, destinations);
  if (destinations > 1) raise(lua, what, ": only one of contacts, trunk, group and uri goes into one candidate");
  const bool list = lua_rawlen(lua, index) > 0;
  if (list && item.depth >= kMaxNesting)
    raise(lua, what, ": more than ", static_cast<std::int64_t>(kMaxNesting), " lists within each other");
  if (!list && !out[common].lots.empty()) raise(lua, what, ": draw_by belongs to a list of places with a weight");
  if (item.at_once && !list && out[common].kind != Candidate::Kind::Contact)
    raise(lua, what, ": at_once belongs to contacts or to a list of places");
  if (list && destinations > 0) raise(lua, what, ": either a list of candidates or one of contacts, trunk, group, uri");
  if (!list && destinations == 0) raise(lua, what, ": no destination; give contacts, trunk, group or uri");
  if (!list && contacts.count == 0) return;

  if (list) {
    read_list(lua, index, what, item.depth, common, made);
  } else {
    add_contacts(lua, what, contacts, out);
  }
  for (std::size_t i = common + 1; i < out.size(); ++i) inherit(out[i], out[common]);
  if (item.at_once) join(out, common + 1);
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(common));
}

}  // namespace

void read_route(lua_State* lua, int index, std::string_view what, Made& made) {
  Item whole;
  read_item(lua, index, what, whole, made);
  std::vector<Candidate>& out = made.candidates;
  const auto weighs = [](const Lot& lot) { return lot.weight.has_value(); };
  if (std::ranges::none_of(out, [&](const Candidate& c) { return std::ranges::any_of(c.lots, weighs); }))
    for (Candidate& candidate : out) candidate.lots.clear();
  number_together(out);
  if (out.empty()) raise(lua, what, ": no candidate is left");
  if (out.size() > kMaxCandidates)
    raise(lua, what, ": more than ", static_cast<std::int64_t>(kMaxCandidates), " candidates");
  for (const Candidate& candidate : out) {
    if (candidate.kind == Candidate::Kind::Uri && candidate.realm.empty())
      raise(lua, what, ": a uri needs the realm to leave by: { uri = \"sip:...\", realm = \"core\" }");
    if (candidate.headers.size() > kMaxHeaderOps)
      raise(lua, what, ": more than ", static_cast<std::int64_t>(kMaxHeaderOps), " headers");
    if (candidate.cdr.size() > kMaxCdrFields)
      raise(lua, what, ": cdr: more than ", static_cast<std::int64_t>(kMaxCdrFields), " fields");
  }
}

}  // namespace sbc::policy
