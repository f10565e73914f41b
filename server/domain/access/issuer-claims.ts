import { isRole, type Role, roles } from './matrix.ts';

/** A claim of an issuer's answer and a value of it, such as `groups:sre`. */
export type ClaimValue = { readonly claim: string; readonly value: string };
/** What one value of a claim gives. */
export type RoleRule = ClaimValue & { readonly role: Role };

export type Claims = Readonly<Record<string, unknown>>;

/** The claim ends at the first colon, but for that of an address: some issuers name their own claims by one. */
const claimValue = /^((?:https?:\/\/)?[^:=,\s]+):(.+)$/;

/**
 * Reads `groups:sre=operator,groups:leads=approver`. A value may hold colons and equals signs; commas part the rules.
 * Answers a sentence where it can't be read.
 */
export function readRoleRules(text: string): readonly RoleRule[] | string {
  const rules: RoleRule[] = [];
  for (const part of partsOf(text)) {
    const at = part.lastIndexOf('=');
    const [, claim = '', value = ''] = claimValue.exec(part.slice(0, Math.max(at, 0))) ?? [];
    const role = part.slice(at + 1).trim();
    if (claim === '' || value === '') return `"${part}" is not of the form claim:value=role`;
    if (!isRole(role)) return `"${role}" is no role: there are ${roles.join(', ')}`;
    rules.push({ claim, value: value.trim(), role });
  }
  return rules.length === 0 ? 'gives nobody a role' : rules;
}

/** Reads `amr:mfa,acr:phr`: what an issuer says where it has asked for a second factor. */
export function readSecondFactorRule(text: string): readonly ClaimValue[] | string {
  const rules: ClaimValue[] = [];
  for (const part of partsOf(text)) {
    const [, claim = '', value = ''] = claimValue.exec(part) ?? [];
    if (claim !== 'acr' && claim !== 'amr') return `"${part}" is not of the form amr:value or acr:value`;
    rules.push({ claim, value: value.trim() });
  }
  return rules.length === 0 ? 'names no value of amr or acr' : rules;
}

function partsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** The roles that these claims give, each once and in the order of the matrix. */
export function rolesOf(rules: readonly RoleRule[], claims: Claims): readonly Role[] {
  const given = new Set(rules.filter((rule) => says(claims, rule)).map(({ role }) => role));
  return roles.filter((role) => given.has(role));
}

/** Whether the issuer says that it has asked for a second factor. */
export function showsSecondFactor(rules: readonly ClaimValue[], claims: Claims): boolean {
  return rules.some((rule) => says(claims, rule));
}

/** Whether a claim is this value, or a list that holds it; nothing else counts, such as a part of a text. */
function says(claims: Claims, { claim, value }: ClaimValue): boolean {
  const found = claimOf(claims, claim);
  return Array.isArray(found) ? found.includes(value) : found === value;
}

/** A claim by its name, else by the path that its name is: `realm_access.roles`. */
function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let found: unknown = claims;
  for (const step of name.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = Reflect.get(found, step);
  }
  return found;
}
