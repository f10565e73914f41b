import {
  GrowingRoot,
  leafHash,
  noteKey,
  parseCheckpoint,
  parseNote,
  verifyNote,
} from '../../domain/log/index.ts';
import { equalBytes } from '../../domain/shared/bytes.ts';
import { counted } from '../../domain/shared/counted.ts';
import type { VerifyEd25519 } from '../../domain/shared/signatures.ts';
import type { CheckpointKeep, LogAudit, StoredCheckpoint } from '../ports/evidence-log.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { type LogDeps, signCheckpoint } from './sign-checkpoint.ts';

export type AuditDeps = LogDeps & {
  readonly verifyEd25519: VerifyEd25519;
  readonly keeps: readonly CheckpointKeep[];
};

/** Entries are read so many at a time. */
const PAGE = 200;
/** More of one kind are counted and not named. */
const NAMED = 5;

/** Signs what the log holds now, and has it kept elsewhere. A keep that can't be written is an error, after the others. */
export async function keepCheckpoint(deps: AuditDeps): Promise<void> {
  const checkpoint = await signCheckpoint(deps);
  if (checkpoint === null) return;
  const kept = await Promise.allSettled(deps.keeps.map((keep) => keep.put(checkpoint.size, checkpoint.note)));
  const failed = kept.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  if (failed.length > 0) throw new AggregateError(failed, 'a checkpoint could not be kept elsewhere');
}

/**
 * Recomputes the whole log from its entries and holds it against its own hashes, its records, and every checkpoint
 * that was signed or kept elsewhere. What does not fit is kept as what was found, until an audit finds that it fits.
 */
export async function auditLog(deps: AuditDeps): Promise<Omit<LogAudit, 'ranAt'>> {
  const { log } = deps.sealing;
  const kept = await readKept(deps);
  const audit = await deps.unitOfWork.run((tx) => auditRows(deps, tx, kept));
  await deps.unitOfWork.run((tx) => log.noteAudit(tx, audit));
  return audit;
}

type Claim = { readonly size: number; readonly root: Uint8Array; readonly from: string };
type Kept = {
  readonly claims: readonly { readonly note: string; readonly from: string }[];
  readonly findings: string[];
};

async function readKept({ keeps }: AuditDeps): Promise<Kept> {
  const findings: string[] = [];
  const claims: { note: string; from: string }[] = [];
  for (const keep of keeps) {
    try {
      for (const note of await keep.all()) claims.push({ note, from: keep.name });
    } catch (error) {
      findings.push(`The checkpoints in ${keep.name} could not be read: ${String(error)}.`);
    }
  }
  return { claims, findings };
}

async function auditRows(deps: AuditDeps, tx: Transaction, kept: Kept): Promise<Omit<LogAudit, 'ranAt'>> {
  const { log, sha256 } = deps.sealing;
  const findings = [...kept.findings];
  const size = (await log.head(tx))?.size ?? 0;
  const stored = await log.checkpoints(tx);
  const claims = [...stored.map(ofRow), ...(await believed(deps, tx, kept, findings))];
  const broken = stored.filter(({ note, size: said, root }) => !saysSo(note, said, root));
  name(
    findings,
    broken.map((each) => `The stored checkpoint of ${each.size} entries is not what its note says.`),
  );
  name(
    findings,
    claims
      .filter((claim) => claim.size > size)
      .map((claim) => `A checkpoint in ${claim.from} is of ${claim.size} entries, and the log has ${size}.`),
  );
  const bySize = Map.groupBy(claims, (claim) => claim.size);
  const growing = new GrowingRoot(sha256);
  const wrong: string[] = [];
  const differing: string[] = [];
  const compare = async () => {
    for (const claim of bySize.get(growing.size) ?? [])
      if (!equalBytes(claim.root, await growing.root()))
        differing.push(`The first ${claim.size} entries are not those of a checkpoint in ${claim.from}.`);
  };
  await compare();
  while (growing.size < size) {
    const entries = await log.entries(tx, growing.size, Math.min(PAGE, size - growing.size));
    const hashes = await log.leafHashes(tx, growing.size, entries.length);
    if (entries.length === 0) {
      findings.push(`The log says that it has ${size} entries, and ends before entry ${growing.size}.`);
      break;
    }
    for (const [at, entry] of entries.entries()) {
      if (entry.index !== growing.size) wrong.push(`Entry ${growing.size} is not there.`);
      const leaf = await leafHash(entry.envelope, sha256);
      const hash = hashes[at];
      if (!equalBytes(leaf, entry.leafHash) || hash === undefined || !equalBytes(leaf, hash))
        wrong.push(`Entry ${entry.index} is not the one that its hash was made of.`);
      await growing.add(leaf);
      await compare();
    }
    if (wrong.length > NAMED) break;
  }
  name(findings, wrong);
  name(findings, differing);
  name(
    findings,
    (await log.unlogged(tx)).map(({ id }) => `Evidence record ${id} stands in no entry of the log.`),
  );
  return { size: growing.size, compared: claims.length, findings };
}

/** The first few by name, and how many more. */
function name(findings: string[], found: readonly string[]): void {
  findings.push(...found.slice(0, NAMED));
  if (found.length > NAMED) findings.push(`And ${counted(found.length - NAMED, 'other')} of that kind.`);
}

const ofRow = ({ size, root }: StoredCheckpoint): Claim => ({ size, root, from: 'the database' });

function saysSo(note: string, size: number, root: Uint8Array): boolean {
  const parsed = parseNote(note);
  const said = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  return said.ok && said.value.size === size && equalBytes(said.value.root, root);
}

/** What was kept elsewhere and is signed by a key of this log. Anything else there is told: somebody has put it there. */
async function believed(
  deps: AuditDeps,
  tx: Transaction,
  kept: Kept,
  findings: string[],
): Promise<readonly Claim[]> {
  const { log, sha256 } = deps.sealing;
  const origin = (await log.head(tx))?.origin ?? null;
  const keys = await log.keys(tx);
  const claims: Claim[] = [];
  for (const { note, from } of kept.claims) {
    const parsed = parseNote(note);
    const said = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
    if (!parsed.ok || !said.ok) {
      findings.push(`Something in ${from} is no checkpoint.`);
      continue;
    }
    const signed = keys.map(async ({ publicKey }) => {
      if (origin === null) return false;
      const key = await noteKey({ kind: 'note', name: origin, publicKey }, sha256);
      return (await verifyNote(parsed.value, key, deps.verifyEd25519)).ok;
    });
    if (!(await Promise.all(signed)).includes(true))
      findings.push(
        `A checkpoint of ${said.value.size} entries in ${from} is not signed by a key of this log.`,
      );
    else claims.push({ size: said.value.size, root: said.value.root, from });
  }
  return claims;
}
