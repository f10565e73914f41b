import type { PeopleStore, TokenRow } from '../../application/ports/people.ts';
import { ISSUER_WORD_DAYS, isRole, type Right, rights } from '../../domain/access/index.ts';

type TokenRows = Pick<
  PeopleStore,
  'insertToken' | 'tokens' | 'revokeToken' | 'revokeTokens' | 'bearerOfToken'
>;

const isRight = (text: string): text is Right => rights.some((right) => right === text);

/**
 * Whether an issuer has to vouch for this person, and has not done so for too long. One that is not asked any more
 * still has to, unless they have got a password since: what it gave does not outlive it.
 */
const unvouched = (personId: string, issuer: string, days: string) => `EXISTS (
  SELECT FROM sign_in_account c WHERE c.person_id = ${personId} AND c.provider_id LIKE 'oidc:%'
    AND c.vouched_at <= now() - make_interval(days => ${days})
    AND (c.provider_id = 'oidc:' || ${issuer}::text OR NOT EXISTS (
      SELECT FROM sign_in_account w WHERE w.person_id = c.person_id AND w.password IS NOT NULL)))`;

/** Tokens in Reprise's own database. */
export const tokenRows: TokenRows = {
  async insertToken(tx, { id, personId, name, tokenHash, scopes, days }) {
    await tx.query(
      `INSERT INTO api_token (id, person_id, name, token_hash, scopes, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6))`,
      [id, personId, name, tokenHash, scopes, days],
    );
  },

  async tokens(tx, personId, issuer) {
    const rows = await tx.query<TokenRecord>(
      `SELECT id, name, scopes, created_at, expires_at, last_used_at,
         CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= now() THEN 'expired'
           WHEN ${unvouched('person_id', '$2', '$3')} THEN 'resting' ELSE 'live' END AS state
       FROM api_token WHERE person_id = $1 ORDER BY created_at DESC, id LIMIT 200`,
      [personId, issuer, ISSUER_WORD_DAYS],
    );
    return rows.map(toToken);
  },

  async revokeToken(tx, personId, tokenId) {
    const rows = await tx.query(
      'UPDATE api_token SET revoked_at = now() WHERE person_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING id',
      [personId, tokenId],
    );
    return rows.length > 0;
  },

  async revokeTokens(tx, personId) {
    const rows = await tx.query(
      'UPDATE api_token SET revoked_at = now() WHERE person_id = $1 AND revoked_at IS NULL AND expires_at > now() RETURNING id',
      [personId],
    );
    return rows.length;
  },

  async bearerOfToken(tx, tokenHash, issuer) {
    const [row] = await tx.query<{
      id: string;
      name: string;
      email: string;
      roles: string[];
      scopes: string[];
    }>(
      `UPDATE api_token t SET last_used_at = now() FROM person p
       WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND t.expires_at > now()
         AND p.id = t.person_id AND p.disabled_at IS NULL AND NOT ${unvouched('p.id', '$2', '$3')}
       RETURNING p.id, p.name, p.email, p.roles, t.scopes`,
      [tokenHash, issuer, ISSUER_WORD_DAYS],
    );
    if (row === undefined) return null;
    const { scopes, roles, ...who } = row;
    return {
      person: { ...who, roles: roles.filter(isRole) },
      scopes: scopes.filter(isRight),
      sessionId: null,
      provenAt: null,
      method: null,
    };
  },
};

type TokenRecord = {
  id: string;
  name: string;
  scopes: string[];
  created_at: Date;
  expires_at: Date;
  last_used_at: Date | null;
  state: TokenRow['state'];
};

function toToken(row: TokenRecord): TokenRow {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes.filter(isRight),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    state: row.state,
  };
}
