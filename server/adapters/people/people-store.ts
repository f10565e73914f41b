import type { PeopleStore, Person, SessionRow } from '../../application/ports/people.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { isRole } from '../../domain/access/index.ts';
import { tokenRows } from './token-rows.ts';

/** The provider under which the sign-in keeps passwords. */
const PASSWORD = 'credential';
/** Before the address of an issuer, where somebody is known by its word. */
const ISSUER = 'oidc:';

type PersonRow = {
  id: string;
  name: string;
  email: string;
  roles: string[];
  disabled: boolean;
  created_at: Date;
  signed_in_at: Date | null;
  sessions: number;
  has_password: boolean;
  issuer: string | null;
  second_factor: boolean;
  passkeys: number;
  invited_until: Date | null;
};

const person = `
  SELECT p.id, p.name, p.email, p.roles, p.disabled_at IS NOT NULL AS disabled, p.created_at,
    (SELECT a.recorded_at FROM audit_entry a
      WHERE a.actor = p.id AND a.action = 'session.started' ORDER BY a.id DESC LIMIT 1) AS signed_in_at,
    (SELECT count(*)::int FROM person_session s WHERE s.person_id = p.id AND s.expires_at > now()) AS sessions,
    EXISTS (SELECT FROM sign_in_account c WHERE c.person_id = p.id AND c.password IS NOT NULL) AS has_password,
    (SELECT substr(c.provider_id, 6) FROM sign_in_account c
      WHERE c.person_id = p.id AND c.provider_id LIKE 'oidc:%') AS issuer,
    EXISTS (SELECT FROM authenticator f WHERE f.person_id = p.id AND f.confirmed_at IS NOT NULL) AS second_factor,
    (SELECT count(*)::int FROM passkey k WHERE k.person_id = p.id) AS passkeys,
    (SELECT max(i.expires_at) FROM invitation i
      WHERE i.person_id = p.id AND i.used_at IS NULL AND i.expires_at > now()) AS invited_until
  FROM person p`;

function toPerson(row: PersonRow): Person {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    roles: row.roles.filter(isRole),
    disabled: row.disabled,
    createdAt: row.created_at.toISOString(),
    signedInAt: row.signed_in_at?.toISOString() ?? null,
    sessions: row.sessions,
    hasPassword: row.has_password,
    issuer: row.issuer,
    hasSecondFactor: row.second_factor,
    passkeys: row.passkeys,
    invitedUntil: row.invited_until?.toISOString() ?? null,
  };
}

async function onePerson(tx: Transaction, where: string, value: string): Promise<Person | null> {
  const [row] = await tx.query<PersonRow>(`${person} WHERE ${where} = $1`, [value]);
  return row === undefined ? null : toPerson(row);
}

