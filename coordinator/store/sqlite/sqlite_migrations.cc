#include "coordinator/store/sqlite/sqlite_migrations.h"

#include <array>

#include "coordinator/store/sql/migrations.h"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

// In the file's header, so that a database of something else is recognised ("wsfl").
constexpr std::int64_t kApplicationId = 0x7773666c;

// Never changed once released; what is wrong with one is put right by a later one. Times are Unix nanoseconds.
constexpr std::array kSqliteMigrations = {
    Migration{1, "fleet, jobs, shards, leases, results, events, agents, bundles", R"sql(
CREATE TABLE fleet (name TEXT PRIMARY KEY, next_lease INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE bundle (digest TEXT PRIMARY KEY, canonical BLOB NOT NULL);
CREATE TABLE job (
  number INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of creation
  fleet TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  run_key TEXT,
  ended INTEGER NOT NULL,
  state TEXT NOT NULL,
  created INTEGER NOT NULL,
  started INTEGER,
  finished INTEGER,
  cancel_requested INTEGER NOT NULL,
  cancel_reason TEXT NOT NULL,
  deadline_passed INTEGER NOT NULL,
  verdict TEXT,
  reasons TEXT NOT NULL,         -- JSON
  last_event INTEGER NOT NULL,
  sealed_secrets BLOB NOT NULL,
  spec TEXT NOT NULL,            -- JSON
  UNIQUE (fleet, run_key)
);
CREATE INDEX job_open ON job (fleet) WHERE ended = 0;
CREATE TABLE shard (
  job TEXT NOT NULL,
  shard INTEGER NOT NULL,
  region TEXT NOT NULL,
  term TEXT NOT NULL,
  state TEXT NOT NULL,
  agent TEXT NOT NULL,
  vantage TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  released INTEGER NOT NULL,
  finished_cases INTEGER NOT NULL,
  failed_cases INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (job, shard)
) WITHOUT ROWID;
CREATE TABLE lease (
  fleet TEXT NOT NULL,
  lease INTEGER NOT NULL,
  job TEXT NOT NULL,
  shard INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  agent TEXT NOT NULL,
  boot TEXT NOT NULL,
  PRIMARY KEY (fleet, lease)
) WITHOUT ROWID;
CREATE TABLE batch (
  job TEXT NOT NULL,
  shard INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (job, shard, attempt, seq)
) WITHOUT ROWID;
CREATE TABLE case_result (
  number INTEGER PRIMARY KEY,  -- order of commit
  job TEXT NOT NULL,
  shard INTEGER NOT NULL,
  case_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  agent TEXT NOT NULL,
  result TEXT NOT NULL,        -- JSON
  UNIQUE (job, shard, case_id)
);
CREATE TABLE job_event (
  job TEXT NOT NULL,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  shard INTEGER NOT NULL,
  case_id TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (job, number)
) WITHOUT ROWID;
CREATE TABLE agent (
  fleet TEXT NOT NULL,
  id TEXT NOT NULL,
  region TEXT NOT NULL,
  labels TEXT NOT NULL,  -- JSON
  version TEXT NOT NULL,
  vantage TEXT NOT NULL,
  boot TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  PRIMARY KEY (fleet, id)
) WITHOUT ROWID;
)sql"},
    Migration{2, "drained agents, and what is needed to remove what is not kept", R"sql(
ALTER TABLE agent ADD COLUMN drained INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN bundle TEXT NOT NULL DEFAULT '';
UPDATE job SET bundle = coalesce(json_extract(spec, '$.bundle'), '');
CREATE INDEX job_bundle ON job (bundle);
CREATE INDEX job_ended ON job (fleet, finished) WHERE ended = 1;
-- Runs that were removed, and may have left rows in other tables.
CREATE TABLE removed_job (
  fleet TEXT NOT NULL,
  job TEXT NOT NULL,
  PRIMARY KEY (fleet, job)
) WITHOUT ROWID;
-- Beside the bundles: theirs are large rows.
CREATE TABLE bundle_use (
  digest TEXT PRIMARY KEY,
  used INTEGER NOT NULL  -- when it was last stored, or seen in use
) WITHOUT ROWID;
CREATE INDEX bundle_by_use ON bundle_use (used);
INSERT INTO bundle_use (digest, used) SELECT digest, 0 FROM bundle;
)sql"},
    Migration{3, "pages: of the shards by when they changed, of the results by shard", R"sql(
ALTER TABLE shard ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;  -- number of the event of its job
CREATE INDEX shard_changed ON shard (job, changed, shard);
CREATE INDEX case_result_of_shard ON case_result (job, shard, number);
)sql"},
    Migration{4, "schedules and their ticks", R"sql(
CREATE TABLE schedule (
  fleet TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  description TEXT NOT NULL,
  cron TEXT NOT NULL,
  zone TEXT NOT NULL,
  every_ns INTEGER NOT NULL,
  jitter_ns INTEGER NOT NULL,
  offset_ns INTEGER NOT NULL,
  catch_up_ns INTEGER NOT NULL,
  overlap TEXT NOT NULL,
  bundle TEXT NOT NULL,       -- that its runs need
  spec TEXT NOT NULL,         -- JSON, of its runs
  sealed_secrets BLOB NOT NULL,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  paused INTEGER NOT NULL,
  pause_reason TEXT NOT NULL,
  settled INTEGER NOT NULL,
  waiting INTEGER,
  last_job TEXT NOT NULL,
  started INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  missed INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  PRIMARY KEY (fleet, name)
) WITHOUT ROWID;
CREATE TABLE tick (
  fleet TEXT NOT NULL,
  schedule TEXT NOT NULL,
  nominal INTEGER NOT NULL,
  times INTEGER NOT NULL,
  decided INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  job TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (fleet, schedule, nominal)  -- a nominal time makes one run at most
) WITHOUT ROWID;
)sql"},
    Migration{5, "tokens and the audit log", R"sql(
CREATE TABLE token (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  fleet TEXT NOT NULL,
  role TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,  -- SHA-256 of the token, which nobody keeps
  created_by TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  revoked INTEGER
) WITHOUT ROWID;
CREATE INDEX token_of_fleet ON token (fleet, id);
-- Another number after each change of a token: whoever has read them all reads this one to know whether to read again.
CREATE TABLE token_version (version INTEGER NOT NULL);
INSERT INTO token_version (version) VALUES (0);
CREATE TABLE audit (
  number INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of storing
  at INTEGER NOT NULL,
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
  uses INTEGER NOT NULL,
  used INTEGER NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  revoked INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX join_token_of_fleet ON join_token (fleet, created);
CREATE TABLE join_token_use (
  token TEXT NOT NULL,
  agent_key TEXT NOT NULL,  -- SHA-256 of its public key
  instance TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (token, agent_key)
) WITHOUT ROWID;
CREATE TABLE revocation (
  fleet TEXT NOT NULL,
  pool TEXT NOT NULL,
  instance TEXT NOT NULL,   -- empty: all of the pool
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (fleet, pool, instance)
) WITHOUT ROWID;
)sql"},
    Migration{7, "who had which lease of a shard, and the kill switch of a fleet", R"sql(
ALTER TABLE shard ADD COLUMN past_leases TEXT NOT NULL DEFAULT '[]';  -- JSON
ALTER TABLE fleet ADD COLUMN stopped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fleet ADD COLUMN switched_by TEXT NOT NULL DEFAULT '';
ALTER TABLE fleet ADD COLUMN stop_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE fleet ADD COLUMN switched INTEGER;
)sql"},
    Migration{8, "who somebody is by an issuer's word", R"sql(
ALTER TABLE audit ADD COLUMN identity TEXT NOT NULL DEFAULT '';  -- issuer, a space, subject
)sql"},
    Migration{9, "policies of fleets", R"sql(
CREATE TABLE fleet_policy (
  fleet TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  policy TEXT NOT NULL,  -- as `wsfleet fleet policy` shows it
  changed INTEGER NOT NULL
) WITHOUT ROWID;
)sql"},
    Migration{10, "budgets that fleets share", R"sql(
CREATE TABLE budget (
  name TEXT PRIMARY KEY  -- locked by who reserves shares of it
) WITHOUT ROWID;
CREATE TABLE budget_limit (
  budget TEXT NOT NULL,
  fleet TEXT NOT NULL,  -- whose policy says so
  connections INTEGER NOT NULL,
  sessions_per_second INTEGER NOT NULL,
  PRIMARY KEY (budget, fleet)
) WITHOUT ROWID;
CREATE TABLE budget_share (
  fleet TEXT NOT NULL,
  lease INTEGER NOT NULL,
  budget TEXT NOT NULL,
  connections INTEGER NOT NULL,
  sessions_per_second INTEGER NOT NULL,
  PRIMARY KEY (fleet, lease, budget)
) WITHOUT ROWID;
CREATE INDEX share_of_budget ON budget_share (budget);
)sql"},
    // Here an entry of an index has no limit: nothing to do.
    Migration{11, "ids of cases of any length", ""},
    Migration{12, "refusals in the audit log make way for refusals only", R"sql(
CREATE TABLE audit_class (
  name TEXT PRIMARY KEY,
  stored INTEGER NOT NULL  -- the place of its newest record
) WITHOUT ROWID;
ALTER TABLE audit ADD COLUMN class TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN place INTEGER;  -- within its class; NULL: stored by an earlier version
UPDATE audit SET place = number, class = CASE WHEN principal = '' AND outcome <> 'done' THEN 'unknown'
  WHEN outcome = 'denied' THEN 'refused ' || fleet ELSE '' END;
INSERT INTO audit_class (name, stored) SELECT class, max(place) FROM audit GROUP BY class;
CREATE INDEX audit_of_class ON audit (class, place);
)sql"},
    // Here a file has one owner.
    Migration{13, "the epoch of an owner is a key", ""},
    Migration{14, "what a machine keeps of results", R"sql(
ALTER TABLE case_result ADD COLUMN kept TEXT;  -- JSON, without bulk; NULL: stored by an earlier version
-- It stands behind `result`, all of whose pages would be read on the way to it; the index has it without.
DROP INDEX case_result_of_shard;
CREATE INDEX case_result_of_shard ON case_result (job, shard, number, attempt, agent, kept);
)sql"},
    Migration{15, "how long replicas have been there", ""},
    Migration{16, "when runs began by a clock that nobody sets", R"sql(
ALTER TABLE job ADD COLUMN begun INTEGER;     -- Connection::steady_clock() at the first lease
ALTER TABLE job ADD COLUMN begun_clock TEXT;  -- its name; NULL: not begun, or nobody knows
)sql"},
};

absl::StatusOr<std::int64_t> CurrentSchema(Connection& connection) {
  const auto application = ReadNumber(connection, "PRAGMA application_id");
  if (!application.ok()) return application.status();
  if (*application == kApplicationId) return ReadNumber(connection, "SELECT max(number) FROM migration");
  const auto tables = ReadNumber(connection, "SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  if (*application != 0 || *tables != 0) {
    return absl::FailedPreconditionError("the file is a database of another program; name another file with --store");
  }
  return 0;
}

}  // namespace

absl::Status MigrateSqlite(Connection& connection) {
  const auto current = CurrentSchema(connection);
  if (!current.ok()) return current.status();
  const std::string preamble = fmt::format(
      "PRAGMA application_id={};"
      "CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, program TEXT NOT NULL);",
      kApplicationId);
  return ApplyMigrations(connection, kSqliteMigrations, *current, preamble);
}

}  // namespace wsfleet::store
