import { randomBytes } from 'node:crypto';
import { hashPassword, verifyPassword } from 'better-auth/crypto';
import type { NewSecret, Passwords } from '../../application/ports/people.ts';

/** scrypt, as the sign-in itself checks it (N 16384, r 16, p 1; a salt for each). */
export const passwords: Passwords = {
  hash: hashPassword,
  verify: (hash, password) => verifyPassword({ hash, password }),
};

export const newSecret: NewSecret = () => randomBytes(32).toString('base64url');
