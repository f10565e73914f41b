import { assessAge } from '../../domain/evidence/index.ts';
import { counted } from '../../domain/shared/counted.ts';
import { troubleOfSink } from '../evidence/sinks.ts';
import { troubleOf } from '../notices/trouble.ts';
import type { ContractProblem } from '../ports/contracts.ts';
import type { LogAudit, SinkState } from '../ports/evidence-log.ts';
import type { IncidentSummary, OpenIncidents } from '../ports/incident-reads.ts';
import type { ChannelState } from '../ports/notices.ts';
import type {
  ContractStanding,
  ContractVerdict,
  EvidenceAge,
  OverviewView,
  ReplaySummary,
  RunningReplays,
} from '../ports/page-reads.ts';
import type { OverdueAction } from '../ports/reviews.ts';
import type { PromotionSummary } from '../promotion/views.ts';
import { inUtc, judgeContract, listed } from './contract-verdict.ts';
import { lateActions } from './late-actions.ts';
import { sortWaits, type Waits } from './waits.ts';

export type OverviewFacts = {
  readonly standings: readonly ContractStanding[];
  readonly running: RunningReplays;
  readonly problems: readonly ContractProblem[];
  readonly workers: OverviewView['workers'];
  /** The latest ones, the newest first: what was written since a proof. */
  readonly promotions: readonly PromotionSummary[];
  readonly channels: readonly ChannelState[];
  readonly waits: Waits;
  /** The most urgent first. */
  readonly incidents: Pick<OpenIncidents, 'count' | 'rows'>;
  /** Why what runs could switch off the rules that the database keeps; null: it can't. */
  readonly unruly: string | null;
  readonly ages: readonly EvidenceAge[];
  /** Of the evidence log by itself; null: none was made yet. */
  readonly logAudit: LogAudit | null;
  /** Since when the evidence log has held something that no checkpoint covers; null: all of it is signed. */
  readonly unsigned: Date | null;
  /** What a witness has seen of another log than this one, at last; null: none has. */
  readonly fork: { readonly at: Date; readonly sentence: string } | null;
  /** Where its checkpoints go. */
  readonly sinks: readonly SinkState[];
  /** Actions of post-incident reviews that are late, the latest first. */
  readonly lateActions: readonly OverdueAction[];
};

type Need = OverviewView['needsYou'][number];

/** The overview, from facts alone: the answer in one sentence, then what waits for a person. */
export function composeOverview(facts: OverviewFacts, now: Date): OverviewView {
  const contracts = facts.standings.map((standing) =>
    sinceProof(judgeContract(standing, facts.running.rows, now), facts.promotions),
  );
  const titleOf = (id: string) =>
    facts.standings.find(({ contract }) => contract.id === id)?.contract.title ?? id;
  const { yours, others } = sortWaits(facts.waits, titleOf);
  return {
    sentence: overallSentence(contracts),
    contracts,
    needsYou: needs(facts, contracts, yours, now),
    waitsForOthers: others,
    running: facts.running.rows,
    runningTotal: facts.running.total,
    problems: facts.problems,
    workers: facts.workers,
  };
}

/** What was written since the proof, which knows nothing of it: the difference may be gone, and that is to be proven. */
function sinceProof(verdict: ContractVerdict, promotions: readonly PromotionSummary[]): ContractVerdict {
  const { proofAt } = verdict;
  if (verdict.verdict !== 'different' || proofAt === null) return verdict;
  const since = promotions.filter(
    (each) =>
      each.contractId === verdict.contractId &&
      each.status === 'promoted' &&
      each.endedAt !== null &&
      each.endedAt > proofAt,
  );
  const written = since.reduce((sum, each) => sum + (each.written ?? 0), 0);
  if (written === 0) return verdict;
  return {
    ...verdict,
    sentence: `${verdict.sentence} Since then ${counted(since.length, 'promotion')} wrote ${counted(written, 'row')}.`,
    todo: 'Replay the whole history again: that proves what the states hold now.',
  };
}

function overallSentence(contracts: readonly ContractVerdict[]): string {
  const [only] = contracts;
  if (only === undefined) return 'No contract is registered yet, so nothing is watched.';
  if (contracts.length === 1) return only.sentence;
  const titles = (verdict: ContractVerdict['verdict']) =>
    contracts.filter((each) => each.verdict === verdict).map((each) => each.title);
  const proven = titles('proven');
  if (proven.length === contracts.length) {
    const oldest = contracts.map((each) => each.proofAt ?? '').toSorted()[0];
    const since = oldest ? `, the longest ago at ${inUtc(oldest)}` : '';
    return `All ${contracts.length} contracts agreed with their history when last replayed${since}.`;
  }
  const parts = [
    part(
      titles('untrusted'),
      'was replayed without a result to trust',
      'were replayed without a result to trust',
    ),
    part(titles('different'), 'disagrees with its history', 'disagree with their history'),
    part(titles('behind'), 'is behind its history', 'are behind their history'),
    part(
      titles('not-compared'),
      'could not be compared with its history',
      'could not be compared with their history',
    ),
    part(titles('stale'), 'has no fresh proof', 'have no fresh proof'),
    part(titles('running'), 'is being replayed', 'are being replayed'),
    part(titles('never-proven'), 'was never proven', 'were never proven'),
    part(
      proven,
      'agreed with its history when last replayed',
      'agreed with their history when last replayed',
    ),
  ].filter((text) => text !== null);
  return `${parts.join('; ')}.`;
}

