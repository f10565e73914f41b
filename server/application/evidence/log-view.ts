import type { NoteKey } from '../../domain/log/index.ts';
import type { SinkState } from '../ports/evidence-log.ts';
import type { EvidenceLogView } from '../views.ts';
import { isFailing } from './keep-checkpoint.ts';
import type { LogDeps } from './sign-checkpoint.ts';

type Deps = LogDeps & {
  readonly witnesses: readonly NoteKey[];
  readonly checkpointSinks: () => Promise<readonly SinkState[]>;
};

/** How the evidence log stands, and who elsewhere has seen how much of it. Nothing is signed for whoever asks. */
export async function readLogView(deps: Deps): Promise<EvidenceLogView> {
  const { log } = deps.sealing;
  const sinks = await deps.checkpointSinks();
  return deps.unitOfWork.run(async (tx) => {
    const head = await log.head(tx);
    const checkpoint = await log.latestCheckpoint(tx);
    const audit = await log.latestAudit(tx);
    const witnesses: EvidenceLogView['witnesses'][number][] = [];
    for (const key of deps.witnesses) {
      const last = await log.lastCosignature(tx, key);
      witnesses.push({
        name: `${key.name}+${key.keyId}`,
        cosigned: last === null ? null : { size: last.size, at: timeOf(last.seconds) },
      });
    }
    return {
      origin: head?.origin ?? null,
      size: head?.size ?? 0,
      checkpoint:
        checkpoint === null ? null : { size: checkpoint.size, at: checkpoint.signedAt.toISOString() },
      audit:
        audit === null
          ? null
          : { at: audit.ranAt.toISOString(), size: audit.size, findings: audit.findings.length },
      witnesses,
      sinks: sinks.map((sink) => ({
        kind: sink.kind,
        name: sink.name,
        kept:
          sink.lastSuccessAt === null || sink.lastSize === null
            ? null
            : { size: sink.lastSize, at: sink.lastSuccessAt.toISOString() },
        problem:
          sink.lastProblemAt === null
            ? null
            : {
                sentence: sink.lastProblem ?? '',
                at: sink.lastProblemAt.toISOString(),
                stands: isFailing(sink),
              },
      })),
    };
  });
}

/** A witness' clock may say anything; dates end before numbers do. */
const timeOf = (seconds: number): string | null =>
  seconds <= 8_640_000_000_000 ? new Date(seconds * 1_000).toISOString() : null;
