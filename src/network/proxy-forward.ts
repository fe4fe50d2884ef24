import type { ProxyServer } from '../proxy/proxy-server.ts';
import type { RequestJob } from './request-job.ts';

/** Whether a proxy is asked to pass on requests of this scheme, rather than for a tunnel. RFC 9112 3.2.2. */
export function passesOn(protocol: string, proxy: ProxyServer): boolean {
  return protocol === 'http:' && (proxy.scheme === 'http' || proxy.scheme === 'https');
}

/** Whether a job reaches its origin that way. */
export function isForwarded(job: RequestJob, proxy: ProxyServer): boolean {
  return passesOn(job.protocol, proxy) && !job.upgrade;
}

/** The job as the proxy is asked: absolute-form, over HTTP/1.1. */
export function forwardedJob(job: RequestJob, proxy: ProxyServer): RequestJob {
  const hasHost = job.headers.some((name, at) => at % 2 === 0 && name.length === 4 && name.toLowerCase() === 'host');
  // The job's own view, as a step may have made it: a copy would leave out what it inherits.
  return Object.assign(Object.create(job), {
    origin: `${proxy.scheme}://${proxy.authority}`,
    path: job.origin + job.path,
    headers: hasHost ? job.headers : ['Host', job.origin.slice('http://'.length), ...job.headers],
    allowH2: false,
  }) as RequestJob;
}