function part(titles: readonly string[], one: string, several: string): string | null {
  return titles.length === 0 ? null : `${listed(titles)} ${titles.length === 1 ? one : several}`;
}

/** One queue, most urgent first: what can't be trusted, then what is wrong, then what waits or is missing. */
function needs(
  facts: OverviewFacts,
  verdicts: readonly ContractVerdict[],
  yours: readonly Need[],
  now: Date,
): readonly Need[] {
  return [
    ...facts.incidents.rows.map((incident) => attended(incident, now)),
    ...moreIncidents(facts.incidents),
    ...verdicts.flatMap(fromVerdict('untrusted', 'untrusted')),
    ...verdicts.flatMap(fromVerdict('different', 'difference')),
    ...verdicts.flatMap(fromVerdict('not-compared', 'not-compared')),
    ...facts.standings.flatMap((standing) => overdue(standing, facts.ages, now)),
    ...facts.running.rows.flatMap(halted),
    ...moreHalted(facts.running),
    ...yours,
    ...lateActions(facts.lateActions),
    ...facts.problems.map(
      ({ file, field, sentence }): Need => ({
        kind: 'contract-problem',
        sentence: `${file} can't be registered${field === null ? '' : ` (${field})`}: ${sentence}`,
        href: '/contracts',
        since: null,
      }),
    ),
    ...facts.channels.flatMap((channel) => untold(channel, now)),
    ...rewritten(facts.logAudit),
    ...forked(facts.fork),
    ...notAudited(facts, verdicts, now),
    ...notSigned(facts.unsigned, now),
    ...facts.sinks.flatMap(unkept),
    ...unruly(facts.unruly),
    ...facts.standings.flatMap(unready),
    ...verdicts.flatMap(fromVerdict('behind', 'behind')),
    ...verdicts.flatMap(fromVerdict('never-proven', 'never-proven')),
    ...verdicts.flatMap(fromVerdict('stale', 'stale')),
  ];
}

function fromVerdict(verdict: ContractVerdict['verdict'], kind: Need['kind']) {
  return (contract: ContractVerdict): Need[] => {
    if (contract.verdict !== verdict) return [];
    const id = encodeURIComponent(contract.contractId);
    const href = {
      difference: `/states/${id}`,
      untrusted: `/replays/${contract.replayId}`,
      'not-compared': `/replays/${contract.replayId}`,
      // Where the lag of each projector stands.
      behind: `/contracts/${id}`,
      'never-proven': `/replays/new?contract=${id}`,
      stale: `/replays/new?contract=${id}`,
    };
    return [
      {
        kind,
        sentence: contract.sentence,
        href: href[kind as keyof typeof href],
        since: contract.proofAt,
      },
    ];
  };
}

/** Where a contract says how old its trusted evidence may be, and it is older, or there never was any. */
function overdue({ contract }: ContractStanding, ages: readonly EvidenceAge[], now: Date): Need[] {
  const age = ages.find((each) => each.contractId === contract.id);
  if (age === undefined || age.maxAgeHours === null) return [];
  const latestTrustedAt = age.latestTrusted?.recordedAt ?? null;
  const { status, ageMs, runsOutAt } = assessAge({ maxAgeHours: age.maxAgeHours, latestTrustedAt }, now);
  if (status !== 'overdue' || ageMs === null) return [];
  const hours = Math.floor(ageMs / 3_600_000);
  return [
    {
      kind: 'evidence-overdue',
      sentence: `The latest trusted evidence of ${contract.title} is ${counted(hours, 'hour')} old, and may be ${counted(age.maxAgeHours, 'hour')} at most.`,
      href: `/replays/new?contract=${encodeURIComponent(contract.id)}`,
      since: runsOutAt,
    },
  ];
}

const isHalted = ({ status, problem }: ReplaySummary) => status === 'paused' || problem !== null;

function halted(replay: ReplaySummary): Need[] {
  if (!isHalted(replay)) return [];
  const sentence =
    replay.problem === null
      ? `A replay of ${replay.contractTitle} is paused.`
      : `A replay of ${replay.contractTitle} waits out a fault and tries again by itself: ${replay.problem.sentence}`;
  return [{ kind: 'halted', sentence, href: `/replays/${replay.id}`, since: replay.requestedAt }];
}

function moreHalted({ rows, halted: all }: RunningReplays): Need[] {
  const count = all - rows.filter(isHalted).length;
  if (count <= 0) return [];
  const sentence = `${counted(count, 'more replay')} ${count === 1 ? 'is' : 'are'} paused or ${count === 1 ? 'waits' : 'wait'} out a fault.`;
  return [{ kind: 'halted', sentence, href: '/replays?status=running', since: null, count }];
}

