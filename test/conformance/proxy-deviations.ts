/**
 * Rows of `proxy-vectors.json` that Sojourn answers differently on purpose: what it is about, which rows, and why.
 */
export interface Deviation {
  readonly matches: (row: { readonly kind: string; readonly input: Readonly<Record<string, unknown>> }) => boolean;
  readonly reason: string;
}

export const proxyDeviations: readonly Deviation[] = [
  {
    matches: ({ kind, input }) => kind === 'proxyServer.uri' && /^[^/]*(\/\/)?[^/]+@[^/]+$/.test(String(input['uri'])),
    reason: 'Chromium refuses user:pass@ in a proxy; we keep it (reference: proxy.md, "proxyRules")',
  },
];
