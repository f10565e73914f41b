import { GrowingRoot, leafHash } from '../../domain/log/index.ts';
import { equalBytes, toHex } from '../../domain/shared/bytes.ts';
import type { AuditFound, NewEntry, SinkState, StoredCheckpoint } from '../ports/evidence-log.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { AuditDeps } from './audit-deps.ts';
import { auditEntries } from './audit-entries.ts';
import { believed, type Claim, type Kept } from './audit-kept.ts';
import { Found, NAMED } from './found.ts';
import { checkpointReader, keysOf } from './sign-checkpoint.ts';

/** Entries and checkpoints are read so many at a time. */
const PAGE = 200;

/** Holds all rows against each other, from the first entry on. What it keeps does not grow with the log but for claims. */
export async function auditRows(
  deps: AuditDeps,
  tx: Transaction,
  kept: Kept,
  states: readonly SinkState[],
): Promise<AuditFound> {
  const { log } = deps.sealing;
  // The head last: what was signed meanwhile is not of more than it then says.
  const newest = (await log.latestCheckpoint(tx))?.size ?? -1;
  const size = (await log.head(tx))?.size ?? 0;
  const { claims, ofPlaces } = await believed(deps, tx, kept, states);
  const all = await claimsInOrder(deps, tx, claims, newest);
  const walked = await walk(deps, tx, size, all);
  const strays = await log.strays(tx, NAMED);
  const beside = new Found();
  beside.add(...strays.ids.map((id) => `Evidence record ${id} stands in no entry of the log.`));
  beside.addUnnamed(strays.count - strays.ids.length);
  const keys = new Found();
  keys.add(
    ...(await log.unintroduced(tx)).map(
      (id) => `The key ${id} is among the keys of the log, and nothing in the audit introduced it.`,
    ),
  );
  return {
    size: walked.size,
    compared: all.compared(),
    ofLog: [
      ...walked.findings,
      ...keys.named,
      ...all.broken.named,
      ...all.against.of(DATABASE),
      ...beside.named,
    ],
    ofPlaces: new Map([...ofPlaces].map(([place, told]) => [place, [...told, ...all.against.of(place)]])),
  };
}

/** Whose stored checkpoints are the log's own, and no place's. */
const DATABASE = 'the database';

/** What does not fit the checkpoints of each place, and those of the database: of either kind the first few. */
class Against {
  readonly #found = new Map<string, { readonly differing: Found; readonly tooMany: Found }>();

  add(kind: 'differing' | 'tooMany', { from }: Claim, sentence: string): void {
    const found = this.#found.get(from) ?? { differing: new Found(), tooMany: new Found() };
    this.#found.set(from, found);
    found[kind].add(sentence);
  }

  of(from: string): readonly string[] {
    const found = this.#found.get(from);
    return found === undefined ? [] : [...found.tooMany.named, ...found.differing.named];
  }
}

type Claims = {
  /** Those of this size, which is none before the last that was asked for. */
  readonly of: (size: number) => Promise<readonly Claim[]>;
  /** Reads the rest, which is of more entries than there are. */
  readonly rest: (size: number) => Promise<void>;
  readonly broken: Found;
  readonly against: Against;
  readonly compared: () => number;
};

/** What the database has stored, read as the log grows, and what is kept elsewhere, by size. */
async function claimsInOrder(
  deps: AuditDeps,
  tx: Transaction,
  elsewhere: readonly Claim[],
  newest: number,
): Promise<Claims> {
  const read = await checkpointReader(deps, tx);
  const sorted = elsewhere.toSorted((a, b) => a.size - b.size);
  const [broken, against] = [new Found(), new Against()];
  let [at, stored] = [0, 0];
  let page: readonly StoredCheckpoint[] = [];
  let inPage = 0;
  let after = -1;
  const next = async () => {
    if (inPage === page.length && after < newest) {
      page = (await deps.sealing.log.checkpoints(tx, after, PAGE)).filter((row) => row.size <= newest);
      inPage = 0;
      after = page.at(-1)?.size ?? newest;
    }
    return page[inPage] ?? null;
  };
  const takeStored = async (row: StoredCheckpoint): Promise<Claim> => {
    [inPage, stored] = [inPage + 1, stored + 1];
    const said = await read(row.note);
    if (said?.isSigned !== true || said.size !== row.size || !equalBytes(said.root, row.root))
      broken.add(`The stored checkpoint of ${row.size} entries is not what a signed note says.`);
    return { size: row.size, root: toHex(row.root), from: DATABASE };
  };
  const of = async (size: number) => {
    const claims: Claim[] = [];
    for (let row = await next(); row !== null && row.size <= size; row = await next())
      claims.push(await takeStored(row));
    for (let claim = sorted[at]; claim !== undefined && claim.size <= size; claim = sorted[at]) {
      claims.push(claim);
      at += 1;
    }
    return claims;
  };
  const rest = async (size: number) => {
    const tell = (claim: Claim) => {
      if (claim.size > size)
        against.add(
          'tooMany',
          claim,
          `A checkpoint in ${claim.from} is of ${claim.size} entries, and the log has ${size}.`,
        );
    };
    for (let row = await next(); row !== null; row = await next()) tell(await takeStored(row));
    for (const claim of sorted.slice(at)) tell(claim);
  };
  return { of, rest, broken, against, compared: () => stored + sorted.length };
}

async function walk(deps: AuditDeps, tx: Transaction, size: number, claims: Claims) {
  const { log, sha256 } = deps.sealing;
  const known = await keysOf(deps, tx);
  const growing = new GrowingRoot(sha256);
  const [wrong, records, beside, short] = [new Found(), new Found(), new Found(), new Found()];
  const compare = async () => {
    const here = await claims.of(growing.size);
    const root = here.length === 0 ? '' : toHex(await growing.root());
    for (const claim of here)
      if (claim.root !== root)
        claims.against.add(
          'differing',
          claim,
          `The first ${claim.size} entries are not those of a checkpoint in ${claim.from}.`,
        );
  };
  await compare();
  while (growing.size < size && wrong.count <= NAMED) {
    deps.signal?.throwIfAborted();
    const entries = await log.entries(tx, growing.size, Math.min(PAGE, size - growing.size));
    if (entries.length === 0) {
      short.add(`The log says that it has ${size} entries, and ends before entry ${growing.size}.`);
      break;
    }
    const hashes = await log.leafHashes(tx, growing.size, entries.length);
    for (const [at, entry] of entries.entries()) {
      const { leaf, problems } = await ofEntry(deps, entry, growing.size, hashes[at]);
      wrong.add(...problems);
      await growing.add(leaf);
      await compare();
    }
    const found = await auditEntries(deps, tx, entries, known);
    records.add(...found.records);
    beside.add(...found.beside);
  }
  await claims.rest(size);
  const hashes = new Found();
  hashes.add(...(await log.wrongHashes(tx, size, NAMED + 1)));
  const kinds = [short, wrong, hashes, records, beside];
  return { size: growing.size, findings: kinds.flatMap(({ named }) => named) };
}

async function ofEntry(
  { sealing: { sha256 } }: AuditDeps,
  entry: NewEntry,
  index: number,
  hash: Uint8Array | undefined,
) {
  const problems: string[] = [];
  if (entry.index !== index) problems.push(`Entry ${index} is not there.`);
  const leaf = await leafHash(entry.envelope, sha256);
  if (!equalBytes(leaf, entry.leafHash) || hash === undefined || !equalBytes(leaf, hash))
    problems.push(`Entry ${entry.index} is not the one that its hash was made of.`);
  return { leaf, problems };
}