function moreIncidents({ rows, count: all }: OverviewFacts['incidents']): Need[] {
  const count = all - rows.length;
  if (count <= 0) return [];
  const sentence = `${counted(count, 'more incident')} ${count === 1 ? 'is' : 'are'} open.`;
  return [{ kind: 'incident', sentence, href: '/incidents', since: null, count }];
}

function untold(channel: ChannelState, now: Date): Need[] {
  const sentence = troubleOf(channel, now);
  return sentence === null ? [] : [{ kind: 'notices', sentence, href: '/people', since: null }];
}

/** Nobody can take this away: it stands until the log is recomputed and fits. */
function rewritten(audit: LogAudit | null): Need[] {
  if (audit === null || audit.findings.length === 0) return [];
  const [first = '', ...more] = audit.findings;
  const others =
    more.length === 0 ? '' : ` And ${counted(more.length, 'other finding')}, which the workers’ log names.`;
  return [
    {
      kind: 'evidence-log',
      sentence: `The audit of the evidence log found: ${first}${others}`,
      href: '/evidence',
      since: audit.ranAt.toISOString(),
    },
  ];
}

/** Nobody can take this away either: what a witness has signed stays signed. */
function forked(fork: OverviewFacts['fork']): Need[] {
  if (fork === null) return [];
  const since = fork.at.toISOString();
  return [
    {
      kind: 'evidence-log',
      sentence: `A witness has seen another evidence log than this one. ${fork.sentence} What it signed stands in the audit.`,
      href: '/audit?action=checkpoint.cosigned',
      since,
    },
  ];
}

/** Each worker audits when it starts and once an hour. */
const AUDITED_WITHIN_MS = 3 * 3_600_000;
const FIRST_AUDIT_WITHIN_MS = 600_000;

/** An audit that hangs or fails leaves the last one standing, which must not read as if it still held. */
function notAudited(
  { logAudit, workers }: OverviewFacts,
  verdicts: readonly ContractVerdict[],
  now: Date,
): Need[] {
  if (workers.alive === 0) return [];
  const oldestProof = verdicts.flatMap(({ proofAt }) => proofAt ?? []).toSorted()[0];
  const since = logAudit?.ranAt.toISOString() ?? oldestProof ?? null;
  const bound = logAudit === null ? FIRST_AUDIT_WITHIN_MS : AUDITED_WITHIN_MS;
  if (since === null || now.getTime() - Date.parse(since) < bound) return [];
  const last =
    logAudit === null ? 'has never been audited' : 'has not been audited for more than three hours';
  return [
    {
      kind: 'evidence-log',
      sentence: `The evidence log ${last}, though a worker runs: the worker’s log says why.`,
      href: '/evidence',
      since,
    },
  ];
}

/** A worker signs within seconds. */
const SIGNED_WITHIN_MS = 120_000;

function notSigned(since: Date | null, now: Date): Need[] {
  if (since === null || now.getTime() - since.getTime() < SIGNED_WITHIN_MS) return [];
  return [
    {
      kind: 'evidence-log',
      sentence:
        'No checkpoint of the evidence log has been signed since it last grew: no worker runs, or one refuses to, which its log says why.',
      href: '/evidence',
      since: since.toISOString(),
    },
  ];
}

function unkept(sink: SinkState): Need[] {
  const sentence = troubleOfSink(sink);
  const since = sink.lastSuccessAt?.toISOString() ?? null;
  return sentence === null ? [] : [{ kind: 'evidence-log', sentence, href: '/evidence', since }];
}

/** Where what happened is put on record: that it stays so is what these rules are for. */
function unruly(sentence: string | null): Need[] {
  return sentence === null ? [] : [{ kind: 'database-role', sentence, href: '/evidence', since: null }];
}

/** First what nobody has acknowledged in time: that is what an incident's class says. */
function attended({ id, class: of, title, status, respondBy, openedAt }: IncidentSummary, now: Date): Need {
  const missed = Date.parse(respondBy) < now.getTime();
  const waits = missed
    ? 'Nobody has acknowledged it in time.'
    : `Nobody has acknowledged it yet; somebody has to by ${inUtc(respondBy)}.`;
  const words = title.endsWith('.') ? title : `${title}.`;
  return {
    kind: 'incident',
    sentence: `${of}: ${words} ${status === 'detected' ? waits : `It is ${status}.`}`,
    href: `/incidents/${id}`,
    since: openedAt,
  };
}

function unready({ contract }: ContractStanding): Need[] {
  const { readiness } = contract;
  if (readiness === null || (readiness.failed === 0 && readiness.couldNotRun === 0)) return [];
  const parts = [
    readiness.failed > 0 ? `${counted(readiness.failed, 'readiness check')} failed` : null,
    readiness.couldNotRun > 0 ? `${counted(readiness.couldNotRun, 'readiness check')} could not run` : null,
  ].filter((text) => text !== null);
  return [
    {
      kind: 'readiness',
      sentence: `${contract.title}: ${parts.join(' and ')}.`,
      href: `/contracts/${encodeURIComponent(contract.id)}`,
      since: readiness.checkedAt,
    },
  ];
}
