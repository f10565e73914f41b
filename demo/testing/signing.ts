import { generateKeyPairSync } from 'node:crypto';

/** What a process of a test records evidence with: a key that nobody else has. */
export const testSigning: Readonly<Record<string, string>> = {
  REPRISE_SIGNING_KEY: generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
};
