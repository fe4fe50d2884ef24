/** The path of a cookie that names none: the request's, up to its last `/`. RFC 6265bis 5.1.4. */
export function defaultPath(requestPath: string): string {
  const slash = requestPath.lastIndexOf('/');
  return slash <= 0 ? '/' : requestPath.slice(0, slash);
}

/** Whether a cookie's path covers a request's path (without query). RFC 6265bis 5.1.4. */
export function pathMatches(cookiePath: string, requestPath: string): boolean {
  if (cookiePath === '/') return true;
  if (!requestPath.startsWith(cookiePath)) return false;
  return requestPath.length === cookiePath.length || cookiePath.endsWith('/') || requestPath[cookiePath.length] === '/';
}
