import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Seal } from '../../application/ports/door.ts';
import { RepriseError } from '../../domain/shared/errors.ts';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM and HMAC-SHA-256, each with a key of its own by HKDF (RFC 5869) from REPRISE_SECRET. What is sealed is
 * bound to its owner: moved to another person's row it opens nothing.
 */
export function createSeal(secret: string | null): Seal {
  const key = (use: string) => {
    if (secret === null)
      throw new RepriseError(
        'setting-invalid',
        'REPRISE_SECRET is missing, so that second factors can’t be read: set it as the web process has it (docs/settings.md).',
        { where: 'REPRISE_SECRET' },
      );
    return Buffer.from(hkdfSync('sha256', secret, '', `reprise ${use} v1`, 32));
  };
  return {
    seal(text, owner) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, key('authenticator'), iv).setAAD(Buffer.from(owner));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `v1.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
    },
    open(sealed, owner) {
      const [version, text = ''] = sealed.split('.');
      const bytes = Buffer.from(text, 'base64url');
      if (version !== 'v1' || bytes.length < IV_BYTES + TAG_BYTES) return null;
      const cipher = createDecipheriv(CIPHER, key('authenticator'), bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      });
      cipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      try {
        return Buffer.concat([
          cipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)),
          cipher.final(),
        ]).toString();
      } catch {
        return null;
      }
    },
    digest: (text, owner) =>
      createHmac('sha256', key('recovery code')).update(`${owner}\n${text}`).digest('hex'),
  };
}
