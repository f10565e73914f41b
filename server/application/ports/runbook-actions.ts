import type { ActionName, ActionParams } from '../../domain/runbook/index.ts';

/** What an action gives to later steps: of the names and types that its definition declares; what is absent was not to be had. */
export type Outputs = Readonly<Record<string, string | number | boolean>>;

/** A table or text that is kept with the attempt and shown. Values that a contract hides are masked before they come here. */
export type Shown =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'table';
      readonly title: string;
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
  readonly outputs: Outputs;
  readonly shown: readonly Shown[];
  /** Pages and records that it made. */
  readonly links: readonly { readonly title: string; readonly href: string }[];
};

export type ActionContext = {
  /** What is done outside carries it, so that doing it twice is doing it once. */
  readonly attemptId: string;
  readonly runId: string;
  readonly incidentId: string | null;
  /** Who asked for it. */
  readonly personId: string;
  readonly signal: AbortSignal;
  /** A line for whoever watches, shown at once and kept. Never a value that a contract hides. */
  say(line: string): void;
};

/**
 * One action. Throws RepriseError with a sentence that a person can act on; code `runbook-refused` where it looked and
 * declined (a group that has members), `runbook-overtaken` where what was approved is not so any more. Anything else
 * that is thrown after it began to change something outside leaves the attempt `unknown`.
 */
export type Action<Name extends ActionName = ActionName> = {
  preview(params: ActionParams<Name>, context: Omit<ActionContext, 'say'>): Promise<Preview>;
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
