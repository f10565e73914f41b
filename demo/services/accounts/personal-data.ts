import { createCipheriv, randomBytes } from 'node:crypto';
import type pg from 'pg';

/** A new subject's key, kept where it can be deleted: forgetting somebody is forgetting this. */
export async function createSubjectKey(client: pg.ClientBase, subject: string): Promise<Buffer> {
  const key = randomBytes(32);
  await client.query('insert into subject_keys (subject, key) values ($1, $2)', [subject, key]);
  return key;
}

/** AES-256-GCM as base64 of nonce(12) ‖ ciphertext ‖ tag(16). A nonce is never used twice with a key. */
export function encrypt(key: Buffer, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64');
}

/**
 * Deletes the key of a subject, or of the holder of an account.
 * @returns the subject, or null where there is no such key (any more)
 */
export async function forget(client: pg.ClientBase, subjectOrAccount: string): Promise<string | null> {
  const { rows } = await client.query<{ subject: string }>(
    `delete from subject_keys
     where subject = $1 or subject in (select subject from account_events where account = $1)
     returning subject`,
    [subjectOrAccount],
  );
  return rows[0]?.subject ?? null;
}
