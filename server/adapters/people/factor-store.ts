import type { FactorStore, SignInStep, SignInStepStore } from '../../application/ports/door.ts';

type AuthenticatorRecord = {
  sealed: string;
  last_step: string | null;
  confirmed_at: Date | null;
  now_ms: number;
};

/** Second factors in Reprise's own database. */
export const factorStore: FactorStore = {
  async authenticator(tx, personId) {
    const [row] = await tx.query<AuthenticatorRecord>(
      `SELECT sealed, last_step::text, confirmed_at, (extract(epoch FROM now()) * 1000)::float8 AS now_ms
       FROM authenticator WHERE person_id = $1 FOR UPDATE`,
      [personId],
    );
    if (row === undefined) return null;
    return {
      sealed: row.sealed,
      lastStep: row.last_step === null ? null : Number(row.last_step),
      confirmedAt: row.confirmed_at?.toISOString() ?? null,
      nowMs: Math.floor(row.now_ms),
    };
  },

  async putAuthenticator(tx, personId, sealed) {
    await tx.query(
      `INSERT INTO authenticator (person_id, sealed) VALUES ($1, $2)
       ON CONFLICT (person_id) DO UPDATE SET sealed = $2, last_step = NULL, created_at = now()
       WHERE authenticator.confirmed_at IS NULL`,
      [personId, sealed],
    );
  },

  async confirmAuthenticator(tx, personId) {
    await tx.query('UPDATE authenticator SET confirmed_at = now() WHERE person_id = $1', [personId]);
  },

  async takeStep(tx, personId, step) {
    const rows = await tx.query(
      `UPDATE authenticator SET last_step = $2
       WHERE person_id = $1 AND (last_step IS NULL OR last_step < $2) RETURNING person_id`,
      [personId, step],
    );
    return rows.length > 0;
  },

  async removeAuthenticator(tx, personId) {
    await tx.query('DELETE FROM recovery_code WHERE person_id = $1', [personId]);
    const rows = await tx.query<{ counted: boolean }>(
      'DELETE FROM authenticator WHERE person_id = $1 RETURNING confirmed_at IS NOT NULL AS counted',
      [personId],
    );
    return rows[0]?.counted === true;
  },

  async wrongCodes(tx, personId, days) {
    const [row] = await tx.query<{ count: number; last_at: Date | null }>(
      `SELECT count(*)::int AS count, max(recorded_at) AS last_at FROM audit_entry
       WHERE subject = 'person:' || $1::text AND action = 'session.started' AND outcome = 'refused'
         AND detail->>'step' = 'second-factor' AND recorded_at > now() - make_interval(days => $2)`,
      [personId, days],
    );
    return { count: row?.count ?? 0, lastAt: row?.last_at?.toISOString() ?? null };
  },

  async putRecoveryCodes(tx, personId, digests) {
    await tx.query('DELETE FROM recovery_code WHERE person_id = $1', [personId]);
    await tx.query(
      'INSERT INTO recovery_code (person_id, code_hash) SELECT $1, digest FROM unnest($2::text[]) AS digest',
      [personId, digests],
    );
  },

  async spendRecoveryCode(tx, personId, digest) {
    const rows = await tx.query(
      `UPDATE recovery_code SET used_at = now()
       WHERE person_id = $1 AND code_hash = $2 AND used_at IS NULL RETURNING person_id`,
      [personId, digest],
    );
    return rows.length > 0;
  },

  async recoveryCodesLeft(tx, personId) {
    const [row] = await tx.query<{ left: number }>(
      'SELECT count(*)::int AS left FROM recovery_code WHERE person_id = $1 AND used_at IS NULL',
      [personId],
    );
    return row?.left ?? 0;
  },
};

type StepRecord = { person_id: string | null; detail: SignInStep['detail'] };

const toStep = (row: StepRecord | undefined): SignInStep | null =>
  row === undefined ? null : { personId: row.person_id, detail: row.detail };

/** The steps of sign-ins that are under way. */
export const signInStepStore: SignInStepStore = {
  async put(tx, { kind, tokenHash, personId, detail, seconds }) {
    await tx.query(
      `INSERT INTO sign_in_step (token_hash, kind, person_id, detail, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))`,
      [tokenHash, kind, personId, JSON.stringify(detail), seconds],
    );
  },

  async read(tx, kind, tokenHash) {
    const [row] = await tx.query<StepRecord>(
      `SELECT person_id, detail FROM sign_in_step
       WHERE token_hash = $1 AND kind = $2 AND expires_at > now() FOR UPDATE`,
      [tokenHash, kind],
    );
    return toStep(row);
  },

  async take(tx, kind, tokenHash) {
    const [row] = await tx.query<StepRecord>(
      `DELETE FROM sign_in_step WHERE token_hash = $1 AND kind = $2 AND expires_at > now()
       RETURNING person_id, detail`,
      [tokenHash, kind],
    );
    return toStep(row);
  },
};
