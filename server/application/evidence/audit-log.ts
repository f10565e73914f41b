import { GrowingRoot, leafHash } from '../../domain/log/index.ts';
import { equalBytes } from '../../domain/shared/bytes.ts';
import { counted } from '../../domain/shared/counted.ts';
import { within } from '../dashboard/time-out.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  CheckpointKeep,
  LogAudit,
  SinkState,
  SinkStore,
  StoredCheckpoint,
} from '../ports/evidence-log.ts';
import type { IncidentSignals } from '../ports/incident-signals.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { auditEntries } from './audit-entries.ts';
import { lossOf, stateOf } from './keep-checkpoint.ts';
import { type LogDeps, readCheckpoint, type SignedCheckpoint } from './sign-checkpoint.ts';

export type AuditDeps = LogDeps & {
  readonly signals: IncidentSignals;
  readonly keeps: readonly CheckpointKeep[];
  readonly sinks: Pick<SinkStore, 'statesEver'>;
  readonly clock: Clock;
  /** The places of `keeps` and whose they are: another machine's folder of the same name is another place. */
  readonly place: string;
};

/** A place that hangs must not hold up the audit for good. */
const READ_MS = 10 * 60_000;
/** Entries are read so many at a time. */
const PAGE = 200;
/** There is one log, and so one incident of it. */
const EVIDENCE_LOG = 'evidence-log';
/** More of one kind are counted and not named. */
const NAMED = 5;

/**
 * Recomputes the whole log from its entries and holds it against its own hashes, its records as they are shown and
 * listed, the keys that have signed it, and every checkpoint
 * that was signed or kept elsewhere. What does not fit is kept as what was found, until an audit finds that it fits.
 */
export async function auditLog(deps: AuditDeps): Promise<Omit<LogAudit, 'ranAt'>> {
  const { log } = deps.sealing;
  // Before the places are read, which takes its time: what they take meanwhile they have as well.
  const states = await deps.unitOfWork.run((tx) => deps.sinks.statesEver(tx));
  const kept = await readKept(deps);
  const audit = await deps.unitOfWork.run((tx) => auditRows(deps, tx, kept, states));
  await deps.unitOfWork.run(async (tx) => {
    await log.noteAudit(tx, audit, deps.place);
    await tellAudit(deps, tx, audit);
  });
  return audit;
}

/**
 * What this audit found is an incident, until no place's newest audit finds anything. One that a place found which is
 * audited no more stands on the overview, and opens no incident anew each hour.
 */
async function tellAudit(
  { sealing, signals }: AuditDeps,
  tx: Transaction,
  own: Omit<LogAudit, 'ranAt'>,
): Promise<void> {
  const standing = await sealing.log.latestAudit(tx);
  if (standing === null) return;
  const { ranAt, size } = standing;
  const [first] = own.findings;
  const facts = { entries: String(size), findings: String(own.findings.length) };
  if (first === undefined && standing.findings.length > 0) return;
  if (first === undefined)
    await signals.clear(tx, {
      cause: EVIDENCE_LOG,
      at: ranAt,
      sentence:
        'The audit of the evidence log finds nothing any more, at every place that it holds it against.',
      facts,
    });
  else
    await signals.raise(tx, {
      kind: 'evidence-log',
      contractId: null,
      cause: EVIDENCE_LOG,
      suggestedClass: 'P1',
      title: `The audit of the evidence log found: ${first}`,
      since: ranAt,
      facts,
      href: '/evidence',
      runbook: null,
      scope: null,
    });
}

type Claim = { readonly size: number; readonly root: Uint8Array; readonly from: string };
type Kept = {
  readonly claims: readonly { readonly note: string; readonly from: string }[];
  readonly findings: string[];
};

async function readKept(deps: AuditDeps): Promise<Kept> {
  const findings: string[] = [];
  const claims: { note: string; from: string }[] = [];
  for (const keep of deps.keeps) {
    try {
      const notes = await within(deps.clock, READ_MS, keep.name, keep.all());
      for (const note of notes) claims.push({ note, from: keep.name });
    } catch (error) {
      findings.push(`The checkpoints in ${keep.name} could not be read: ${String(error)}.`);
    }
  }
  return { claims, findings };
}

async function auditRows(
  deps: AuditDeps,
  tx: Transaction,
  kept: Kept,
  states: readonly SinkState[],
): Promise<Omit<LogAudit, 'ranAt'>> {
  const { log, sha256 } = deps.sealing;
  const findings = [...kept.findings];
  // The head last: what was signed meanwhile is not of more than it then says.
  const stored = await log.checkpoints(tx);
  const size = (await log.head(tx))?.size ?? 0;
  const claims = [...stored.map(ofRow), ...(await believed(deps, tx, kept, states, findings))];
  const broken: StoredCheckpoint[] = [];
  for (const row of stored) {
    const said = await readCheckpoint(deps, tx, row.note);
    if (said?.isSigned !== true || said.size !== row.size || !equalBytes(said.root, row.root))
      broken.push(row);
  }
  name(
    findings,
    broken.map((each) => `The stored checkpoint of ${each.size} entries is not what a signed note says.`),
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
  const beside: string[] = [];
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
    beside.push(...(await auditEntries(deps, tx, entries)));
    if (wrong.length > NAMED) break;
  }
  name(findings, wrong);
  name(findings, await log.wrongHashes(tx, size, NAMED + 1));
  name(findings, beside);
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

/** What was kept elsewhere and is signed by a key of this log. Anything else there is told: somebody has put it there. */
async function believed(
  deps: AuditDeps,
  tx: Transaction,
  kept: Kept,
  states: readonly SinkState[],
  findings: string[],
): Promise<readonly Claim[]> {
  const claims: Claim[] = [];
  const strange: string[] = [];
  const unsigned: string[] = [];
  // The same stands in each of the places, and in a topic more than once.
  const known = new Map<string, SignedCheckpoint | null>();
  for (const { note, from } of kept.claims) {
    const said = known.has(note) ? (known.get(note) ?? null) : await readCheckpoint(deps, tx, note);
    known.set(note, said);
    if (said === null) strange.push(`Something in ${from} is no checkpoint.`);
    else if (said.isSigned) claims.push({ size: said.size, root: said.root, from });
    else unsigned.push(`A checkpoint of ${said.size} entries in ${from} is not signed by a key of this log.`);
  }
  name(findings, strange);
  name(findings, unsigned);
  name(findings, lost(deps, states, kept, claims));
  return claims;
}

/** What places took and do not have any more. One that could not be read is told already. */
function lost(
  { keeps }: AuditDeps,
  states: readonly SinkState[],
  { findings }: Kept,
  claims: readonly Claim[],
): readonly string[] {
  return keeps
    .filter(({ name, canTell }) => canTell && !findings.some((each) => each.includes(`in ${name} could not`)))
    .flatMap((keep) => {
      const sizes = claims.filter(({ from }) => from === keep.name).map(({ size }) => size);
      const loss = lossOf(
        sizes.reduce<number | null>((most, size) => Math.max(most ?? 0, size), null),
        stateOf(states, keep),
      );
      return loss === null ? [] : [`Of ${keep.name}: ${loss}`];
    });
}
