#!/usr/bin/env python3
"""Policies that ask Redis, SQLite and PostgreSQL before they decide."""

import os
import signal
import time

from harness import check, equal, main, test
from harness.border import OWN_POLICIES
from harness.checks import eventually
from harness.lab import CARRIER, PHONE
from harness.stores import Mute, Postgres, Redis, sqlite
from harness.tls import Authority

DOMAIN = "@example.org"
REDIS = {"server": "127.0.0.1:6379"}
TABLE = "CREATE TABLE routes (key TEXT PRIMARY KEY, number TEXT)"
ROW = "INSERT INTO routes VALUES ('1000', '2000')"


def start(lab, settings=None, **policy):
    lab.start({"process": {"shards": 1},
               "policy": {"file": str(OWN_POLICIES / "stores.lua"),
                          "settings": {"trust_udp_addresses": None, **(settings or {})}, **policy}})
    return lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")


def metric(lab, name, **labels):
    return lab.border.sbc_metrics().total(name, **labels)


def counted(lab, kind, result, expected):
    """Counters of a shard are copied once a second."""
    eventually(lambda: metric(lab, f"parapet_policy_{kind}_total", result=result) == expected, f"{expected} look-ups that are {result}")


def invite(alice, user):
    return alice.invite(f"sip:{user}{DOMAIN}", sdp=alice.sdp())


def goes_to(alice, carrier, user, number):
    call = invite(alice, user)
    got = carrier.request("INVITE")
    check(got.message.start.startswith(f"INVITE sip:{number}@"), f"the number: expected {number}, got {got.message.start}")
    got.reply(486)
    call.response(486)


def refused(alice, user, status, reason):
    answer = invite(alice, user).response(status, 10)
    check(answer.start.endswith(f" {reason}"), f"the reason: expected {reason}, got {answer.start}")


def reload(lab, **policy):
    before = metric(lab, "parapet_sbc_config_reloads_total", result="applied")
    lab.border.write({"policy": policy})
    lab.border.sbc.signal(signal.SIGHUP)
    eventually(lambda: metric(lab, "parapet_sbc_config_reloads_total", result="applied") > before, "the reload")


def holds_up_no_other_call(lab, alice, carrier, user, kind):
    """Ten calls wait for a store that says nothing; another one does not."""
    calls = [invite(alice, user) for _ in range(10)]
    eventually(lambda: metric(lab, "parapet_policy_waiting") == 10, "ten handlers that wait")
    began = time.monotonic()
    call = invite(alice, "plain")
    carrier.request("INVITE").reply(486)
    call.response(486)
    took = time.monotonic() - began
    check(took < 1.5, f"another call took {took:.2f} s")
    for one in calls:
        answer = one.response(480, 15)
        check(answer.start.endswith(" timeout"), f"the reason: {answer.start}")
    counted(lab, kind, "timeout", 10)


@test
def redis_says_where_a_call_goes(lab):
    redis = lab.keep(Redis(lab.directory))
    redis.command("SET", "route:1000", "2000")
    redis.command("HSET", "customer", "number", "3000", "name", "x")
    redis.command("LPUSH", "route:wrong", "x")
    alice, carrier = start(lab, redis=REDIS)
    goes_to(alice, carrier, "redis-1000", "2000")
    goes_to(alice, carrier, "redis-hash", "3000")
    goes_to(alice, carrier, "redis-list", "20000")
    refused(alice, "redis-1", 404, "no number")
    refused(alice, "redis-wrong", 480, "refused")
    counted(lab, "redis", "answered", 4)
    counted(lab, "redis", "refused", 1)
    check("WRONGTYPE" in (lab.directory / "sbc.log").read_text(), "the log does not say what Redis said")


@test
def redis_writes_where_it_may(lab):
    redis = lab.keep(Redis(lab.directory, password="geheim"))
    secret = lab.directory / "redis-password"
    secret.write_text("geheim\n")
    local = {"server": str(redis.path), "password": f"file:{secret}"}
    alice, carrier = start(lab, redis=local)
    refused(alice, "redis-write", 480, "not_allowed")
    reload(lab, redis={**local, "writes": True})
    goes_to(alice, carrier, "redis-write", "2000")
    equal(redis.command("GET", "written"), "2000", "what was written")
    reload(lab, redis={**local, "password": "wrong", "writes": True})
    refused(alice, "redis-1000", 480, "connect")


@test
def redis_answers_are_kept(lab):
    redis = lab.keep(Redis(lab.directory))
    redis.command("SET", "route:1000", "2000")
    alice, carrier = start(lab, settings={"cache": 60}, redis=REDIS)
    for _ in range(3):
        goes_to(alice, carrier, "redis-1000", "2000")
        redis.command("DEL", "route:1000")
    counted(lab, "redis", "cached", 2)


