import { STEP_SECONDS } from '../../domain/access/index.ts';

/**
 * The cookie that binds a sign-in under way to the browser that began it. It holds a secret of which the database has
 * the digest, and is no session.
 */
export function stepCookie(secure: boolean) {
  const name = secure ? '__Host-reprise-step' : 'reprise-step';
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  return {
    read(headers: Headers): string | null {
      const pairs = (headers.get('cookie') ?? '').split(';').map((pair) => pair.trim());
      const [, value] = pairs.map((pair) => pair.split('=')).find(([each]) => each === name) ?? [];
      return value !== undefined && /^[\w-]{43}$/.test(value) ? value : null;
    },
    write: (token: string) => `${name}=${token}; Max-Age=${STEP_SECONDS}; ${attributes}`,
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
  };
}
