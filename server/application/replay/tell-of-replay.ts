import type { Telling } from '../ports/notices.ts';
import type { ReplayRow } from '../ports/replay-store.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { ReplayDeps } from './deps.ts';

/** Tells those concerned what has become of a replay, in the transaction in which it becomes that. */
export function tellOfReplay(
  deps: Pick<ReplayDeps, 'notices'>,
  tx: Transaction,
  replay: Pick<ReplayRow, 'id' | 'contractId' | 'contractVersion' | 'requestedBy'>,
  telling: Pick<Telling, 'kind' | 'audience' | 'why' | 'except'>,
): Promise<void> {
  return deps.notices.tell(tx, {
    ...telling,
    subject: { kind: 'replay', id: replay.id },
    contractId: replay.contractId,
    contractVersion: replay.contractVersion,
    requestedBy: replay.requestedBy,
  });
}
