import type { Tone } from '@/components/ui/tone.ts';
import type { RunPageView } from '@/server/application/runbook-runs/read-run.ts';

export type RunStep = RunPageView['steps'][number];
export type Attempt = RunStep['attempts'][number];

export const stateWords: Readonly<Record<RunStep['state'], readonly [Tone, string]>> = {
  todo: ['unknown', 'to do'],
  'not-known-yet': ['unknown', 'not known yet'],
  out: ['unknown', 'no part of it'],
  waiting: ['accent', 'waits for approval'],
  running: ['accent', 'being done'],
  done: ['verified', 'done'],
  again: ['different', 'to do again'],
  failed: ['failed', 'did not come off'],
  skipped: ['different', 'skipped'],
};

export const attemptWords: Readonly<Record<Attempt['status'], readonly [Tone, string]>> = {
  'awaiting-approval': ['accent', 'waits for approval'],
  queued: ['accent', 'queued'],
  running: ['accent', 'being done'],
  succeeded: ['verified', 'succeeded'],
  failed: ['failed', 'failed'],
  refused: ['different', 'refused'],
  cancelled: ['unknown', 'cancelled'],
  unknown: ['failed', 'not known'],
};

export const sectionTitles: Readonly<Record<RunStep['section'], string>> = {
  symptoms: 'Symptoms',
  diagnosis: 'Diagnosis',
  mitigation: 'Mitigation',
  'post-incident': 'Post-incident',
};

export const touchesWords = {
  nothing: 'It reads only.',
  reprise: 'It changes rows of Reprise alone.',
  outside: 'It changes something outside Reprise.',
} as const;

/** The page's answer. */
export function runAnswer(run: RunPageView): { readonly tone: Tone; readonly verdict: string } {
  const applying = run.steps.filter(({ state }) => state !== 'out');
  const settled = applying.filter(({ state }) => state === 'done' || state === 'skipped').length;
  const far = `${settled} of ${applying.length} steps are done or skipped`;
  if (run.status === 'done') return { tone: 'verified', verdict: `The run is done: ${far}.` };
  if (run.status === 'abandoned') return { tone: 'unknown', verdict: `The run was abandoned: ${far}.` };
  const current = run.steps.find(({ id }) => id === run.current);
  if (current === undefined) return { tone: 'verified', verdict: `Nothing is left: ${far}. End the run.` };
  const [tone, words] = stateWords[current.state];
  return { tone, verdict: `“${current.title}” is next (${words}); ${far}.` };
}

/** What a line of the timeline of a run says, after who did it. */
export const didWords: Readonly<Record<RunPageView['marks'][number]['kind'], string>> = {
  ticked: 'ticked it by hand',
  skipped: 'skipped it',
  noted: 'noted',
  'handed-over': 'handed the run over',
  done: 'ended the run',
  abandoned: 'abandoned the run',
  refused: 'looked at what it would do, which was refused',
};

type Line = {
  readonly key: string;
  readonly at: string;
  readonly by: string;
  readonly words: string;
  /** To whom it was handed over. */
  readonly to?: string | null;
};
type Happened = Pick<RunPageView, 'startedAt' | 'startedBy'> & {
  readonly marks: readonly Pick<
    RunPageView['marks'][number],
    'id' | 'kind' | 'step' | 'actor' | 'at' | 'text' | 'to'
  >[];
  readonly steps: readonly (Pick<RunStep, 'id' | 'title'> & {
    readonly attempts: readonly Pick<
      Attempt,
      | 'id'
      | 'status'
      | 'code'
      | 'sentence'
      | 'requestedBy'
      | 'requestedAt'
      | 'endedAt'
      | 'cancelledBy'
      | 'cancelReason'
      | 'decisions'
    >[];
  })[];
};

const joined = (...parts: readonly (string | null | undefined)[]) => parts.filter((part) => part).join(' · ');

/** Who did what in a run, the first first: each line by whoever did that, and what workers did by Reprise. */
export function historyOf(run: Happened): readonly Line[] {
  const titleOf = (id: string | null) => run.steps.find((step) => step.id === id)?.title;
  return [
    { key: 'start', at: run.startedAt, by: run.startedBy, words: 'started the run' },
    ...run.marks.map(({ id, at, actor, kind, step, text, to }) => ({
      ...{ key: `mark-${id}`, at, by: actor, to },
      words: joined(titleOf(step), didWords[kind], text),
    })),
    ...run.steps.flatMap(({ title, attempts }) => attempts.flatMap((attempt) => linesOf(title, attempt))),
  ].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function linesOf(title: string, attempt: Happened['steps'][number]['attempts'][number]): readonly Line[] {
  const { id, status, sentence, endedAt, cancelledBy, cancelReason, decisions } = attempt;
  const end = joined(title, attemptWords[status][1], sentence);
  return [
    {
      key: `${id} asked`,
      at: attempt.requestedAt,
      by: attempt.requestedBy,
      words: joined(title, 'asked for it'),
    },
    ...decisions.map(({ id: of, decidedAt, personId, verdict, reason, voidReason }) => ({
      ...{ key: `${id} ${of}`, at: decidedAt, by: personId },
      words: joined(
        title,
        `${verdict} it`,
        reason,
        voidReason === null ? null : `does not count: ${voidReason}`,
      ),
    })),
    // When it was called off is not kept: it stands before the end that came of it.
    ...(cancelledBy === null
      ? []
      : [
          {
            ...{ key: `${id} cancelled`, at: endedAt ?? attempt.requestedAt, by: cancelledBy },
            words: joined(title, 'called it off', cancelReason),
          },
        ]),
    ...(endedAt === null ? [] : [{ key: id, at: endedAt, by: 'reprise', words: end }]),
  ];
}

/** `12 s`, `3 min`, `2 h 5 min`. */
export function lasted(fromIso: string, toMs: number): string {
  const seconds = Math.max(0, Math.floor((toMs - Date.parse(fromIso)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
