import { hasEnded, type ReplayStatus } from './lifecycle.ts';

/** What can happen to a replay: people's intents, and the steps that workers report. */
export type ReplayEvent =
  | { readonly kind: 'approved' }
  | { readonly kind: 'claimed' }
  | { readonly kind: 'phase-done' }
  | { readonly kind: 'pause-reached' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'failed' };

type State = { readonly status: ReplayStatus; readonly resumeStatus: ReplayStatus | null };

/** The phases of a running replay, in their order. */
const phases = [
  'folding',
  'merging',
  'comparing',
  'explaining',
  'checking',
  'recording',
  'finished',
] as const;

/** The state after an event; null where the event is not possible in this state. Pure: the caller stores it. */
export function evolveReplay(state: State, event: ReplayEvent): State | null {
  if (hasEnded(state.status)) return null;
  const to = (status: ReplayStatus): State => ({ status, resumeStatus: null });
  switch (event.kind) {
    case 'approved':
      return state.status === 'awaiting-approval' ? to('queued') : null;
    case 'claimed':
      return state.status === 'queued' ? to('folding') : null;
    case 'phase-done': {
      const at = (phases as readonly ReplayStatus[]).indexOf(state.status);
      const next = at === -1 ? undefined : phases[at + 1];
      return next ? to(next) : null;
    }
    case 'pause-reached':
      return canPause(state.status) ? { status: 'paused', resumeStatus: state.status } : null;
    case 'resumed':
      return state.status === 'paused' && state.resumeStatus ? to(state.resumeStatus) : null;
    case 'cancelled':
      return to('cancelled');
    case 'refused':
      return to('refused');
    case 'failed':
      return to('failed');
  }
}

/** Only reading and folding can be paused: what follows is short and touches nothing that a pause would spare. */
function canPause(status: ReplayStatus): boolean {
  return status === 'queued' || status === 'folding';
}

/** What an operator may do now, and why not. */
export type ActionRight = {
  readonly action: 'pause' | 'resume' | 'cancel' | 'set-rate';
  readonly allowed: boolean;
  readonly why: string | null;
};

export function actionsNow(status: ReplayStatus, intent: 'run' | 'pause' | 'cancel'): readonly ActionRight[] {
  const right = (action: ActionRight['action'], why: string | null): ActionRight => ({
    action,
    allowed: why === null,
    why,
  });
  if (hasEnded(status)) {
    const over = 'The replay has ended.';
    return [right('pause', over), right('resume', over), right('cancel', over), right('set-rate', over)];
  }
  const cancelling = intent === 'cancel' ? 'It is being cancelled.' : null;
  return [
    right(
      'pause',
      cancelling ??
        (intent === 'pause'
          ? 'It is paused, or about to be.'
          : canPause(status)
            ? null
            : 'The events are folded; what is left takes moments.'),
    ),
    right('resume', cancelling ?? (status === 'paused' || intent === 'pause' ? null : 'It is not paused.')),
    // What it found, a failure above all, is to be recorded and not to be called off.
    right(
      'cancel',
      cancelling ?? (status === 'recording' ? 'It records how it ended; that takes moments.' : null),
    ),
    right(
      'set-rate',
      cancelling ?? (canPause(status) || status === 'paused' ? null : 'The events are folded already.'),
    ),
  ];
}
