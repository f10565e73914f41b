import { randomBytes } from 'node:crypto';
import { generateSecret, generateURI, verifySync } from 'otplib';
import { encode } from 'uqr';
import type { TimedCodes } from '../../application/ports/door.ts';

const STEP_SECONDS = 30;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** RFC 6238 as every authenticator app takes it for granted: SHA-1, six digits, 30 seconds. */
export const timedCodes: TimedCodes = {
  newSecret: () => generateSecret(),

  address: (secret, email) => generateURI({ issuer: 'Reprise', label: email, secret }),

  picture(address) {
    const { size, data } = encode(address, { ecc: 'M', border: 2 });
    const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')));
    return { side: size, path: path.join('') };
  },

  stepOf(secret, code, nowMs) {
    const epoch = Math.floor(nowMs / 1_000);
    const found = verifySync({
      secret,
      token: code,
      epoch,
      period: STEP_SECONDS,
      epochTolerance: STEP_SECONDS,
    });
    return found.valid && 'timeStep' in found ? found.timeStep : null;
  },

  // Five bits of each byte: every letter is as likely as another.
  newRecoveryCode: () => [...randomBytes(16)].map((byte) => BASE32[byte % BASE32.length]).join(''),
};
