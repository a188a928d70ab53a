---@meta
-- What a policy of Parapet finds in the language, for editors with LuaLS. Written by
-- `sbcctl policy stubs`; a test says when it is old.

---@alias TrunkName string
---@alias GroupName string
---@alias RealmName string
---@alias ClassName string

---@class Call
---@field attempts Attempt[]
---@field auth_user string
---@field authenticated boolean
---@field behind_nat boolean
---@field call_id string
---@field emergency boolean
---@field from Address
---@field has_sdp boolean
---@field header_values fun(name: string): string[]
---@field headers Headers
---@field method string
---@field realm string
---@field recent_failures integer
---@field referred_by string
---@field registered_aor string
---@field registered_source boolean
---@field registration CallerRegistration?
---@field replaces string
---@field ruri string
---@field sdp Sdp?
---@field source_ip string
---@field source_port integer
---@field time Time
---@field tls_peer string[]
---@field to Address
---@field to_header Address
---@field transport "UDP"|"TCP"|"TLS"|"WS"|"WSS"
---@field trunk string
---@field user_agent string

---@class Registration
---@field auth_user string
---@field authenticated boolean
---@field behind_nat boolean
---@field call_id string
---@field challenge_unless_authenticated fun(): Accept|Challenge
---@field contacts string[]
---@field expires integer
---@field from Address
---@field header_values fun(name: string): string[]
---@field headers Headers
---@field method string
---@field realm string
---@field recent_failures integer
---@field removes_all boolean
---@field ruri string
---@field source_ip string
---@field source_port integer
---@field time Time
---@field tls_peer string[]
---@field to Address
---@field to_header Address
---@field transport "UDP"|"TCP"|"TLS"|"WS"|"WSS"
---@field trunk string
---@field user_agent string

---@class Request
---@field auth_user string
---@field authenticated boolean
---@field behind_nat boolean
---@field call_id string
---@field from Address
---@field header_values fun(name: string): string[]
---@field headers Headers
---@field method string
---@field realm string
---@field recent_failures integer
---@field registered_aor string
---@field registered_source boolean
---@field ruri string
---@field source_ip string
---@field source_port integer
---@field target_party string
---@field time Time
---@field tls_peer string[]
---@field to Address
---@field to_header Address
---@field transport "UDP"|"TCP"|"TLS"|"WS"|"WSS"
---@field trunk string
---@field user_agent string

---@class Leg
---@field behind_nat boolean
---@field contact_host string
---@field media_host string
---@field realm string
---@field side "caller"|"callee"|"registration"
---@field source_ip string
---@field transport "UDP"|"TCP"|"TLS"|"WS"|"WSS"
---@field trunk string
---@field user_agent string

---@class Attempt
---@field cause "response"|"timeout"|"transport"
---@field contacts Address[]
---@field early_media boolean
---@field elapsed_ms integer
---@field group string
---@field next string
---@field number integer
---@field pdd_ms integer?
---@field rang boolean
---@field realm string
---@field reason string
---@field remaining integer
---@field retry_after integer
---@field rung_ms integer?
---@field status integer
---@field target string
---@field trunk string
---@field usual "next"|"stop"|"follow"|"pass"

---@class Quality
---@field codec string
---@field elapsed_ms integer
---@field event "low"|"recovered"|"silent"
---@field falls integer
---@field jitter_ms number?
---@field loss number?
---@field mos number?
---@field party "caller"|"callee"
---@field reported_loss number?
---@field reported_mos number?
---@field round_trip_ms number?
---@field trunk string
---@field worst_mos number?

---@class Ending
---@field answered boolean
---@field callee_loss number?
---@field callee_mos number?
---@field callee_worst_mos number?
---@field caller_loss number?
---@field caller_mos number?
---@field caller_worst_mos number?
---@field cause "bye"|"cancel"|"rejected"|"media_timeout"|"timeout"|"max_duration"|"hung_up"|"error"|"shutdown"
---@field cdr CdrFields
---@field class string
---@field duration_ms integer
---@field ended_by "caller"|"callee"|"border"
---@field pdd_ms integer?
---@field reason string
---@field rung_ms integer?
---@field setup_ms integer
---@field silent "caller"|"callee"|""
---@field status integer
---@field streams Stream[]
---@field trunk string

---@class Address
---@field aor string
---@field display string
---@field host string
---@field port integer
---@field scheme string
---@field uri string
---@field user string

---@class Headers
---@field [string] string?

---@class Response
---@field elapsed_ms integer
---@field group string
---@field has_sdp boolean
---@field header_values fun(name: string): string[]
---@field headers Headers
---@field number integer
---@field realm string
---@field reason string
---@field reliable boolean
---@field status integer
---@field target string
---@field trunk string
---@field user_agent string

---@class Event
---@field body string
---@field content_type string
---@field digit string
---@field duration_ms integer
---@field elapsed_ms integer
---@field event "reinvite"|"refer"|"info"|"dtmf"
---@field has_sdp boolean
---@field header_values fun(name: string): string[]
---@field headers Headers
---@field hold "hold"|"resume"|""
---@field method string
---@field party "caller"|"callee"
---@field refer_to Address
---@field unchanged boolean