/** People in Reprise's own database. */
export const peopleStore: PeopleStore = {
  async lockAll(tx) {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('people', 0))`);
  },

  async list(tx) {
    const rows = await tx.query<PersonRow>(
      `${person} ORDER BY p.disabled_at IS NOT NULL, lower(p.name), p.id`,
    );
    return rows.map(toPerson);
  },

  find: (tx, id) => onePerson(tx, 'p.id', id),
  findByEmail: (tx, email) => onePerson(tx, 'p.email', email),

  async insert(tx, { id, name, email, roles }) {
    await tx.query(
      'INSERT INTO person (id, name, email, email_verified, roles) VALUES ($1, $2, $3, true, $4)',
      [id, name, email, roles],
    );
  },

  async holdWhatWaits(tx) {
    // No row of it, but its trigger: whatever waits on approvals is held, in the one order.
    await tx.query('UPDATE person SET roles = roles WHERE false');
  },

  async change(tx, id, { roles, name, disabled }) {
    await tx.query(
      `UPDATE person SET roles = coalesce($2, roles), name = coalesce($3, name), updated_at = now(),
         disabled_at = CASE WHEN $4::boolean IS NULL THEN disabled_at WHEN $4 THEN coalesce(disabled_at, now()) END
       WHERE id = $1`,
      [id, roles ?? null, name ?? null, disabled ?? null],
    );
  },

  async setPassword(tx, personId, hash) {
    await tx.query(
      `INSERT INTO sign_in_account (id, person_id, account_id, provider_id, password)
       VALUES (gen_random_uuid()::text, $1, $1, $2, $3)
       ON CONFLICT (provider_id, account_id) DO UPDATE SET password = $3, updated_at = now()`,
      [personId, PASSWORD, hash],
    );
  },

  async passwordHash(tx, personId) {
    const [row] = await tx.query<{ password: string | null }>(
      'SELECT password FROM sign_in_account WHERE person_id = $1 AND provider_id = $2',
      [personId, PASSWORD],
    );
    return row?.password ?? null;
  },

  async removePassword(tx, personId) {
    await tx.query('DELETE FROM sign_in_account WHERE person_id = $1 AND provider_id = $2', [
      personId,
      PASSWORD,
    ]);
  },

  async findBySubject(tx, issuer, subject) {
    const [row] = await tx.query<{ person_id: string }>(
      'SELECT person_id FROM sign_in_account WHERE provider_id = $1 AND account_id = $2',
      [ISSUER + issuer, subject],
    );
    return row === undefined ? null : onePerson(tx, 'p.id', row.person_id);
  },

  async linkSubject(tx, personId, issuer, subject) {
    await tx.query(
      `INSERT INTO sign_in_account (id, person_id, account_id, provider_id)
       VALUES (gen_random_uuid()::text, $1, $2, $3)`,
      [personId, subject, ISSUER + issuer],
    );
  },

  async vouch(tx, personId, issuer) {
    await tx.query(
      'UPDATE sign_in_account SET vouched_at = now() WHERE person_id = $1 AND provider_id = $2',
      [personId, ISSUER + issuer],
    );
  },

  async sessions(tx, personId) {
    const rows = await tx.query<SessionRecord>(
      `SELECT id, person_id, created_at, expires_at, ip_address, user_agent FROM person_session
       WHERE person_id = $1 AND expires_at > now() ORDER BY created_at DESC, id`,
      [personId],
    );
    return rows.map(toSession);
  },

  async isFresh(tx, sessionId, minutes) {
    const [row] = await tx.query<{ fresh: boolean }>(
      `SELECT s.proven_at > now() - make_interval(mins => $2) AND (s.second_factor IS NOT NULL OR NOT EXISTS (
         SELECT FROM authenticator a WHERE a.person_id = s.person_id AND a.confirmed_at IS NOT NULL)) AS fresh
       FROM person_session s WHERE s.id = $1 AND s.expires_at > now()`,
      [sessionId, minutes],
    );
    return row?.fresh === true;
  },

  async isUnsaid(tx, sessionId) {
    const rows = await tx.query(
      `SELECT FROM person_session WHERE id = $1 AND method = 'issuer' AND proven_at IS NULL`,
      [sessionId],
    );
    return rows.length > 0;
  },

  async standing(tx, personId) {
    const [row] = await tx.query<{ roles: string[]; disabled: boolean }>(
      'SELECT roles, disabled_at IS NOT NULL AS disabled FROM person WHERE id = $1 FOR SHARE',
      [personId],
    );
    return row === undefined ? null : { roles: row.roles.filter(isRole), disabled: row.disabled };
  },

  async endSession(tx, personId, sessionId) {
    const rows = await tx.query('DELETE FROM person_session WHERE person_id = $1 AND id = $2 RETURNING id', [
      personId,
      sessionId,
    ]);
    return rows.length > 0;
  },

  async sessionEpoch(tx, personId) {
    const [row] = await tx.query<{ session_epoch: number }>(
      'SELECT session_epoch FROM person WHERE id = $1',
      [personId],
    );
    return row?.session_epoch ?? -1;
  },

  async endSessions(tx, personId, except) {
    // First, so that a session which is being made is there before the rest looks, or comes after and is refused.
    await tx.query('UPDATE person SET session_epoch = session_epoch + 1 WHERE id = $1', [personId]);
    await tx.query('DELETE FROM sign_in_step WHERE person_id = $1', [personId]);
    const rows = await tx.query(
      'DELETE FROM person_session WHERE person_id = $1 AND id IS DISTINCT FROM $2 RETURNING id',
      [personId, except],
    );
    return rows.length;
  },

  async insertInvitation(tx, { id, tokenHash, personId, createdBy, hours }) {
    await tx.query(
      `INSERT INTO invitation (id, token_hash, person_id, created_by, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(hours => $5))`,
      [id, tokenHash, personId, createdBy, hours],
    );
  },

  async openInvitation(tx, tokenHash) {
    const [row] = await tx.query<InvitationRow>(
      `SELECT id, person_id, created_by FROM invitation WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now()`,
      [tokenHash],
    );
    return row === undefined
      ? null
      : { invitationId: row.id, personId: row.person_id, createdBy: row.created_by };
  },

  async useInvitation(tx, tokenHash) {
    const [row] = await tx.query<InvitationRow>(
      `UPDATE invitation SET used_at = now()
       WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now() RETURNING id, person_id, created_by`,
      [tokenHash],
    );
    return row === undefined
      ? null
      : { invitationId: row.id, personId: row.person_id, createdBy: row.created_by };
  },

  async withdrawInvitations(tx, personId) {
    await tx.query(
      `UPDATE invitation SET expires_at = now() - interval '1 second'
       WHERE person_id IS NOT DISTINCT FROM $1 AND used_at IS NULL AND expires_at > now()`,
      [personId],
    );
  },

  ...tokenRows,

  async sweep(tx) {
    await tx.query('DELETE FROM person_session WHERE expires_at <= now()');
    await tx.query('DELETE FROM sign_in_verification WHERE expires_at <= now()');
    await tx.query('DELETE FROM sign_in_step WHERE expires_at <= now()');
    await tx.query(
      `DELETE FROM sign_in_rate WHERE last_request < extract(epoch FROM now() - interval '1 day') * 1000`,
    );
  },
};

type InvitationRow = { id: string; person_id: string | null; created_by: string };

type SessionRecord = {
  id: string;
  person_id: string;
  created_at: Date;
  expires_at: Date;
  ip_address: string | null;
  user_agent: string | null;
};

function toSession(row: SessionRecord): SessionRow {
  return {
    id: row.id,
    personId: row.person_id,
    startedAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    address: row.ip_address,
    userAgent: row.user_agent,
  };
}