@test
def redis_silent(lab):
    lab.keep(Mute(6379))
    alice, carrier = start(lab, redis={**REDIS, "timeout": "2s", "failures": 1000})
    holds_up_no_other_call(lab, alice, carrier, "redis-1000", "redis")


@test
def redis_killed_rests_and_heals(lab):
    redis = lab.keep(Redis(lab.directory))
    redis.command("SET", "route:1000", "2000")
    alice, carrier = start(lab, redis={**REDIS, "failures": 3, "pause": "2s"})
    goes_to(alice, carrier, "redis-1000", "2000")
    redis.kill()
    for _ in range(3):
        refused(alice, "redis-1000", 480, "connect")
    refused(alice, "redis-1000", 480, "resting")
    eventually(lambda: metric(lab, "parapet_policy_redis_resting") == 1, "a store that rests")
    equal(metric(lab, "parapet_policy_redis_rests_total"), 1, "breakers that opened")
    redis.start()
    redis.command("SET", "route:1000", "2001")
    time.sleep(2)
    goes_to(alice, carrier, "redis-1000", "2001")


@test
def redis_by_tls(lab):
    (lab.directory / "stranger").mkdir()
    authority, stranger = Authority(lab.directory), Authority(lab.directory / "stranger")
    redis = lab.keep(Redis(lab.directory, password="geheim",
                           tls=(authority, authority.issue("redis", "DNS:redis.example.org"))))
    redis.command("SET", "route:1000", "2000")
    own = authority.issue("border", "DNS:border.example.org")
    known = {"server": "rediss://127.0.0.1:6380", "tls_name": "redis.example.org", "ca": str(authority.pem), "password": "geheim", **own}
    alice, carrier = start(lab, redis=known)
    goes_to(alice, carrier, "redis-1000", "2000")
    for wrong in ({"tls_name": "other.example.org"}, {"tls_name": "127.0.0.1"}, {"ca": str(stranger.pem)},
                  {"certificate": None, "key": None}, {"server": "redis://127.0.0.1:6380", "tls_name": None, "ca": None,
                                                       "certificate": None, "key": None}):
        reload(lab, redis={**known, **wrong})
        refused(alice, "redis-1000", 480, "connect" if wrong.get("tls_name", "") is not None else "failed")
    reload(lab, redis=known)
    goes_to(alice, carrier, "redis-1000", "2000")