---@class Timer
---@field elapsed_ms integer
---@field name string
---@field number integer

---@class Contact
---@field uri string
---@field aor string
---@field user_agent string
---@field source_ip string
---@field transport string
---@field q number
---@field expires_in integer

---@class Stream
---@field line integer
---@field kind string
---@field party "caller"|"callee"
---@field codec string
---@field packets integer
---@field mos number?
---@field loss number?
---@field jitter_ms number?
---@field round_trip_ms number?
---@field reported_mos number?
---@field reported_loss number?
---@field inside_ms number?
---@field longest_inside_ms number?

---@class Sdp
---@field kinds string[]
---@field codecs string[]
---@field direction "sendrecv"|"sendonly"|"recvonly"|"inactive"|""
---@field security "none"|"sdes"|"dtls"
---@field ice boolean
---@field host string
---@field lines SdpLine[]

---@class SdpLine
---@field kind string
---@field transport string
---@field port integer
---@field codecs string[]
---@field direction "sendrecv"|"sendonly"|"recvonly"|"inactive"
---@field security "none"|"sdes"|"dtls"
---@field host string

---@class CallerRegistration
---@field aor string
---@field uri string
---@field user_agent string
---@field source_ip string
---@field transport string
---@field q number
---@field expires_in integer

---@class Time
---@field year integer
---@field month integer
---@field day integer
---@field hour integer
---@field minute integer
---@field second integer
---@field weekday integer
---@field date string
---@field clock string
---@field unix integer

---@class EnumRecord
---@field uri string
---@field service string
---@field order integer
---@field preference integer

---@class SrvRecord
---@field target string
---@field port integer
---@field priority integer
---@field weight integer

---@class HttpAnswer
---@field status integer
---@field json any
---@field body string?

---@class Place
---@field contacts? Contacts|Contact
---@field trunk? TrunkName
---@field group? GroupName
---@field uri? string
---@field realm? RealmName
---@field number? string|integer
---@field timeout? integer
---@field ring_timeout? integer
---@field headers? HeaderChanges
---@field from? CallerAs
---@field redirects? "refuse"|"follow"|"pass"
---@field late_offer? "pass"|"offer"|"refuse"
---@field preconditions? "strip"|"refuse"
---@field media_security? "none"|"sdes"|"best-effort"|"dtls"|"webrtc"
---@field codecs? Codecs
---@field dtmf? "pass"|"rfc4733"|"info"|"inband"
---@field record? Record
---@field music_on_hold? string
---@field ringback? string
---@field welcome? string
---@field max_duration? integer
---@field weight? integer
---@field draw_by? string
---@field at_once? boolean
---@field cdr? CdrFields
---@field class? ClassName
---@field [integer] Place|Contacts|Contact

---@class CallerAs
---@field user? string|integer
---@field display? string

---@class CdrFields
---@field [string] string|number

---@class Codecs
---@field allow? string[]
---@field deny? string[]
---@field order? string[]
---@field force? string[]
---@field transcode? string[]
---@field ptime? integer
---@field maxptime? integer

---@class Record
---@field wav? boolean
---@field pcap? boolean
---@field siprec? string
---@field required? boolean
---@field control? boolean
---@field early? boolean
---@field announcement? string

---@class AcceptOptions
---@field min_expires? integer
---@field max_expires? integer
---@field expires? integer
---@field max_contacts? integer

---@class RefusalOptions
---@field announcement? string
---@field cdr? CdrFields

---@class EnumOptions
---@field timeout? number
---@field suffix? string

---@class DnsOptions
---@field timeout? number

---@class HttpGetOptions
---@field timeout? number
---@field headers? table
---@field cache? number

---@class HttpPostOptions
---@field timeout? number
---@field headers? table
---@field json? any

---@class RedisOptions
---@field timeout? number
---@field cache? number

---@class ResponseChanges
---@field status? integer
---@field reason? string
---@field early_media? boolean
---@field headers? HeaderChanges
---@field max_duration? integer

---@class NatTreatment
---@field symmetric_signalling? boolean
---@field latch? "learn"|"strict"|"hear"
---@field latch_from? string[]
---@field keep_alive? "none"|"options"|"crlf"|"stun"
---@field keep_alive_interval? integer

---@class HeaderChanges
---@field [string] string|string[]|boolean|{ add: string|string[] }

---@class HeaderValues
---@field [string] string|string[]

---@class Route

---@class Reject

---@class Redirect

---@class GiveUp

---@class Challenge

---@class Drop

---@class Accept

---@class Next

---@class Follow

---@class Pass

---@class Contacts
---@field [integer] Contact

---@class Change

---@class Hide

---@class HangUp

---@class lib.counter
---@field get fun(name: string, window: integer): integer
---@field incr fun(name: string, window: integer, amount?: integer): integer

