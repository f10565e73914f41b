import {
  checkpointText,
  noteKey,
  parseCheckpoint,
  parseNote,
  rootOf,
  signNote,
} from '../../domain/log/index.ts';
import { equalBytes } from '../../domain/shared/bytes.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Sealing, StoredCheckpoint } from '../ports/evidence-log.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { mustSign } from './record-evidence.ts';

export type LogDeps = { readonly unitOfWork: UnitOfWork; readonly sealing: Sealing };

/**
 * Signs what the log holds now, unless that has been signed already. It signs nothing that the last checkpoint is not
 * the beginning of: who holds that one would find the log rewritten, and so does this.
 */
export function signCheckpoint(deps: LogDeps): Promise<StoredCheckpoint | null> {
  return deps.unitOfWork.run(async (tx) => {
    const { log, sha256, signer } = deps.sealing;
    const head = await log.head(tx);
    if (head === null) return null;
    const latest = await log.latestCheckpoint(tx);
    if (latest?.size === head.size) return latest;
    if (latest !== null) await refuseRewritten(deps, tx, latest);
    const { publicKey, sign } = mustSign(signer);
    const root = await rootOf(head.size, log.reader(tx), sha256);
    const text = checkpointText({ origin: head.origin, size: head.size, root, extensions: [] });
    const key = await noteKey({ kind: 'note', name: head.origin, publicKey }, sha256);
    await log.insertCheckpoint(tx, { size: head.size, root, note: await signNote(text, { key, sign }) });
    // Another process may have been faster: what is stored is what was signed.
    return log.checkpointFrom(tx, head.size);
  });
}

/** The stored hashes still give what was signed, and the note says what its row says. */
export async function refuseRewritten(
  { sealing: { log, sha256 } }: Pick<LogDeps, 'sealing'>,
  tx: Transaction,
  { size, root, note }: StoredCheckpoint,
): Promise<void> {
  const signed = parseNote(note);
  const said = signed.ok ? parseCheckpoint(signed.value.text) : signed;
  const now = await rootOf(size, log.reader(tx), sha256);
  if (said.ok && said.value.size === size && equalBytes(said.value.root, root) && equalBytes(root, now))
    return;
  throw new RepriseError(
    'evidence-log-rewritten',
    `The first ${size} entries of the evidence log are not those that its checkpoint of that size was signed over. Nothing is signed any more until it is known why: hold the log against a checkpoint that was kept elsewhere, and a backup of the database.`,
    { where: `checkpoint ${size}`, lasting: true },
  );
}