def sqlite_policy(lab, **more):
    return {"database": {"numbers": {"sqlite": str(lab.directory / "numbers.db"), **more}},
            "sql": {"routes": {"database": "numbers", "query": "SELECT number FROM routes WHERE key = ?"},
                    "wrong": {"database": "numbers", "query": "DELETE FROM routes WHERE key = ?"},
                    "endless": {"database": "numbers", "timeout": "2s",
                                "query": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*), ? FROM n"}}}


@test
def sqlite_says_where_a_call_goes(lab):
    sqlite(lab.directory / "numbers.db", TABLE, ROW)
    alice, carrier = start(lab, **sqlite_policy(lab))
    goes_to(alice, carrier, "routes-1000", "2000")
    refused(alice, "routes-1", 404, "no number")
    refused(alice, "wrong-1000", 480, "refused")
    sqlite(lab.directory / "new.db", TABLE, "INSERT INTO routes VALUES ('1000', '3000')")
    os.rename(lab.directory / "new.db", lab.directory / "numbers.db")
    goes_to(alice, carrier, "routes-1000", "3000")
    counted(lab, "sql", "answered", 3)
    counted(lab, "sql", "refused", 1)


@test
def tables_fed(lab):
    """A table that a database fills: there before the first call, new without a reload, and kept when the database fails."""
    file = lab.directory / "numbers.db"
    sqlite(file, TABLE, ROW)
    (lab.directory / "fed.csv").write_text("key,number\n1000,9999\n")
    fed = {"database": "numbers", "query": "SELECT key, number FROM routes", "refresh": "1s"}
    alice, carrier = start(lab, **sqlite_policy(lab), table={"fed": fed})
    goes_to(alice, carrier, "table-1000", "2000")
    refused(alice, "table-1", 404, "no number")
    sqlite(file, "UPDATE routes SET number = '3000'", "INSERT INTO routes VALUES ('1', '4000')")
    done = metric(lab, "parapet_policy_table_refreshes_total", result="done")
    eventually(lambda: metric(lab, "parapet_policy_table_refreshes_total", result="done") >= done + 2, "a refresh")
    goes_to(alice, carrier, "table-1000", "3000")
    goes_to(alice, carrier, "table-1", "4000")
    sqlite(file, "ALTER TABLE routes RENAME TO moved")
    eventually(lambda: metric(lab, "parapet_policy_tables_stale") == 1, "a refresh that fails")
    goes_to(alice, carrier, "table-1", "4000")
    reload(lab, **sqlite_policy(lab), table={"fed": {**fed, "refresh": "1h"}})
    goes_to(alice, carrier, "table-1", "4000")  # what it held goes over
    reload(lab, **sqlite_policy(lab), table={"fed": {**fed, "query": "SELECT key, number FROM nowhere",
                                                     "file": str(lab.directory / "fed.csv")}})
    eventually(lambda: metric(lab, "parapet_policy_tables_stale") == 1, "a query that is wrong")
    goes_to(alice, carrier, "table-1000", "9999")


@test
def sqlite_endless(lab):
    sqlite(lab.directory / "numbers.db", TABLE, ROW)
    alice, carrier = start(lab, **sqlite_policy(lab, failures=1000))
    holds_up_no_other_call(lab, alice, carrier, "endless-1", "sql")
    goes_to(alice, carrier, "routes-1000", "2000")


def postgres_policy(lab, **more):
    secret = lab.directory / "database-password"
    secret.write_text("geheim\n")
    return {"database": {"numbers": {"postgres": "host=127.0.0.1 user=parapet dbname=postgres", "password": f"file:{secret}", **more}},
            "sql": {"routes": {"database": "numbers", "query": "SELECT number FROM routes WHERE key = $1"},
                    "kept": {"database": "numbers", "query": "SELECT number FROM routes WHERE key = $1", "cache": "1m"},
                    "wrong": {"database": "numbers", "query": "SELECT number FROM nowhere WHERE key = $1"},
                    "change": {"database": "numbers", "query": "INSERT INTO routes VALUES ($1, '1') RETURNING number"},
                    "many": {"database": "numbers", "most_rows": 10,
                             "query": "SELECT $1 || i AS number FROM generate_series(1, 1000000) AS i"},
                    "slow": {"database": "numbers", "timeout": "2s", "query": "SELECT $1 AS number, pg_sleep(30)"}}}


@test
def postgres_says_where_a_call_goes(lab):
    postgres = lab.keep(Postgres(lab.directory))
    postgres.command(TABLE)
    postgres.command(ROW)
    alice, carrier = start(lab, **postgres_policy(lab))
    goes_to(alice, carrier, "routes-1000", "2000")
    goes_to(alice, carrier, "routes-1000", "2000")
    refused(alice, "routes-1", 404, "no number")
    refused(alice, "wrong-1000", 480, "refused")
    refused(alice, "change-1", 480, "refused")
    refused(alice, "many-1", 480, "too_large")
    goes_to(alice, carrier, "kept-1000", "2000")
    postgres.command("UPDATE routes SET number = '3000'")
    goes_to(alice, carrier, "kept-1000", "2000")
    goes_to(alice, carrier, "routes-1000", "3000")
    for result, number in (("answered", 5), ("cached", 1), ("refused", 2), ("too_large", 1)):
        counted(lab, "sql", result, number)
    check('relation "nowhere" does not exist' in (lab.directory / "sbc.log").read_text().replace("\\", ""),
          "the log does not say what PostgreSQL said")


@test
def postgres_slow_and_killed(lab):
    postgres = lab.keep(Postgres(lab.directory))
    postgres.command(TABLE)
    postgres.command(ROW)
    alice, carrier = start(lab, **postgres_policy(lab, failures=100))
    holds_up_no_other_call(lab, alice, carrier, "slow-1", "sql")
    goes_to(alice, carrier, "routes-1000", "2000")
    eventually(lambda: postgres.command("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)' AND state = 'active'")
               .strip() == "0", "the server to end what was given up", 10)
    reload(lab, **postgres_policy(lab, failures=3, pause="2s"))
    postgres.kill()
    for _ in range(3):
        refused(alice, "routes-1000", 480, "connect")
    refused(alice, "routes-1000", 480, "resting")
    eventually(lambda: metric(lab, "parapet_policy_sql_resting") == 1, "a store that rests")
    postgres.start()
    time.sleep(2)
    goes_to(alice, carrier, "routes-1000", "2000")


@test
def postgres_silent(lab):
    lab.keep(Mute(5432))
    policy = postgres_policy(lab, failures=1000)
    policy["sql"]["routes"]["timeout"] = "2s"
    alice, carrier = start(lab, **policy)
    holds_up_no_other_call(lab, alice, carrier, "routes-1", "sql")


if __name__ == "__main__":
    main()
