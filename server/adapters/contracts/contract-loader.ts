import type { ContractLoader } from '../../application/ports/contracts.ts';
import { checkContract } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { bundleFolder } from './bundle.ts';
import { BundleMemory } from './bundle-memory.ts';
import { evaluateBundle } from './load-bundle.ts';

/** Contracts of a folder, as bundles that run without clock, randomness and IO. `root` is what files are named from. */
export function createContractLoader(options: { contractsDir: string; root: string }): ContractLoader {
  const memory = new BundleMemory();
  return {
    bundleAll: () => bundleFolder(options.contractsDir, options.root, memory),
    isCurrent: (bundle) => memory.isCurrent(bundle),
    load: async ({ bytes, file }, how) => {
      const checked = checkContract(evaluateBundle(bytes, file), how);
      if (checked.contract !== undefined) return checked.contract;
      const [first] = checked.problems;
      const all = checked.problems.map(({ field, sentence }) => `${field}: ${sentence}`).join('; ');
      throw new RepriseError('contract-invalid', `${file}: ${all}`, { where: first?.field ?? file });
    },
  };
}
