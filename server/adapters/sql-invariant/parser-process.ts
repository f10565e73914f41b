/**
 * PostgreSQL's own parser, in a process of its own. As soon as some SQL was parsed, V8's optimizing compiler takes the
 * parser's WebAssembly on, which needs 560 MB for about two seconds; the flag that keeps it from that holds for a whole
 * process, and a worker has codecs in WebAssembly that it would slow down (docs/bench.md). The process is given the SQL
 * and nothing else, and is ended when nobody has asked it for a while.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RepriseError } from '../../domain/shared/errors.ts';

/** As the parser gives it: location and length in bytes, left out where they are 0. */
export type ParsedStatement = {
  readonly stmt?: unknown;
  readonly stmt_location?: number;
  readonly stmt_len?: number;
};

export type ToParser = { readonly id: number; readonly text: string };
/** The statements of the text, or the parser's own sentence about what is wrong with it. */
export type FromParser = { readonly id: number } & (
  | { readonly statements: readonly ParsedStatement[] }
  | { readonly mistake: string }
);

type Question = {
  readonly text: string;
  readonly tries: number;
  readonly resolve: (answer: FromParser) => void;
  readonly reject: (error: Error) => void;
};

type Options = { readonly idleMs: number; readonly boundMs: number; readonly file: string };
const usual: Options = {
  idleMs: 2_000,
  boundMs: 20_000,
  // Beside this module, whether that is the source or was put into one file with others. Not by `new URL(…)`, which the
  // build of the pages takes for a file of theirs.
  file: join(dirname(fileURLToPath(import.meta.url)), `parser-child${extname(import.meta.url)}`),
};

/** A process that was ended from outside has a successor; a text that ends two of them is not given to a third. */
const mostTries = 2;

export class ParserProcess {
  private readonly options: Options;
  private readonly questions = new Map<number, Question>();
  private child: ChildProcess | null = null;
  private timer: NodeJS.Timeout | null = null;
  private lastId = 0;

  constructor(options: Partial<Options> = {}) {
    this.options = { ...usual, ...options };
  }

  /** Errors: internal, where no process could answer. */
  ask(text: string): Promise<FromParser> {
    return new Promise((resolve, reject) => this.send({ text, tries: 1, resolve, reject }));
  }

  private send(question: Question): void {
    this.child ??= this.start();
    const id = ++this.lastId;
    this.questions.set(id, question);
    this.child.ref();
    this.child.channel?.ref();
    this.wait();
    // Where it has just ended, its end is told by itself.
    this.child.send({ id, text: question.text } satisfies ToParser, () => undefined);
  }

  private start(): ChildProcess {
    const child = fork(this.options.file, {
      execArgv: ['--liftoff-only'],
      // Types ask for NODE_ENV; it needs nothing.
      env: {} as NodeJS.ProcessEnv,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (answer: FromParser) => {
      const question = this.questions.get(answer.id);
      this.questions.delete(answer.id);
      question?.resolve(answer);
      if (this.child === child) this.wait();
    });
    child.on('error', (error) => this.lost(child, `could not be started: ${error.message}`));
    // After its last answer, which 'exit' may come before.
    child.on('close', (code, signal) => this.lost(child, `ended with ${code ?? signal}`));
    return child;
  }

  /** For the next answer, or for the next question; the process keeps nobody alive who only waits for questions. */
  private wait(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    const { child } = this;
    if (child === null) return;
    if (this.questions.size > 0) {
      this.timer = setTimeout(() => child.kill('SIGKILL'), this.options.boundMs);
      return;
    }
    child.unref();
    child.channel?.unref();
    this.timer = setTimeout(() => {
      this.child = null;
      if (child.connected) child.disconnect();
    }, this.options.idleMs);
    this.timer.unref();
  }

  private lost(child: ChildProcess, how: string): void {
    if (this.child !== child) return;
    this.child = null;
    if (this.timer !== null) clearTimeout(this.timer);
    const open = [...this.questions.values()];
    this.questions.clear();
    for (const question of open) {
      if (question.tries < mostTries) this.send({ ...question, tries: question.tries + 1 });
      else
        question.reject(
          new RepriseError(
            'internal',
            `PostgreSQL's parser was asked twice, and its process ${how}. Try again.`,
          ),
        );
    }
  }
}
