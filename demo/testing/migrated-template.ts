import type { TestProject } from 'vitest/node';
import { createTemplate, templateSetting } from '../../server/adapters/postgres/scratch-database.ts';

/** Applies the migrations once for a run: the databases of its tests are copies. After the servers in `globalSetup`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const template = await createTemplate(project.getProvidedContext().databaseUrl);
  process.env[templateSetting] = template.name;
  return template.drop;
}
