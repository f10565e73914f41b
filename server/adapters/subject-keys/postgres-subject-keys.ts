import { createDecipheriv } from 'node:crypto';
import type { SubjectKeys } from '../../application/ports/derived-state.ts';
import type { Erasure } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import {
  type Connections,
  fixedOutput,
  messageOf,
  needsMending,
  quoteName,
  quoteTable,
  remedyFor,
  withClient,
} from '../connections.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Reads the keys of subjects from a PostgreSQL table: the key column holds 32 bytes as bytea, or as base64 text.
 * A subject without a row, or whose key is NULL, has been erased.
 */
export function openSubjectKeys(connect: Connections): SubjectKeys {
  return { load: (erasure) => load(connect, erasure), decrypt };
}

async function load(connect: Connections, erasure: Erasure): Promise<(subject: string) => Uint8Array | null> {
  const { connection, table, subject, key } = erasure.keys;
  const select = `SELECT ${quoteName(subject)}::text AS subject, ${quoteName(key)} AS key FROM ${quoteTable(table)}
    WHERE ${quoteName(key)} IS NOT NULL`;
  try {
    return await withClient(connect(connection), async (client) => {
      await client.query(`BEGIN READ ONLY; ${fixedOutput}`);
      const { rows } = await client.query<{ subject: string | null; key: unknown }>(select);
      await client.query('COMMIT');
      const places = new Map<string, number>();
      // One block for all of them: a Buffer a subject costs several times its 32 bytes.
      const keys = new Uint8Array(rows.length * KEY_BYTES);
      rows.forEach((row, i) => {
        if (row.subject === null) throw unfit(erasure, 'a row with a key names no subject');
        if (places.has(row.subject)) throw unfit(erasure, `subject ${row.subject} has more than one key`);
        keys.set(keyBytes(erasure, row.subject, row.key), i * KEY_BYTES);
        places.set(row.subject, i * KEY_BYTES);
      });
      return (name) => {
        const at = places.get(name);
        return at === undefined ? null : keys.subarray(at, at + KEY_BYTES);
      };
    });
  } catch (error) {
    if (error instanceof RepriseError) throw error;
    throw unfit(erasure, messageOf(error), error);
  }
}

function keyBytes(erasure: Erasure, subject: string, value: unknown): Uint8Array {
  const bytes = typeof value === 'string' ? fromBase64(value) : value;
  if (!(bytes instanceof Uint8Array) || bytes.length !== KEY_BYTES) {
    throw unfit(
      erasure,
      `the key of subject ${subject} is not ${KEY_BYTES} bytes, as bytea or as base64 text`,
    );
  }
  return bytes;
}

/** Keys that can't be read must never look like keys that were deleted: every field would count as erased. */
function unfit(erasure: Erasure, problem: string, cause?: unknown): RepriseError {
  const { connection, table } = erasure.keys;
  const remedy = cause === undefined ? null : remedyFor(cause);
  return new RepriseError(
    'derived-state-unavailable',
    `The keys of subjects (connection ${connection}, table ${table}) could not be read: ${problem}.${remedy ? ` ${remedy}` : ''}`,
    { where: `${connection}: ${table}`, cause, lasting: cause === undefined || needsMending(cause) },
  );
}

/**
 * Decrypts base64 of nonce(12) ‖ ciphertext ‖ tag(16), AES-256-GCM without additional data (NIST SP 800-38D).
 * Throws where the text is not that, or where the tag says that text or key are not the ones that belong together.
 */
function decrypt(key: Uint8Array, base64: string): string {
  const sealed = fromBase64(base64);
  if (sealed === null || sealed.length < NONCE_BYTES + TAG_BYTES) {
    throw new Error('the encrypted field is not base64 of nonce, ciphertext and tag');
  }
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([plain, decipher.final()]).toString();
  } catch {
    throw new Error('the encrypted field is not authentic: it was changed, or belongs to another key');
  }
}

/** Node passes over what is no base64; here that is a mistake and not a shorter text. */
function fromBase64(text: string): Buffer | null {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ? Buffer.from(text, 'base64')
    : null;
}