---@class lib.dns
---@field enum fun(number: string, options?: EnumOptions): EnumRecord[]?, string?
---@field lookup fun(name: string, type?: "A"|"AAAA"|"SRV"|"TXT", options?: DnsOptions): (string|SrvRecord)[]?, string?

---@class lib.groups
---@field exists fun(name: string): boolean
---@field names string[]

---@class lib.http
---@field escape fun(text: string): string
---@field get fun(url: string, options?: HttpGetOptions): HttpAnswer?, string?
---@field post fun(url: string, options: HttpPostOptions): HttpAnswer?, string?

---@class lib.ip
---@field inside fun(address: string, ...: string): boolean
---@field is_private fun(address: string): boolean

---@class lib.json
---@field decode fun(text: string): any, string?
---@field encode fun(value: any): string

---@class lib.location
---@field calls fun(address: string): integer
---@field known fun(address: string): boolean
---@field lookup fun(address: string): Contacts?

---@class lib.log
---@field debug fun(...: any)
---@field error fun(...: any)
---@field info fun(...: any)
---@field warning fun(...: any)

---@class lib.realms
---@field calls fun(name: RealmName): integer
---@field exists fun(name: string): boolean
---@field names string[]

---@class lib.redis
---@field command fun(command: string, ...: string|number|RedisOptions): any, string?
---@field get fun(key: string|integer, options?: RedisOptions): string?, string?
---@field hget fun(key: string|integer, field: string|integer, options?: RedisOptions): string?, string?
---@field hgetall fun(key: string|integer, options?: RedisOptions): table?, string?

---@class lib.settings
---@field [string] string|number|boolean|nil

---@class lib.sql
---@field query fun(query: string, ...: string|number|boolean|nil): table[]?, string?

---@class lib.tables
---@field find fun(table: string, key: string): any
---@field prefix fun(table: string, text: string): any, string?

---@class lib.timer
---@field cancel fun(name: string)
---@field set fun(name: string, seconds: integer)

---@class lib.trunks
---@field calls fun(name: TrunkName): integer
---@field exists fun(name: string): boolean
---@field names string[]

---@class Policy
---@field on_invite fun(call: Call): Route|Reject|Redirect|Challenge|Drop
---@field on_register? fun(reg: Registration): Accept|Reject|Challenge|Drop
---@field on_request? fun(request: Request): Accept|Route|Reject|Redirect|Challenge|Drop
---@field on_nat? fun(leg: Leg): NatTreatment|nil
---@field on_failure? fun(call: Call, attempt: Attempt): Next|GiveUp|Reject|Redirect|Route|Follow|Pass|nil
---@field on_media_quality? fun(call: Call, quality: Quality): any
---@field on_end? fun(call: Call, ending: Ending): any
---@field on_screen? fun(request: Request): Accept|Reject|Drop|nil
---@field on_provisional? fun(call: Call, response: Response): Change|Hide|nil
---@field on_answer? fun(call: Call, response: Response): Change|HangUp|nil
---@field on_reinvite? fun(call: Call, event: Event): Accept|Reject|HangUp|nil
---@field on_refer? fun(call: Call, event: Event): Accept|Reject|HangUp|nil
---@field on_info? fun(call: Call, event: Event): Accept|Reject|HangUp|nil
---@field on_dtmf? fun(call: Call, event: Event): HangUp|nil
---@field on_timer? fun(call: Call, due: Timer): HangUp|nil

---@type fun(options?: AcceptOptions): Accept
accept = nil
---@type fun(): Challenge
challenge = nil
---@type fun(changes: ResponseChanges): Change
change = nil
---@type lib.counter
counter = nil
---@type fun(status?: integer, reason?: string, headers?: HeaderValues): Reject
deny = nil
---@type lib.dns
dns = nil
---@type fun(): Drop
drop = nil
---@type fun(): Follow
follow = nil
---@type fun(status?: integer, reason?: string, headers?: HeaderValues, options?: RefusalOptions): GiveUp
give_up = nil
---@type lib.groups
groups = nil
---@type fun(status?: integer, reason?: string): HangUp
hang_up = nil
---@type fun(): Hide
hide = nil
---@type lib.http
http = nil
---@type lib.ip
ip = nil
---@type lib.json
json = nil
---@type lib.location
location = nil
---@type lib.log
log = nil
---@type fun(): Next
next_candidate = nil
---@type fun(): Pass
pass = nil
---@type lib.realms
realms = nil
---@type fun(to: string|string[], status?: integer, reason?: string, headers?: HeaderValues): Redirect
redirect = nil
---@type lib.redis
redis = nil
---@type fun(status: integer, reason?: string, headers?: HeaderValues, options?: RefusalOptions): Reject
reject = nil
---@type fun(places: Place|Contacts|Contact): Route
route = nil
---@type lib.settings
settings = nil
---@type lib.sql
sql = nil
---@type lib.tables
tables = nil
---@type lib.timer
timer = nil
---@type lib.trunks
trunks = nil
