import { type NextRequest, NextResponse } from 'next/server';
import { contentSecurityPolicy } from './app/content-security-policy.ts';

/** Pages for those who have not signed in. */
const doors = ['/sign-in', '/welcome'];

/** What gets no nonce and is shown no door: routes, each with its own policy. */
const routes = /^\/(api|\.well-known)\//;

/**
 * Gives every page its own nonce. It never decides who may see what: that is each procedure's own policy. A browser
 * without any cookie of a session is shown the door at once, before a page is put together that nobody may read.
 */
export function proxy(request: NextRequest): NextResponse {
  const { pathname, search } = request.nextUrl;
  // Next would answer it with an error of the server's, before any route sees it.
  if (!isReadable(pathname)) return unreadable();
  if (routes.test(pathname)) return NextResponse.next();
  const hasCookie = request.cookies.has('reprise') || request.cookies.has('__Host-reprise');
  if (!hasCookie && !doors.includes(pathname)) {
    const door = new URL('/sign-in', request.nextUrl);
    if (pathname !== '/') door.searchParams.set('next', pathname + search);
    return NextResponse.redirect(door);
  }
  const nonce = crypto.randomUUID().replaceAll('-', '');
  const policy = contentSecurityPolicy(nonce, process.env.NODE_ENV === 'development');
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  headers.set('x-path-asked', pathname + search);
  // Next reads the nonce for its own scripts from this header of the request.
  headers.set('content-security-policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  response.headers.set('referrer-policy', 'same-origin');
  response.headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=()');
  return response;
}

function isReadable(pathname: string): boolean {
  try {
    decodeURIComponent(pathname);
    return true;
  } catch {
    return false;
  }
}

const unreadable = () =>
  new NextResponse(
    'The address holds a percent sign that no byte of UTF-8 stands behind: write a percent sign itself as %25.\n',
    { status: 400, headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' } },
  );

export const config = {
  matcher: [
    '/((?!api/|metrics$|\\.well-known/|_next/static/|_next/image/|favicon\\.ico$|icon\\.svg$).*)',
    // Of routes only what has an escape, which no door has; the procedures look at theirs themselves.
    '/api/((?!trpc/).*%.*)',
    '/.well-known/(.*%.*)',
  ],
};
