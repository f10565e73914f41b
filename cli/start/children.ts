import { type Log, startProcess, stopProcess } from '../../demo/infra/processes.ts';
import { childFile } from './instance.ts';
import { rotatedLog } from './logs.ts';
import { type Supervised, supervise } from './supervise.ts';

/** A process of ours: a TypeScript or JavaScript file run by this Node. */
export type ChildSpec = {
  name: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** How long it may take to end by itself. */
  graceMs: number;
};

export type ChildContext = { root: string; stateDir: string; logsDir: string; log: Log };

/** Starts a child that is restarted when it crashes, and recorded so that a later start can find it. */
export async function superviseChild(spec: ChildSpec, context: ChildContext): Promise<Supervised> {
  const logFile = await rotatedLog(context.logsDir, spec.name);
  return supervise({
    name: spec.name,
    log: context.log,
    logFile,
    start: async () => {
      const started = await startProcess(process.execPath, spec.args, {
        cwd: context.root,
        env: spec.env,
        logFile,
        identityFile: childFile(context.stateDir, spec.name),
      });
      return {
        pid: started.identity.pid,
        exited: started.exited,
        stop: async () => {
          await stopProcess(started.identity, spec.graceMs);
        },
      };
    },
  });
}
