/** Looks that a bound is divided into, and how long they are at most. */
const looks = 8;
const longestMs = 1_000;

type WatchOptions = {
  /** Changes as long as the thread lives; null while it has nothing to do. */
  readonly pulse: () => number | null;
  readonly boundMs: number;
  /** Now and then while there is no sign of life, and before the bound. */
  readonly onSilent: () => void;
  readonly onStuck: () => void;
};

/**
 * Watches for a thread that gives no sign of life while it works. Looks are counted and not time: a process that
 * stood still as a whole (a suspended machine) has missed one look, and not the bound.
 */
export class Watch {
  private readonly options: WatchOptions;
  private readonly timer: NodeJS.Timeout;
  private last: number | null = null;
  private missed = 0;

  constructor(options: WatchOptions) {
    this.options = options;
    const lookMs = Math.min(longestMs, options.boundMs / looks);
    const bound = Math.ceil(options.boundMs / lookMs);
    this.timer = setInterval(() => this.look(bound), lookMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(bound: number): void {
    const pulse = this.options.pulse();
    // A thread that is still starting has not begun to beat.
    if (pulse === null || pulse === 0 || pulse !== this.last) {
      this.last = pulse;
      this.missed = 0;
      return;
    }
    this.missed += 1;
    if (this.missed >= bound) {
      this.stop();
      this.options.onStuck();
    } else if (this.missed % 2 === 0) this.options.onSilent();
  }
}
