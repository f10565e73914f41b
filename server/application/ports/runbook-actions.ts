import type { ActionName, ActionParams } from '../../domain/runbook/index.ts';

/** What an action gives to later steps: of the names and types that its definition declares; what is absent was not to be had. */
export type Outputs = Readonly<Record<string, string | number | boolean>>;

/** A table or text that is kept with the attempt and shown. Values that a contract hides are masked before they come here, or marked as `values`. */
export type Shown =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'table';
      readonly title: string;
      /** Behind its first column stand values that a contract may hide, which are for who responds or approves. */
      readonly values?: true;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
    };

/** Found out without changing anything, before it is done. */
export type Preview = {
  /** One sentence: what would happen, with figures. */
  readonly sentence: string;
  readonly shown: readonly Shown[];
  /**
   * What is approved and done, and nothing else: plain data, frozen in canonical JSON and hashed with the parameters.
   * What `perform` finds to be otherwise by then it refuses (runbook-overtaken).
   */
  readonly frozen: Readonly<Record<string, unknown>>;
};

export type ActionResult = {
  /** One sentence: what happened, with figures. */
  readonly sentence: string;
  /** It came to its end, and that is not the one that was wished for: a redrive that was stopped, a promotion that was rejected. */
  readonly failed?: true;
  readonly outputs: Outputs;
  readonly shown: readonly Shown[];
  /** Pages and records that it made. */
  readonly links: readonly { readonly title: string; readonly href: string }[];
};

/**
 * Why an attempt is told to stop, as its signal's reason. Where it is `lost` or there is a `shutdown`, another worker
 * goes on with it: what it waits for is left as it is.
 */
export type Stopped = 'cancelled' | 'timed-out' | 'lost' | 'shutdown';

export type ActionContext = {
  /** What is done outside carries it, so that doing it twice is doing it once. */
  readonly attemptId: string;
  readonly runId: string;
  /** Its id in the runbook. */
  readonly step: string;
  readonly incidentId: string | null;
  /** Who asked for it. */
  readonly personId: string;
  /** What is left of its time when it begins. */
  readonly withinMs: number;
  /** How long ago a worker began it that was lost since; 0 where this one is the first. */
  readonly begunMs: number;
  readonly signal: AbortSignal;
  /** A line for whoever watches, shown at once and kept. Never a value that a contract hides. */
  say(line: string): void;
  /**
   * Just before anything is changed. It is committed first, under the lease; rejects where the attempt is to stop, or is
   * somebody else's, and then nothing may be changed. What is thrown before it has changed nothing.
   */
  changing(): Promise<void>;
  /** What the last `changing` was about is known to have come to nothing: whoever was asked has declined. */
  changedNothing(): void;
};

/** What an action may look at before it is asked for. */
export type PreviewContext = Omit<
  ActionContext,
  'withinMs' | 'begunMs' | 'say' | 'changing' | 'changedNothing'
>;

/**
 * One action. Throws RepriseError with a sentence that a person can act on; code `runbook-refused` where it looked and
 * declined (a group that has members), `runbook-overtaken` where what was approved is not so any more. Whatever is
 * thrown after `changing` leaves the attempt `unknown` where it touches something outside: an end that is known is
 * returned, also one that was not wished for.
 */
export type Action<Name extends ActionName = ActionName> = {
  preview(params: ActionParams<Name>, context: PreviewContext): Promise<Preview>;
  perform(
    params: ActionParams<Name>,
    frozen: Readonly<Record<string, unknown>>,
    context: ActionContext,
  ): Promise<ActionResult>;
};

/** null: it can't be had here, and why: `no broker is configured: set KAFKA_BROKERS`. */
export type ActionSet = {
  readonly [Name in ActionName]: Action<Name> | { readonly unavailable: string };
};
