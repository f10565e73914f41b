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
 * So it is for a process that can see what was kept.
 */
export function signCheckpoint(
  deps: LogDeps,
  kept: readonly SignedCheckpoint[],
): Promise<StoredCheckpoint | null> {
  return deps.unitOfWork.run(async (tx) => {
    const { log, sha256, signer } = deps.sealing;
    const latest = await latestSigned(deps, tx);
    const head = await log.head(tx);
    for (const claim of latest === null ? kept : [latest.said, ...kept])
      await refuseRewritten(deps, tx, claim);
    if (head === null || head.size === 0) return null;
    if (latest?.row.size === head.size) return latest.row;
    const { keyId, publicKey, sign } = mustSign(signer);
    await log.introduceKey(tx, { keyId, publicKey });
    const root = await rootOf(head.size, log.reader(tx), sha256);
    const text = checkpointText({ origin: head.origin, size: head.size, root, extensions: [] });
    const key = await noteKey({ kind: 'note', name: head.origin, publicKey }, sha256);
    const note = await signNote(text, { key, sign });
    await log.insertCheckpoint(tx, { size: head.size, root, note });
    // Another process may have been faster: what is stored is what was signed, unless nobody of ours has signed it.
    const stored = await log.checkpointFrom(tx, head.size);
    if (stored === null) throw new Error('a checkpoint was stored, and is not there');
    const isSigned = (await readCheckpoint(deps, tx, stored.note))?.isSigned === true;
    return isSigned ? stored : { ...stored, root, note };
  });
}

/** The signed checkpoint of the most entries. What else stands among them is for the audit to tell. */
export async function latestSigned(
  deps: Pick<LogDeps, 'sealing'>,
  tx: Transaction,
): Promise<{ readonly row: StoredCheckpoint; readonly said: SignedCheckpoint } | null> {
  const { log } = deps.sealing;
  const read = await checkpointReader(deps, tx);
  for (
    let row = await log.latestCheckpoint(tx);
    row !== null;
    row = await log.latestCheckpoint(tx, row.size)
  ) {
    const said = await read(row.note);
    if (said?.isSigned === true && said.size === row.size) return { row, said };
  }
  return null;
}

/** The oldest signed checkpoint over so many entries; null where there is none yet. */
export async function signedFrom(
  deps: Pick<LogDeps, 'sealing'>,
  tx: Transaction,
  size: number,
): Promise<StoredCheckpoint | null> {
  const { log } = deps.sealing;
  const read = await checkpointReader(deps, tx);
  for (
    let row = await log.checkpointFrom(tx, size);
    row !== null;
    row = await log.checkpointFrom(tx, row.size + 1)
  ) {
    const said = await read(row.note);
    if (said?.isSigned === true && said.size === row.size) return row;
  }
  return null;
}

/** What a note says, and whether a key of this log has signed it. */
export type SignedCheckpoint = {
  readonly size: number;
  readonly root: Uint8Array;
  readonly isSigned: boolean;
};

/** Whose signatures are believed. What this process signs with is its own to know: rows of keys can be taken away. */
export async function keysOf(
  { sealing: { log, signer } }: Pick<LogDeps, 'sealing'>,
  tx: Transaction,
): Promise<readonly Uint8Array[]> {
  return [...(await log.keys(tx)), ...(signer === null ? [] : [signer])].map(({ publicKey }) => publicKey);
}

/** Reads notes as checkpoints of this log, by its name and keys of now; null where one is none. */
export async function checkpointReader(
  deps: Pick<LogDeps, 'sealing'>,
  tx: Transaction,
): Promise<(note: string) => Promise<SignedCheckpoint | null>> {
  const { log, sha256, verifyEd25519 } = deps.sealing;
  const origin = (await log.head(tx))?.origin ?? null;
  const known = origin === null ? [] : await keysOf(deps, tx);
  const keys = await Promise.all(
    known.map((publicKey) => noteKey({ kind: 'note', name: origin ?? '', publicKey }, sha256)),
  );
  return async (note) => {
    const parsed = parseNote(note);
    const said = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
    if (!parsed.ok || !said.ok) return null;
    let isSigned = false;
    if (said.value.origin === origin)
      for (const key of keys) isSigned ||= (await verifyNote(parsed.value, key, verifyEd25519)).ok;
    return { size: said.value.size, root: said.value.root, isSigned };
  };
}

/** Reads a note as a checkpoint of this log; null where it is none. */
export async function readCheckpoint(
  deps: Pick<LogDeps, 'sealing'>,
  tx: Transaction,
  note: string,
): Promise<SignedCheckpoint | null> {
  return (await checkpointReader(deps, tx))(note);
}

const rewritten = (size: number) =>
  new RepriseError(
    'evidence-log-rewritten',
    `The first ${size} entries of the evidence log are not those that a checkpoint of that size was signed over. Nothing is signed any more until it is known why: hold the log against a checkpoint that was kept elsewhere, and a backup of the database.`,
    { where: `checkpoint ${size}`, lasting: true },
  );

async function refuseRewritten(
  { sealing: { log, sha256 } }: Pick<LogDeps, 'sealing'>,
  tx: Transaction,
  { size, root }: SignedCheckpoint,
): Promise<void> {
  const has = (await log.head(tx))?.size ?? 0;
  if (size > has || !equalBytes(root, await rootOf(size, log.reader(tx), sha256))) throw rewritten(size);
}
