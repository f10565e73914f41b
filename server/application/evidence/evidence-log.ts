import { publicKeyPem } from '../../domain/attestation/index.ts';
import {
  entryBundle,
  noteKey,
  parseTilePath,
  proveConsistency,
  proveInclusion,
  tileBytes,
  tileWidth,
  tileWidthAt,
  verifierKeyText,
} from '../../domain/log/index.ts';
import { encodeBase64 } from '../../domain/shared/base64.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Viewer } from '../ports/reveals.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { withCosignatures } from './cosignatures.ts';
import { type BundleAsked, type BundleDeps, bundleFor } from './export-bundle.ts';
import { latestSigned, readCheckpoint } from './sign-checkpoint.ts';

/** A key that evidence is or was signed with, in the forms that common tools read. */
export type EvidenceKey = {
  /** SHA-256 of its SubjectPublicKeyInfo; a hint which one it is. */
  readonly keyId: string;
  readonly pem: string;
  /** As signed notes and Go's checksum database name it. */
  readonly verifierKey: string;
  readonly firstUsedAt: string;
};

export type EvidenceLogDesk = ReturnType<typeof createEvidenceLogDesk>;

/** What anybody may ask of the log, and what only auditors may: who may what is decided where it is asked. */
export function createEvidenceLogDesk(deps: BundleDeps) {
  const { log, sha256 } = deps.sealing;
  const run = <T>(work: (tx: Transaction) => Promise<T>) => deps.unitOfWork.run(work);
  const sizeOf = async (tx: Transaction) => (await log.head(tx))?.size ?? 0;
  return {
    /**
     * The newest signed note, with the cosignatures that are here of it; null where none was signed yet, which a worker
     * does within seconds of a record. Where there are several witnesses it is the first of the minute that runs: on a log
     * that grows all the time they would each cosign another one, and none would have them all. Once that minute is
     * over it is the newest, so that what an idle log ends with is witnessed too.
     */
    checkpoint(): Promise<string | null> {
      return run(async (tx) => {
        const newest = await latestSigned(deps, tx);
        if (newest === null) return null;
        const first = deps.witnesses.length < 2 ? null : await log.firstOfMinute(tx, newest.row.size);
        const isSigned = first !== null && (await readCheckpoint(deps, tx, first.note))?.isSigned === true;
        return withCosignatures(deps, tx, isSigned ? first : newest.row);
      });
    },

    /** The bytes of a tile by its path; null where the log does not reach so far. */
    tile(path: string): Promise<Uint8Array | null> {
      const parsed = parseTilePath(path);
      if (!parsed.ok) throw new RepriseError('input-invalid', parsed.sentence, { where: path });
      const tile = parsed.value;
      return run(async (tx) => {
        const level = tile.kind === 'entries' ? 0 : tile.level;
        if (tile.width > tileWidthAt({ level, index: tile.index }, await sizeOf(tx))) return null;
        if (tile.kind === 'hashes') return tileBytes(tile, log.reader(tx));
        const entries = await log.entries(tx, tile.index * tileWidth, tile.width);
        if (entries.length < tile.width)
          throw new RepriseError('internal', `The evidence log has lost entries of ${path}.`, {
            where: path,
          });
        return entryBundle(entries.map(({ envelope }) => envelope));
      });
    },

    keys(): Promise<{ readonly origin: string | null; readonly keys: readonly EvidenceKey[] }> {
      return run(async (tx) => {
        const origin = (await log.head(tx))?.origin ?? null;
        if (origin === null) return { origin, keys: [] };
        const rows = await log.keys(tx);
        const keys = rows.map(async ({ keyId, publicKey, firstUsedAt }) => ({
          keyId,
          pem: publicKeyPem(publicKey),
          verifierKey: verifierKeyText(await noteKey({ kind: 'note', name: origin, publicKey }, sha256)),
          firstUsedAt: firstUsedAt.toISOString(),
        }));
        return { origin, keys: await Promise.all(keys) };
      });
    },

    bundle: (request: BundleAsked, viewer: Viewer) => bundleFor(deps, request, viewer),

    /** That the entry of an index is in the log's first `size` entries; hashes in base64, from the bottom (RFC 6962). */
    inclusion(index: number, size: number): Promise<{ readonly proof: readonly string[] }> {
      return run(async (tx) => {
        mustReach(await sizeOf(tx), size);
        if (index >= size)
          throw new RepriseError('input-invalid', `The first ${size} entries end before ${index}.`, {
            where: 'index',
          });
        return { proof: (await proveInclusion(index, size, log.reader(tx), sha256)).map(encodeBase64) };
      });
    },

    /** That the first `from` entries are the beginning of the first `to`. */
    consistency(from: number, to: number): Promise<{ readonly proof: readonly string[] }> {
      return run(async (tx) => {
        mustReach(await sizeOf(tx), to);
        if (from > to)
          throw new RepriseError('input-invalid', `${from} entries are no beginning of ${to}.`, {
            where: 'from',
          });
        return { proof: (await proveConsistency(from, to, log.reader(tx), sha256)).map(encodeBase64) };
      });
    },
  };
}

function mustReach(has: number, asked: number): void {
  if (asked > has)
    throw new RepriseError('input-invalid', `The evidence log has ${has} entries, and not ${asked}.`, {
      where: 'size',
    });
}
