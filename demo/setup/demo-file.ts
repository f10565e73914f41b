/** What `npm run demo` has to know about the demo that runs: written by the set-up, readable by its owner only. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../infra/processes.ts';

const demoFile = z.object({
  /** The service role's URLs: they hold a password. */
  shopUrl: z.string().nullable(),
  bankUrl: z.string(),
  kafkaBrokers: z.string().nullable(),
  topic: z.string(),
  seed: z.string(),
});
export type DemoFile = z.infer<typeof demoFile>;

const fileIn = (stateDir: string) => join(stateDir, 'demo.json');

export async function writeDemoFile(stateDir: string, demo: DemoFile): Promise<void> {
  await writeFileAtomically(fileIn(stateDir), `${JSON.stringify(demo, null, 2)}\n`);
}

/** @throws Error that says what to do where there is no demo, or its file can't be read. */
export async function readDemoFile(stateDir: string): Promise<DemoFile> {
  const file = fileIn(stateDir);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null)
    throw new Error(`there is no demo at ${file}: run npm start first, and leave it running`);
  const parsed = demoFile.safeParse(parseJson(text));
  if (!parsed.success) throw new Error(`${file} is not what npm start writes: run npm start -- --fresh`);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
