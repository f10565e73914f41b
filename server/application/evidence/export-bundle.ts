import { parseEnvelope } from '../../domain/attestation/index.ts';
import { attachmentsNamedIn, parseStatement, resultName, rowsName } from '../../domain/evidence/index.ts';
import { proveConsistency, proveInclusion } from '../../domain/log/index.ts';
import { decodeUtf8, toHex, utf8 } from '../../domain/shared/bytes.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { type Bundle, bundleBytes, bundleMaxBytes } from '../../domain/verification/index.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { DashboardQueries } from '../ports/dashboard.ts';
import type { StoredCheckpoint } from '../ports/evidence-log.ts';
import type { Viewer } from '../ports/reveals.ts';
import { type CosignatureDeps, cosignedCover } from './cosignatures.ts';
import { type LogDeps, signedFrom } from './sign-checkpoint.ts';

const lookAgainMs = 250;
/** Some 20 seconds. */
const looks = 80;

/** `pause`: resolves after so many milliseconds. */
export type ExportDeps = LogDeps &
  Pick<CosignatureDeps, 'witnesses'> & { readonly pause: (ms: number) => Promise<void> };

export type BundleRequest = {
  readonly evidenceId: string;
  /** Sizes of checkpoints that somebody has kept: the bundle then proves that each is the beginning of its own. */
  readonly fromSizes: readonly number[];
  /** Whether its checkpoint is to be one that all configured witnesses have cosigned, with their cosignatures. */
  readonly cosigned?: boolean;
  /** What stands beside the record and the asker may read, by name. */
  readonly attachments: readonly { readonly name: string; readonly text: string }[];
};

/**
 * Everything about a record that a stranger needs to verify it, without its keys. Its checkpoint is the oldest that
 * covers the record and all that was kept, so that a record has the same bundle whenever it is asked for. A cosigned one
 * is apart from that: it depends on which witnesses there are, and on when they came by.
 */
export async function exportBundle(deps: ExportDeps, request: BundleRequest): Promise<Uint8Array> {
  return bundleBytes((await fittingBundle(deps, request)).bundle);
}

async function fittingBundle(deps: ExportDeps, request: BundleRequest): Promise<Fitting> {
  const { log, sha256 } = deps.sealing;
  const entry = await deps.unitOfWork.run((tx) => log.entryOf(tx, request.evidenceId));
  if (entry === null)
    throw new RepriseError(
      'evidence-not-found',
      `There is no evidence record ${request.evidenceId} in the log: it is unknown, or from before there was one.`,
    );
  const covered = Math.max(entry.index + 1, ...request.fromSizes);
  const checkpoint = await (request.cosigned === true
    ? deps.unitOfWork.run((tx) => cosignedCover(deps, tx, covered))
    : coverOf(deps, covered));
  return deps.unitOfWork.run(async (tx) => {
    const reader = log.reader(tx);
    const { size, note } = checkpoint;
    const consistency = [...new Set(request.fromSizes)].map(async (fromSize) => ({
      fromSize,
      proof: await proveConsistency(fromSize, size, reader, sha256),
    }));
    const attachments = request.attachments.map(async ({ name, text }) => {
      const content = utf8(text);
      return { name, sha256: toHex(await sha256(content)), content };
    });
    return fitting({
      envelope: entry.envelope,
      inclusion: { index: entry.index, size, proof: await proveInclusion(entry.index, size, reader, sha256) },
      checkpoint: note,
      consistency: await Promise.all(consistency),
      attachments: await Promise.all(attachments),
    });
  });
}

type Fitting = {
  readonly bundle: Bundle;
  /** Names of the attachments that it would be too long with. */
  readonly tooLong: readonly string[];
};

