"""The ledger's tables, as the steps from each version of a store to the next."""

from __future__ import annotations

_OBJECTS_AND_FILES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('generation', 0);

-- covered_*: not used any more, see listed.
CREATE TABLE sources (
    id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE,
    covered_from INTEGER, covered_to INTEGER, last_sync INTEGER, last_error TEXT NOT NULL DEFAULT ''
);

-- state: loaded; broken (its records so far are in, tried again); failed (tried again); unread
-- (tried again when a format is given). tracked: its rows carry its id, so they can be replaced.
-- Ids are never used twice (AUTOINCREMENT): rows of a replaced object must not find a new owner.
CREATE TABLE objects (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source INTEGER NOT NULL REFERENCES sources,
    uri TEXT NOT NULL, etag TEXT NOT NULL, size INTEGER NOT NULL, account TEXT NOT NULL,
    region TEXT NOT NULL, flow_log_id TEXT NOT NULL, time INTEGER, hint TEXT NOT NULL,
    state TEXT NOT NULL, tracked INTEGER NOT NULL, records INTEGER NOT NULL,
    nodata INTEGER NOT NULL, skipdata INTEGER NOT NULL, malformed INTEGER NOT NULL,
    first INTEGER, last INTEGER, loaded_at INTEGER NOT NULL, report TEXT,
    UNIQUE (source, uri)
);
CREATE INDEX objects_to_try_again ON objects (source, state) WHERE state <> 'loaded';
CREATE INDEX objects_with_report ON objects (source, id) WHERE report IS NOT NULL;

CREATE TABLE files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, source INTEGER NOT NULL REFERENCES sources,
    part TEXT NOT NULL, day TEXT NOT NULL, columns TEXT NOT NULL, tracked INTEGER NOT NULL,
    rows INTEGER NOT NULL, size INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
);
CREATE INDEX files_by_time ON files (part, first, last);

-- Which tracked objects have rows in which file.
CREATE TABLE held (
    file INTEGER NOT NULL REFERENCES files ON DELETE CASCADE, object INTEGER NOT NULL,
    PRIMARY KEY (file, object)
) WITHOUT ROWID;
CREATE INDEX held_by_object ON held (object);

