import type { Clock } from '../ports/clock.ts';

/** What is done for one contract. It says that it gets on by calling `alive`. */
export type ContractTurn = {
  readonly contractId: string;
  run(alive: () => void): Promise<void>;
};

/** One that has not got on for long: since when, and how many of them there are by now. */
export type Overdue = { readonly contractId: string; readonly since: Date; readonly count: number };

type UnderWay = { aliveMs: number; told: boolean };

/**
 * Takes turns of contracts so that none waits for another: a broker or database that hangs holds up those that stand on
 * it and no others. So many go at once; one that has not got on for `overdueMs` takes no place any more, since waiting
 * costs nothing, and is told. One that is under way, or waits for its place, is not begun again.
 */
export class TurnsApart {
  private readonly options: {
    readonly clock: Pick<Clock, 'now'>;
    readonly atOnce: number;
    readonly overdueMs: number;
    /** Told once for each; a failure of it is the teller's own concern. */
    readonly tell: (overdue: Overdue) => void;
  };
  private readonly underWay = new Map<string, UnderWay>();
  private readonly waiting: { readonly turn: ContractTurn; readonly done: () => void }[] = [];

  constructor(options: TurnsApart['options']) {
    this.options = options;
  }

  /** Begins what is not under way; `ended` resolves when all that it began have ended, however they did. */
  begin(turns: readonly ContractTurn[]): { readonly ended: Promise<void> } {
    const begun = turns
      .filter(({ contractId }) => !this.isKnown(contractId))
      .map((turn) => new Promise<void>((done) => this.waiting.push({ turn, done })));
    this.tellOverdue();
    this.fill();
    return { ended: Promise.all(begun).then(() => undefined) };
  }

  private isKnown(contractId: string): boolean {
    return this.underWay.has(contractId) || this.waiting.some(({ turn }) => turn.contractId === contractId);
  }

  private get nowMs(): number {
    return this.options.clock.now().getTime();
  }

  private isOverdue({ aliveMs }: UnderWay): boolean {
    return this.nowMs - aliveMs >= this.options.overdueMs;
  }

  private tellOverdue(): void {
    const overdue = [...this.underWay].filter(([, each]) => this.isOverdue(each));
    for (const [contractId, each] of overdue) {
      if (each.told) continue;
      each.told = true;
      this.options.tell({ contractId, since: new Date(each.aliveMs), count: overdue.length });
    }
  }

  private fill(): void {
    const taken = () => [...this.underWay.values()].filter((each) => !this.isOverdue(each)).length;
    while (this.waiting.length > 0 && taken() < this.options.atOnce) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      void this.take(next.turn).finally(next.done);
    }
  }

  private async take(turn: ContractTurn): Promise<void> {
    const own: UnderWay = { aliveMs: this.nowMs, told: false };
    this.underWay.set(turn.contractId, own);
    try {
      await turn.run(() => {
        own.aliveMs = this.nowMs;
        own.told = false;
      });
    } catch {
      // Whoever runs it says what went wrong; here it has ended.
    } finally {
      this.underWay.delete(turn.contractId);
      this.fill();
    }
  }
}

/** Contracts at once: each holds a connection to what it reads, and the worker has other things to do. */
export const CONTRACTS_AT_ONCE = 4;
/** Longer than any one step takes that its broker or database answers. */
export const OVERDUE_MS = 60_000;

/** What a page says of a contract that does not get on. */
export const overdueWords = ({ since }: Pick<Overdue, 'since'>): string =>
  `Nothing has been judged since ${since.toISOString()}: what is read does not answer. Look at the broker or database of its history.`;
