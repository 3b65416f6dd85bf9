"""Makes the database itself refuse to change or remove audit lines."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_SQLITE = """
CREATE TRIGGER audit_no_{verb} BEFORE {VERB} ON audit_auditline
BEGIN SELECT RAISE(ABORT, 'audit lines are only ever added'); END
"""
FORBIDDEN_IN_SQLITE = tuple(
    _SQLITE.format(verb=verb, VERB=verb.upper()) for verb in ("update", "delete")
)
ALLOWED_IN_SQLITE = ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete")
_POSTGRESQL = """
CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit lines are only ever added'; END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_auditline
FOR EACH ROW EXECUTE FUNCTION audit_append_only()
"""


def forbid(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001
    """Put the triggers in place."""
    if editor.connection.vendor == "postgresql":
        editor.execute(_POSTGRESQL)
        return
    for statement in FORBIDDEN_IN_SQLITE:
        editor.execute(statement)


def allow(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001
    """Take the triggers away; only for undoing the migration."""
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP TRIGGER audit_append_only ON audit_auditline")
        return
    for statement in ALLOWED_IN_SQLITE:
        editor.execute(statement)