-- Files that count no more, but that a reader may still be scanning; deleted after a grace time.
CREATE TABLE trash (path TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
"""

_SNAPSHOTS = """
-- Every shape that a thing of a snapshot (an interface, a rule, ...) has had, as JSON.
CREATE TABLE shapes (
    kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL,
    first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, shape TEXT NOT NULL,
    PRIMARY KEY (kind, account, region, id, first_seen)
) WITHOUT ROWID;

-- The newest snapshot of each account and region, and of each kind of thing in them.
CREATE TABLE snapshots (
    account TEXT NOT NULL, region TEXT NOT NULL, taken INTEGER NOT NULL, notes TEXT NOT NULL,
    PRIMARY KEY (account, region)
) WITHOUT ROWID;
CREATE TABLE snapshot_kinds (
    kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, taken INTEGER NOT NULL,
    PRIMARY KEY (kind, account, region)
) WITHOUT ROWID;
"""

_INTERNAL = """
-- Records left out because both of their ends lie in blocks to leave out.
ALTER TABLE objects ADD COLUMN internal INTEGER NOT NULL DEFAULT 0;
"""

_DROPPED = """
-- Records left out because they were older than `keep` when the object was loaded.
ALTER TABLE objects ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;
"""

_IDENTITY = """
-- What an object is, whichever source leads to it: it is loaded once. Rows of earlier versions have
-- their name: the same for objects in S3, and for files that no link led to.
ALTER TABLE objects ADD COLUMN identity TEXT NOT NULL DEFAULT '';
UPDATE objects SET identity = uri;
CREATE INDEX objects_by_identity ON objects (identity);
"""

_SPANS = """
-- An object may be loaded in part. spans: what starts in them is loaded (JSON, ms; NULL: all);
-- rest_*: the times of the records left out; outside: how many they are.
ALTER TABLE objects ADD COLUMN spans TEXT;
ALTER TABLE objects ADD COLUMN rest_first INTEGER;
ALTER TABLE objects ADD COLUMN rest_last INTEGER;
ALTER TABLE objects ADD COLUMN outside INTEGER NOT NULL DEFAULT 0;
CREATE INDEX objects_in_part ON objects (source, rest_first) WHERE rest_first IS NOT NULL;
"""

_LISTED = """
-- Of each place of a source: the spans in which every object was found and none appears any more
-- (JSON, ms; NULL: all time), and the time of the newest object.
CREATE TABLE listed (
    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE, place TEXT NOT NULL,
    spans TEXT, newest INTEGER, PRIMARY KEY (source, place)
) WITHOUT ROWID;

-- Folders to list again: refused, failed, or with archived objects; first, last: of their days.
CREATE TABLE holes (
    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE, folder TEXT NOT NULL,
    place TEXT NOT NULL, reason TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    objects INTEGER NOT NULL, tried INTEGER NOT NULL, PRIMARY KEY (source, folder)
) WITHOUT ROWID;

-- Earlier versions knew one span for all of a source. It holds for places that gave objects, from
-- their first one on: an account may have been refused before.
INSERT INTO listed
    SELECT id, '', CASE WHEN covered_from < covered_to - 172800000
        THEN '[[' || covered_from || ', ' || (covered_to - 172800000) || ']]' ELSE '[]' END,
        covered_to
    FROM sources WHERE covered_from IS NOT NULL AND covered_to IS NOT NULL;
INSERT INTO listed
    SELECT source, place, CASE WHEN low < high - 172800000
        THEN '[[' || low || ', ' || (high - 172800000) || ']]' ELSE '[]' END, high
    FROM (
        SELECT source, place, max(covered_from, min(time)) AS low,
            min(covered_to, max(time)) AS high
        FROM (
            SELECT source, time, substr(uri, 1, at + instr(substr(uri, at + 1), '/')) AS place
            FROM (
                SELECT source, time, uri, instr(uri, '/AWSLogs/')
                    + instr(substr(uri, instr(uri, '/AWSLogs/')), 'vpcflowlogs/') + 10 AS at
                FROM objects WHERE flow_log_id <> '' AND uri LIKE 's3://%/AWSLogs/%vpcflowlogs/%'
            )
        ) JOIN sources ON source = sources.id
        WHERE covered_from IS NOT NULL AND covered_to IS NOT NULL GROUP BY source, place
    ) WHERE low IS NOT NULL AND high IS NOT NULL;
"""

_COVERAGE = """
-- Records by flow log and hour, of any log-status; times in ms. object: of an object that may be
-- replaced, and goes with it; 0: of all others. meta.coverage: 0 until it was made for a store that
-- had files before.
CREATE TABLE coverage (
    source INTEGER NOT NULL REFERENCES sources, flow_log TEXT NOT NULL, hour INTEGER NOT NULL,
    object INTEGER NOT NULL, records INTEGER NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, longest INTEGER NOT NULL,
    PRIMARY KEY (source, flow_log, hour, object)
) WITHOUT ROWID;
CREATE INDEX coverage_by_object ON coverage (object) WHERE object > 0;
INSERT INTO meta SELECT 'coverage', NOT EXISTS (SELECT 1 FROM files);
"""

_COPIES = """
-- A hash of the object's bytes, "" where it is not known or there are none. An object in the state
-- `copy` has the identity or the content of another one, whose records count; `again`: that one is
-- gone, so it is read at the next sync. Stores of earlier versions know files by the names that led
-- to them: identity_of (a function of ours) follows their links.
ALTER TABLE objects ADD COLUMN content TEXT NOT NULL DEFAULT '';
UPDATE objects SET identity = identity_of(uri, flow_log_id);
CREATE INDEX objects_by_content ON objects (content) WHERE content <> '';
DROP INDEX objects_to_try_again;
CREATE INDEX objects_to_try_again ON objects (source, state) WHERE state NOT IN ('loaded', 'copy');
"""

_REPEATS = """
-- Which flow log ("" without an id) wrote of the traffic of which interface when (ms), roughly; the
-- days whose records have changed since it was judged which flow logs repeat others; what of them
-- `flows` leaves out, source: a URL where flow_log is ""; and how much that is.
CREATE TABLE carriers (
    source INTEGER NOT NULL, flow_log TEXT NOT NULL, interface TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (interface, source, flow_log)
) WITHOUT ROWID;
CREATE TABLE unjudged (day TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE repeats (
    day TEXT NOT NULL, used_source INTEGER NOT NULL, repeated_source INTEGER NOT NULL,
    flow_log TEXT NOT NULL, source TEXT NOT NULL, interface TEXT NOT NULL, action TEXT,
    first INTEGER NOT NULL, last INTEGER NOT NULL
);
CREATE INDEX repeats_by_day ON repeats (day);
CREATE TABLE repeated (
    day TEXT NOT NULL, used TEXT NOT NULL, repeated TEXT NOT NULL, used_source INTEGER NOT NULL,
    repeated_source INTEGER NOT NULL, records INTEGER NOT NULL, total INTEGER NOT NULL
);
"""

_DELIVERIES = """
-- delivered: when the object came to lie in its source (ms), where the source says so; NULL where
-- that is not known. reach: the longest record of the hour up to a day, where `longest` leaves
-- aside those over an hour; 0 for hours of earlier versions, where it is not known.
ALTER TABLE objects ADD COLUMN delivered INTEGER;
ALTER TABLE coverage ADD COLUMN reach INTEGER NOT NULL DEFAULT 0;
"""

_EVENTS = """
-- delay: of objects made of events that arrive one by one, what the slowest needed beyond the
-- quickest (ms), from their starts; NULL where that is not known.
ALTER TABLE objects ADD COLUMN delay INTEGER;
"""

_DAMAGE = """
-- checksum: CRC-32 of the file's bytes; NULL for files of earlier versions.
ALTER TABLE files ADD COLUMN checksum INTEGER;

-- Files that a question or a merge could not read, whatever their size says.
CREATE TABLE suspects (path TEXT PRIMARY KEY) WITHOUT ROWID;

-- Records that left with a damaged file and that the source does not give any more. object: the
-- tracked object that they were of; 0: those of all objects that are not tracked. probe: an object
-- that was gone; when it is there again, the day is read again.
CREATE TABLE lost (
    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE, day TEXT NOT NULL,
    object INTEGER NOT NULL, probe INTEGER NOT NULL, records INTEGER NOT NULL,
    tried INTEGER NOT NULL, PRIMARY KEY (source, day, object)
) WITHOUT ROWID;
CREATE INDEX lost_by_object ON lost (object);
"""

_LACKED = """
-- When the last snapshot was taken that did not have the thing yet; NULL: none is known of.
ALTER TABLE shapes ADD COLUMN lacked INTEGER;
"""

# STEPS[n] turns a store of version n into one of version n + 1; a new store takes all of them.
STEPS: tuple[str, ...] = (
    _OBJECTS_AND_FILES,
    _SNAPSHOTS,
    _INTERNAL,
    _DROPPED,
    _IDENTITY,
    _SPANS,
    _LISTED,
    _COVERAGE,
    _COPIES,
    _REPEATS,
    _DELIVERIES,
    _EVENTS,
    _DAMAGE,
    _LACKED,
)
SCHEMA_VERSION = len(STEPS)
