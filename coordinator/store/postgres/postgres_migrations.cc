#include "coordinator/store/postgres/postgres_migrations.h"

#include <array>

#include "coordinator/store/sql/migrations.h"

namespace wsfleet::store {
namespace {

// Times are Unix nanoseconds, except where the clock of the database decides.
constexpr std::array kPostgresMigrations = {
    Migration{1, "fleet, jobs, shards, leases, results, events, agents, bundles, owners", R"sql(
CREATE TABLE fleet (name TEXT PRIMARY KEY, next_lease BIGINT NOT NULL);
CREATE TABLE bundle (digest TEXT PRIMARY KEY, canonical BYTEA NOT NULL);
CREATE TABLE job (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- order of creation
  fleet TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  run_key TEXT,
  ended BIGINT NOT NULL,
  state TEXT NOT NULL,
  created BIGINT NOT NULL,
  started BIGINT,
  finished BIGINT,
  cancel_requested BIGINT NOT NULL,
  cancel_reason TEXT NOT NULL,
  deadline_passed BIGINT NOT NULL,
  verdict TEXT,
  reasons TEXT NOT NULL,         -- JSON
  last_event BIGINT NOT NULL,
  sealed_secrets BYTEA NOT NULL,
  spec TEXT NOT NULL,            -- JSON
  UNIQUE (fleet, run_key)
);
CREATE INDEX job_open ON job (fleet) WHERE ended = 0;
CREATE TABLE shard (
  job TEXT NOT NULL,
  shard BIGINT NOT NULL,
  region TEXT NOT NULL,
  term TEXT NOT NULL,
  state TEXT NOT NULL,
  agent TEXT NOT NULL,
  vantage TEXT NOT NULL,
  attempt BIGINT NOT NULL,
  released BIGINT NOT NULL,
  finished_cases BIGINT NOT NULL,
  failed_cases BIGINT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (job, shard)
);
CREATE TABLE lease (
  fleet TEXT NOT NULL,
  lease BIGINT NOT NULL,
  job TEXT NOT NULL,
  shard BIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  agent TEXT NOT NULL,
  boot TEXT NOT NULL,
  PRIMARY KEY (fleet, lease)
);
CREATE TABLE batch (
  job TEXT NOT NULL,
  shard BIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (job, shard, attempt, seq)
);
CREATE TABLE case_result (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- order of commit
  job TEXT NOT NULL,
  shard BIGINT NOT NULL,
  case_id TEXT NOT NULL,
  attempt BIGINT NOT NULL,
  agent TEXT NOT NULL,
  result TEXT NOT NULL,        -- JSON
  UNIQUE (job, shard, case_id)
);
CREATE TABLE job_event (
  job TEXT NOT NULL,
  number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  shard BIGINT NOT NULL,
  case_id TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (job, number)
);
CREATE TABLE agent (
  fleet TEXT NOT NULL,
  id TEXT NOT NULL,
  region TEXT NOT NULL,
  labels TEXT NOT NULL,  -- JSON
  version TEXT NOT NULL,
  vantage TEXT NOT NULL,
  boot TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  PRIMARY KEY (fleet, id)
);
CREATE TABLE replica (name TEXT PRIMARY KEY, expires TIMESTAMPTZ NOT NULL);
CREATE TABLE fleet_owner (
  fleet TEXT PRIMARY KEY,
  replica TEXT NOT NULL,
  agent_address TEXT NOT NULL,
  client_address TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  expires TIMESTAMPTZ NOT NULL
);
)sql"},
    Migration{2, "drained agents, and what is needed to remove what is not kept", R"sql(
ALTER TABLE agent ADD COLUMN drained BIGINT NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN bundle TEXT NOT NULL DEFAULT '';
UPDATE job SET bundle = coalesce(spec::json ->> 'bundle', '');
CREATE INDEX job_bundle ON job (bundle);
CREATE INDEX job_ended ON job (fleet, finished) WHERE ended = 1;
-- Runs that were removed, and may have left rows in other tables.
CREATE TABLE removed_job (
  fleet TEXT NOT NULL,
  job TEXT NOT NULL,
  PRIMARY KEY (fleet, job)
);
-- Beside the bundles: theirs are large rows.
CREATE TABLE bundle_use (
  digest TEXT PRIMARY KEY,
  used BIGINT NOT NULL  -- when it was last stored, or seen in use
);
CREATE INDEX bundle_by_use ON bundle_use (used);
INSERT INTO bundle_use (digest, used) SELECT digest, 0 FROM bundle;
)sql"},
    Migration{3, "pages: of the shards by when they changed, of the results by shard", R"sql(
ALTER TABLE shard ADD COLUMN changed BIGINT NOT NULL DEFAULT 0;  -- number of the event of its job
CREATE INDEX shard_changed ON shard (job, changed, shard);
CREATE INDEX case_result_of_shard ON case_result (job, shard, number);
)sql"},
    Migration{4, "schedules and their ticks", R"sql(
CREATE TABLE schedule (
  fleet TEXT NOT NULL,
  name TEXT NOT NULL,
  version BIGINT NOT NULL,
  description TEXT NOT NULL,
  cron TEXT NOT NULL,
  zone TEXT NOT NULL,
  every_ns BIGINT NOT NULL,
  jitter_ns BIGINT NOT NULL,
  offset_ns BIGINT NOT NULL,
  catch_up_ns BIGINT NOT NULL,
  overlap TEXT NOT NULL,
  bundle TEXT NOT NULL,       -- that its runs need
  spec TEXT NOT NULL,         -- JSON, of its runs
  sealed_secrets BYTEA NOT NULL,
  created BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  paused BIGINT NOT NULL,
  pause_reason TEXT NOT NULL,
  settled BIGINT NOT NULL,
  waiting BIGINT,
  last_job TEXT NOT NULL,
  started BIGINT NOT NULL,
  skipped BIGINT NOT NULL,
  missed BIGINT NOT NULL,
  refused BIGINT NOT NULL,
  PRIMARY KEY (fleet, name)
);
CREATE TABLE tick (
  fleet TEXT NOT NULL,
  schedule TEXT NOT NULL,
  nominal BIGINT NOT NULL,
  times BIGINT NOT NULL,
  decided BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  job TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (fleet, schedule, nominal)  -- a nominal time makes one run at most
);
)sql"},
    Migration{5, "tokens and the audit log", R"sql(
CREATE TABLE token (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  fleet TEXT NOT NULL,
  role TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,  -- SHA-256 of the token, which nobody keeps
  created_by TEXT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  revoked BIGINT
);
CREATE INDEX token_of_fleet ON token (fleet, id);
-- Another number after each change of a token: whoever has read them all reads this one to know whether to read again.
CREATE TABLE token_version (version BIGINT NOT NULL);
INSERT INTO token_version (version) VALUES (0);
CREATE TABLE audit (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- order of storing
  at BIGINT NOT NULL,
  fleet TEXT NOT NULL,
  principal TEXT NOT NULL,
  token TEXT NOT NULL,
  peer TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  outcome TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX audit_of_fleet ON audit (fleet, number);
)sql"},
    Migration{6, "join tokens, and agents that are not let in any more", R"sql(
CREATE TABLE join_token (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  fleet TEXT NOT NULL,
  region TEXT NOT NULL,
  pool TEXT NOT NULL,
  uses BIGINT NOT NULL,
  used BIGINT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  revoked BIGINT NOT NULL
);
CREATE INDEX join_token_of_fleet ON join_token (fleet, created);
CREATE TABLE join_token_use (
  token TEXT NOT NULL,
  agent_key TEXT NOT NULL,  -- SHA-256 of its public key
  instance TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (token, agent_key)
);
CREATE TABLE revocation (
  fleet TEXT NOT NULL,
  pool TEXT NOT NULL,
  instance TEXT NOT NULL,   -- empty: all of the pool
  reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (fleet, pool, instance)
);
)sql"},
    Migration{7, "who had which lease of a shard, and the kill switch of a fleet", R"sql(
ALTER TABLE shard ADD COLUMN past_leases TEXT NOT NULL DEFAULT '[]';  -- JSON
ALTER TABLE fleet ADD COLUMN stopped BIGINT NOT NULL DEFAULT 0;
ALTER TABLE fleet ADD COLUMN switched_by TEXT NOT NULL DEFAULT '';
ALTER TABLE fleet ADD COLUMN stop_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE fleet ADD COLUMN switched BIGINT;
)sql"},
    Migration{8, "who somebody is by an issuer's word", R"sql(
ALTER TABLE audit ADD COLUMN identity TEXT NOT NULL DEFAULT '';  -- issuer, a space, subject
)sql"},
    Migration{9, "policies of fleets", R"sql(
CREATE TABLE fleet_policy (
  fleet TEXT PRIMARY KEY,
  version BIGINT NOT NULL,
  policy TEXT NOT NULL,  -- as `wsfleet fleet policy` shows it
  changed BIGINT NOT NULL
);
)sql"},
    Migration{10, "budgets that fleets share", R"sql(
CREATE TABLE budget (
  name TEXT PRIMARY KEY  -- locked by who reserves shares of it
);
CREATE TABLE budget_limit (
  budget TEXT NOT NULL,
  fleet TEXT NOT NULL,  -- whose policy says so
  connections BIGINT NOT NULL,
  sessions_per_second BIGINT NOT NULL,
  PRIMARY KEY (budget, fleet)
);
CREATE TABLE budget_share (
  fleet TEXT NOT NULL,
  lease BIGINT NOT NULL,
  budget TEXT NOT NULL,
  connections BIGINT NOT NULL,
  sessions_per_second BIGINT NOT NULL,
  PRIMARY KEY (fleet, lease, budget)
);
CREATE INDEX share_of_budget ON budget_share (budget);
)sql"},
    Migration{11, "ids of cases of any length", R"sql(
ALTER TABLE case_result DROP CONSTRAINT case_result_job_shard_case_id_key;
-- PostgresConnection::KeyOf(): an entry of an index has at most 2704 bytes.
CREATE UNIQUE INDEX case_result_of_case ON case_result
  (job, shard, sha256(decode(replace(case_id, chr(92), chr(92) || chr(92)), 'escape')));
)sql"},
    Migration{12, "refusals in the audit log make way for refusals only", R"sql(
CREATE TABLE audit_class (
  name TEXT PRIMARY KEY,
  stored BIGINT NOT NULL  -- the place of its newest record
);
ALTER TABLE audit ADD COLUMN class TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN place BIGINT;  -- within its class; NULL: stored by an earlier version
UPDATE audit SET place = number, class = CASE WHEN principal = '' AND outcome <> 'done' THEN 'unknown'
  WHEN outcome = 'denied' THEN 'refused ' || fleet ELSE '' END;
INSERT INTO audit_class (name, stored) SELECT class, max(place) FROM audit GROUP BY class;
CREATE INDEX audit_of_class ON audit (class, place);
)sql"},
    Migration{13, "the epoch of an owner is a key", R"sql(
-- Whoever changes it waits for those who have locked the key, and whoever extends the term does not.
CREATE UNIQUE INDEX fleet_owner_term ON fleet_owner (fleet, epoch);
)sql"},
    Migration{14, "what a machine keeps of results", R"sql(
ALTER TABLE case_result ADD COLUMN kept TEXT;  -- JSON, without bulk; NULL: stored by an earlier version
)sql"},
    Migration{15, "how long replicas have been there", R"sql(
ALTER TABLE replica ADD COLUMN since TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp();
)sql"},
    Migration{16, "when runs began by a clock that nobody sets", R"sql(
ALTER TABLE job ADD COLUMN begun BIGINT;      -- Connection::steady_clock() at the first lease
ALTER TABLE job ADD COLUMN begun_clock TEXT;  -- its name; NULL: not begun, or nobody knows
)sql"},
};

absl::Status MigrateLocked(Connection& connection) {
  const auto known = ReadNumber(connection,
                                "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND "
                                "tablename = 'migration'");
  if (!known.ok()) return known.status();
  if (*known == 0) {
    const auto others = ReadNumber(connection, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()");
    if (!others.ok()) return others.status();
    if (*others != 0) {
      return absl::FailedPreconditionError(
          "its schema holds tables of another program; give wsfleet a database of its "
          "own");
    }
  }
  const auto current = *known == 0 ? 0 : ReadNumber(connection, "SELECT max(number) FROM migration");
  if (!current.ok()) return current.status();
  return ApplyMigrations(
      connection, kPostgresMigrations, *current,
      "CREATE TABLE migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, program TEXT NOT NULL)");
}

}  // namespace

absl::Status MigratePostgres(Connection& connection) {
  if (auto status = connection.Execute("SELECT pg_advisory_lock(2004051564)"); !status.ok()) return status;
  auto status = MigrateLocked(connection);
  if (connection.works()) connection.Execute("SELECT pg_advisory_unlock(2004051564)").IgnoreError();
  return status;
}

}  // namespace wsfleet::store
