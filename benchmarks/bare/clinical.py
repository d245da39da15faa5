"""La ficha con sus antecedentes en el límite: se lee y queda constancia, en una transacción."""

from typing import Any

from benchmarks.bare.reads import CLINICAL_FILE
from common.rules.audit import CHAIN_LOCK, GENESIS, Entry, digest
from common.utils import now

_LAST = "SELECT hash FROM audit_log ORDER BY audit_id DESC LIMIT 1"
_RECORD = """
INSERT INTO audit_log (created_at, user_id, action, entity, entity_id, patient_id, request_id, ip_address,
  previous_hash, hash)
VALUES (%(created_at)s, %(user_id)s, %(action)s, %(entity)s, %(entity_id)s, %(patient_id)s, %(request_id)s,
  %(ip_address)s, %(previous_hash)s, %(hash)s)
"""


def clinical_file(cursor: Any, patient_id: int, user_id: int) -> str:
    """El JSON de la ficha, que da PostgreSQL; la entrada continúa la misma cadena que las del sistema."""
    cursor.execute(CLINICAL_FILE, {"id": patient_id})
    content, history_id = cursor.fetchone()
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (CHAIN_LOCK,))
    cursor.execute(_LAST)
    last = cursor.fetchone()
    entry = Entry(
        created_at=now(),
        user_id=user_id,
        action="READ",
        entity="medical_history",
        entity_id=history_id,
        patient_id=patient_id,
        request_id="limite",
        ip_address="127.0.0.1",
        details=None,
        previous_hash=last[0] if last else GENESIS,
    )
    cursor.execute(_RECORD, {**vars(entry), "hash": digest(entry)})
    return str(content)
