/** Whether a canonical host is `localhost` or below it: always the loopback, never asked of DNS. @see RFC 6761 6.3 */
export function isLocalhost(hostname: string): boolean {
  const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  return name === 'localhost' || name.endsWith('.localhost');
}
