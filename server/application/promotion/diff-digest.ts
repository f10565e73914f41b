import { type Change, changeText } from '../../domain/promotion/index.ts';
import { toHex } from '../../domain/shared/bytes.ts';
import type { ReplayDeps } from '../replay/deps.ts';

/** SHA-256 over the canonical changes in byte order of the key, one a line: what an approval is bound to. */
export function digestOfChanges(deps: Pick<ReplayDeps, 'startSha256'>, changes: readonly Change[]): string {
  const sha256 = deps.startSha256();
  const encoder = new TextEncoder();
  for (const change of changes) sha256.update(encoder.encode(`${changeText(change)}\n`));
  return toHex(sha256.digest());
}