/** No longer than a verifier takes. What it would be too long with is left out, the longest first: verifiers name what is absent. */
export function fitting(bundle: Bundle, atMost = bundleMaxBytes): Fitting {
  const [longest] = bundle.attachments.toSorted((a, b) => b.content.length - a.content.length);
  if (longest === undefined || bundleBytes(bundle).length <= atMost) return { bundle, tooLong: [] };
  const attachments = bundle.attachments.filter((each) => each !== longest);
  const rest = fitting({ ...bundle, attachments }, atMost);
  return { ...rest, tooLong: [longest.name, ...rest.tooLong] };
}

export type BundleDeps = ExportDeps & {
  readonly audit: AuditLog;
  readonly queries: Pick<DashboardQueries, 'evidenceAttachment'>;
};

/** What is not shown with a record, and what no verdict follows from: values, which are read when they are asked for. */
const besideThePage: readonly string[] = [rowsName, resultName];

/** `verify`: for a page that verifies what it shows, which is a look at the record, and no file that somebody takes. */
export type BundleAsked = Omit<BundleRequest, 'attachments'> & { readonly verify?: boolean };

/** What stands beside a record, as its entry names it: the record's own row may have been changed past all code. */
export async function namesBeside(
  { unitOfWork, sealing: { log } }: LogDeps,
  evidenceId: string,
): Promise<readonly string[]> {
  const entry = await unitOfWork.run((tx) => log.entryOf(tx, evidenceId));
  const envelope = entry === null ? null : parseEnvelope(entry.envelope);
  if (envelope?.ok !== true) return [];
  const statement = parseStatement(jsonIn(envelope.value.payload));
  return statement.ok ? attachmentsNamedIn(statement.value).map(({ name }) => name) : [];
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(bytes) ?? '');
  } catch {
    return null;
  }
}

/** The same, on record, with what stands beside the record, as far as this viewer may read it. The rest a verifier names as absent. */
export async function bundleFor(
  deps: BundleDeps,
  { verify = false, ...request }: BundleAsked,
  viewer: Viewer,
): Promise<Uint8Array> {
  const { evidenceId } = request;
  const attachments = await Promise.all(
    (await namesBeside(deps, evidenceId))
      .filter((name) => !verify || !besideThePage.includes(name))
      .map(async (name) => {
        const read = deps.queries.evidenceAttachment(evidenceId, name, viewer);
        const found = await read.catch((error: unknown) => {
          if (error instanceof RepriseError && error.code === 'forbidden') return null;
          throw error;
        });
        return found === null ? [] : [{ name, text: found.text }];
      }),
  );
  const { bundle, tooLong } = await fittingBundle(deps, { ...request, attachments: attachments.flat() });
  await deps.unitOfWork.run((tx) =>
    deps.audit.append(tx, {
      actor: viewer.id,
      action: verify ? 'evidence.verified' : 'evidence.exported',
      subject: `evidence:${evidenceId}`,
      outcome: 'done',
      detail: {
        attachments: bundle.attachments.map(({ name }) => name),
        ...(tooLong.length === 0 ? {} : { tooLong }),
      },
    }),
  );
  return bundleBytes(bundle);
}

/** Checkpoints are signed by a worker within seconds of a record: who asks in between waits for that. */
async function coverOf(deps: ExportDeps, size: number): Promise<StoredCheckpoint> {
  for (let look = 1; ; look += 1) {
    const { has, found } = await deps.unitOfWork.run(async (tx) => ({
      has: (await deps.sealing.log.head(tx))?.size ?? 0,
      found: await signedFrom(deps, tx, size),
    }));
    if (found !== null) return found;
    if (has < size)
      throw new RepriseError('input-invalid', `The evidence log has fewer than ${size} entries.`, {
        where: 'from',
      });
    if (look === looks)
      throw new RepriseError(
        'signing-failed',
        `No checkpoint over ${size} entries of the evidence log has been signed yet: a worker signs them while it runs, unless the overview says why not. Try again in a minute.`,
        { where: `entry ${size - 1}` },
      );
    await deps.pause(lookAgainMs);
  }
}
