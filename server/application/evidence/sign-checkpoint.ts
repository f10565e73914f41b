import {
  checkpointText,
  noteKey,
  parseCheckpoint,
  parseNote,
  rootOf,
  signNote,
  verifyNote,
} from '../../domain/log/index.ts';
import { equalBytes } from '../../domain/shared/bytes.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Sealing, StoredCheckpoint } from '../ports/evidence-log.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { mustSign } from './record-evidence.ts';

export type LogDeps = { readonly unitOfWork: UnitOfWork; readonly sealing: Sealing };

/**
 * Signs what the log holds now, unless that has been signed already. It signs nothing that the last checkpoint is not
 * the beginning of, nor one that was kept elsewhere: who holds that one would find the log rewritten, and so does this.
 */
export function signCheckpoint(
  deps: LogDeps,
  kept: SignedCheckpoint | null = null,
): Promise<StoredCheckpoint | null> {
  return deps.unitOfWork.run(async (tx) => {
    const { log, sha256, signer } = deps.sealing;
    const latest = await log.latestCheckpoint(tx);
    const head = await log.head(tx);
    for (const claim of [latest === null ? null : await signedOf(deps, tx, latest.note), kept])
      if (claim !== null) await refuseRewritten(deps, tx, claim);
    if (head === null || head.size === 0 || latest?.size === head.size) return latest;
    const { publicKey, sign } = mustSign(signer);
    const root = await rootOf(head.size, log.reader(tx), sha256);
    const text = checkpointText({ origin: head.origin, size: head.size, root, extensions: [] });
    const key = await noteKey({ kind: 'note', name: head.origin, publicKey }, sha256);
    await log.insertCheckpoint(tx, { size: head.size, root, note: await signNote(text, { key, sign }) });
    // Another process may have been faster: what is stored is what was signed.
    return log.checkpointFrom(tx, head.size);
  });
}

/** What a note says, and whether a key of this log has signed it. */
export type SignedCheckpoint = {
  readonly size: number;
  readonly root: Uint8Array;
  readonly isSigned: boolean;
};

/** Reads a note as a checkpoint of this log; null where it is none. */
export async function readCheckpoint(
  { sealing: { log, sha256, verifyEd25519 } }: Pick<LogDeps, 'sealing'>,
  tx: Transaction,
  note: string,
): Promise<SignedCheckpoint | null> {
  const parsed = parseNote(note);
  const said = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  const head = await log.head(tx);
  if (!parsed.ok || !said.ok) return null;
  const signed = (await log.keys(tx)).map(async ({ publicKey }) => {
    if (head === null || said.value.origin !== head.origin) return false;
    const key = await noteKey({ kind: 'note', name: head.origin, publicKey }, sha256);
    return (await verifyNote(parsed.value, key, verifyEd25519)).ok;
  });
  return {
    size: said.value.size,
    root: said.value.root,
    isSigned: (await Promise.all(signed)).includes(true),
  };
}

const rewritten = (size: number) =>
  new RepriseError(
    'evidence-log-rewritten',
    `The first ${size} entries of the evidence log are not those that a checkpoint of that size was signed over. Nothing is signed any more until it is known why: hold the log against a checkpoint that was kept elsewhere, and a backup of the database.`,
    { where: `checkpoint ${size}`, lasting: true },
  );

async function signedOf(
  deps: Pick<LogDeps, 'sealing'>,
  tx: Transaction,
  note: string,
): Promise<SignedCheckpoint> {
  const read = await readCheckpoint(deps, tx, note);
  if (read?.isSigned === true) return read;
  throw rewritten(read?.size ?? 0);
}

async function refuseRewritten(
  { sealing: { log, sha256 } }: Pick<LogDeps, 'sealing'>,
  tx: Transaction,
  { size, root }: SignedCheckpoint,
): Promise<void> {
  const has = (await log.head(tx))?.size ?? 0;
  if (size > has || !equalBytes(root, await rootOf(size, log.reader(tx), sha256))) throw rewritten(size);
}
