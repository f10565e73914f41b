import { createHash, hash } from 'node:crypto';
import type { Sha256, StartSha256 } from '../domain/shared/digests.ts';
import type { Sha256Hex } from '../domain/shared/ids.ts';

/** SHA-256 by Node's own library. */
export const sha256: Sha256 = (data) => hash('sha256', data) as Sha256Hex;

export const startSha256: StartSha256 = () => {
  const running = createHash('sha256');
  return {
    update: (data) => void running.update(data),
    digest: () => running.digest(),
  };
};
