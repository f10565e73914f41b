import { createCipheriv, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Erasure } from '../../domain/contract/define.ts';
import { openScratchStore, type ScratchStore } from '../scratch-store.ts';
import { openSubjectKeys } from './postgres-subject-keys.ts';

let store: ScratchStore;
const keys = { ada: randomBytes(32), grace: randomBytes(32) };
beforeAll(async () => {
  store = await openScratchStore(inject('databaseUrl'));
});
afterAll(() => store?.drop());
beforeEach(async () => {
  await store.owner.query(
    'DROP TABLE IF EXISTS subject_key; CREATE TABLE subject_key (subject text, key bytea)',
  );
  await store.owner.query('INSERT INTO subject_key VALUES ($1, $2), ($3, $4)', [
    'ada',
    keys.ada,
    'grace',
    keys.grace,
  ]);
  await store.grant();
});

const erasureOf = (change: Partial<Erasure['keys']> = {}): Erasure => ({
  subject: { from: 'key' },
  fields: ['holder'],
  keys: { connection: 'store', table: 'subject_key', subject: 'subject', key: 'key', ...change },
});
const port = () => openSubjectKeys(store.connect);

/** As a writer does it, with its own code. */
function encrypt(key: Uint8Array, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

describe('the keys of subjects', () => {
  it('decrypt what was encrypted for the subject', async () => {
    const keyOf = await port().load(erasureOf());
    const key = keyOf('ada');
    expect(key && port().decrypt(key, encrypt(keys.ada, 'Ada Lövelace'))).toBe('Ada Lövelace');
    expect(key && port().decrypt(key, encrypt(keys.ada, ''))).toBe('');
  });

  it('are gone once deleted or emptied, and only then', async () => {
    await store.owner.query("DELETE FROM subject_key WHERE subject = 'ada'");
    await store.owner.query("UPDATE subject_key SET key = NULL WHERE subject = 'grace'");
    const keyOf = await port().load(erasureOf());
    expect([keyOf('ada'), keyOf('grace'), keyOf('nobody')]).toEqual([null, null, null]);
  });

  it('may stand as base64 text', async () => {
    await store.owner.query(
      'ALTER TABLE subject_key ALTER COLUMN key TYPE text USING encode(key, $$base64$$)',
    );
    const key = (await port().load(erasureOf()))('grace');
    expect(key && Buffer.from(key)).toEqual(keys.grace);
  });

  it('never count as deleted where a policy hides them', async () => {
    await store.owner.query(`
      CREATE POLICY not_ada ON subject_key USING (subject <> 'ada');
      ALTER TABLE subject_key ENABLE ROW LEVEL SECURITY`);
    await expect(port().load(erasureOf())).rejects.toMatchObject({
      code: 'derived-state-unavailable',
      message: expect.stringContaining('BYPASSRLS'),
    });
  });

  it('never count as deleted where they could not be read', async () => {
    const refused = (change: Partial<Erasure['keys']>) =>
      expect(port().load(erasureOf(change))).rejects.toMatchObject({ code: 'derived-state-unavailable' });
    await refused({ connection: 'away' });
    await refused({ table: 'none' });
    await refused({ key: 'none' });
    await store.owner.query("UPDATE subject_key SET key = '\\x00' WHERE subject = 'ada'");
    await expect(port().load(erasureOf())).rejects.toThrow('the key of subject ada is not 32 bytes');
    await store.owner.query("UPDATE subject_key SET subject = 'ada', key = $1", [keys.ada]);
    await expect(port().load(erasureOf())).rejects.toThrow('subject ada has more than one key');
  });
});

describe('a ciphertext', () => {
  it('under another key, changed, cut or no base64 is never decrypted', () => {
    const sealed = encrypt(keys.ada, 'Ada');
    const bytes = Buffer.from(sealed, 'base64');
    expect(() => port().decrypt(keys.grace, sealed)).toThrow('not authentic');
    for (let i = 0; i < bytes.length; i += 1) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(() => port().decrypt(keys.ada, changed.toString('base64'))).toThrow('not authentic');
    }
    expect(() => port().decrypt(keys.ada, bytes.subarray(0, 27).toString('base64'))).toThrow(
      'is not base64 of nonce',
    );
    expect(() => port().decrypt(keys.ada, `${sealed.slice(0, 8)} ${sealed.slice(8)}`)).toThrow(
      'is not base64',
    );
  });
});
