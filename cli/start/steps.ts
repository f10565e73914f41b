export type Write = (text: string) => void;

export type Steps = {
  /**
   * Runs a piece of work and prints one line about it: what it is, how it ended, how long it took.
   * The work returns the detail for that line and may report its progress on the way.
   */
  step: <T>(what: string, work: (progress: (line: string) => void) => Promise<Outcome<T>>) => Promise<T>;
  note: (line: string) => void;
};

export type Outcome<T> = { detail: string; value: T };

/** For a step that is already over, so that its error is not printed a second time. */
export class StepFailed extends Error {}

const HEARTBEAT_MS = 10_000;

export function makeSteps(write: Write, now: () => number = () => performance.now()): Steps {
  const note = (line: string) => write(`  ${line}\n`);
  return {
    note,
    step: async (what, work) => {
      const startedAt = now();
      let last = '';
      const beat = setInterval(() => {
        write(`… ${what}, ${Math.round((now() - startedAt) / 1000)} s${last === '' ? '' : ` (${last})`}\n`);
      }, HEARTBEAT_MS);
      try {
        const { detail, value } = await work((line) => {
          last = line;
        });
        write(formatStep('✓', what, detail, now() - startedAt));
        return value;
      } catch (error) {
        if (error instanceof StepFailed) throw error;
        const message = error instanceof Error ? error.message : String(error);
        write(formatStep('✗', what, message.split('\n')[0] ?? '', now() - startedAt));
        for (const line of message.split('\n').slice(1)) note(line);
        throw new StepFailed(what, { cause: error });
      } finally {
        clearInterval(beat);
      }
    },
  };
}

/** One line: mark, what, detail, and the seconds at its end. */
export function formatStep(mark: '✓' | '✗', what: string, detail: string, tookMs: number): string {
  const text = detail === '' ? what : `${what}: ${detail}`;
  return `${mark} ${text.padEnd(74)} ${(tookMs / 1000).toFixed(1).padStart(6)} s\n`;
}
